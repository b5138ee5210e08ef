// Text to typed values: sizes, times, counts, switches. Knows nothing of settings or where the text came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

// "65536", "64KiB", "64 MiB", "1GiB": bytes. Decimal prefixes are not taken: nobody knows which of the two is meant.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);
// "1500", "1500ms", "30s", "5m", "1h": milliseconds.
[[nodiscard]] std::optional<std::uint64_t> parse_milliseconds(std::string_view text);
// Decimal digits only.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);
// on, true, yes, 1 and off, false, no, 0 in any case.
[[nodiscard]] std::optional<bool> parse_switch(std::string_view text);

// The shortest exact form: 65536 -> "64KiB", 1000 -> "1000".
[[nodiscard]] std::string show_bytes(std::uint64_t bytes);
// 30000 -> "30s", 60000 -> "1m", 1500 -> "1500ms".
[[nodiscard]] std::string show_milliseconds(std::uint64_t milliseconds);

[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string upper_case(std::string_view text);
// `text` as a TOML basic string, quotes included; invalid UTF-8 is replaced.
[[nodiscard]] std::string toml_quoted(std::string_view text);

} // namespace crank
