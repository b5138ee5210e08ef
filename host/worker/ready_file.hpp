// The file that tells scripts and tests where a worker listens. Knows files.
#pragma once

#include "base/problem.hpp"

#include <optional>
#include <string>

namespace crank {

// Writes `url`, and `management_url` on a second line if it is not empty. The file appears whole or not at all: whoever
// waits for it may read it at once.
[[nodiscard]] std::optional<Failure> write_ready_file(const std::string& path, const std::string& url,
                                                      const std::string& management_url);

} // namespace crank
