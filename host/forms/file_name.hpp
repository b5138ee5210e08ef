// The name of a file that a stranger gives, made fit to be shown and to be a name. Nothing of the host makes a path of
// it.
#pragma once

#include <string>
#include <string_view>

namespace crank {

// The last component, whatever system's separator it has, without control characters; UTF-8 of 1 to 255 bytes, of which
// the extension is kept; never "." or "..". "file" where nothing is left.
[[nodiscard]] std::string plain_file_name(std::string_view given);

} // namespace crank
