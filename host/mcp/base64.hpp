// Base 64 with padding (RFC 4648 section 4). Knows bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crank {

void append_base64(std::string& out, std::string_view bytes);
// nullopt for anything but the one form that append_base64() writes.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

} // namespace crank
