// By which path an open file can be opened again. Knows descriptors.
#pragma once

#include <optional>
#include <string>

namespace crank {

// Absolute; nullopt where the system does not tell, or the file has no name any more.
[[nodiscard]] std::optional<std::string> path_of_descriptor(int descriptor);

} // namespace crank
