// Text from elsewhere: whether it is UTF-8, made UTF-8, compared, cut where a character ends. Knows nothing of where it
// goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crank {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0; // bytes; 0: ill-formed
};

// The character at the start of `text`, which must not be empty, if it is well-formed UTF-8 (Unicode 15, table 3-7): no
// overlong forms, surrogates or values above U+10FFFF.
[[nodiscard]] CodePoint first_code_point(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

// `text` with U+FFFD in place of every byte that is not part of well-formed UTF-8. What anybody may have sent becomes
// fit for JSON.
[[nodiscard]] std::string as_utf8(std::string_view text);

// Two digits for each byte, and back; what is no digit ends it.
[[nodiscard]] std::string hex_text(std::string_view bytes);
[[nodiscard]] std::string text_of_hex(std::string_view digits);

// As one segment of a URI's path: every byte that is not unreserved (RFC 3986 2.3) as %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

// The file URI (RFC 8089) of an absolute path.
[[nodiscard]] std::string file_uri(std::string_view path);

// Of ASCII letters alone, as protocols have it, whatever the locale.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

// Takes `prefix` off the front of `text`; false where it does not begin so.
[[nodiscard]] bool take_prefix(std::string_view& text, std::string_view prefix);

// The front of `text`, at most `most` bytes, which does not end in the middle of a character.
[[nodiscard]] std::string_view shortened(std::string_view text, std::size_t most);

} // namespace crank
