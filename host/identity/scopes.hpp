// What a token may be used for: names of operations, and patterns of them. Knows no token and no operation.
#pragma once

#include <string_view>

namespace crank {

// "*" is everything, "document.*" what begins with "document.", and anything else one name, e.g. "document.convert".
[[nodiscard]] bool is_scope(std::string_view text);

// Whether one of the scopes, which are separated by spaces (RFC 6749 3.3), covers the operation.
[[nodiscard]] bool scopes_cover(std::string_view scopes, std::string_view operation);

} // namespace crank
