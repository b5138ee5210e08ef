// Reading a file that holds secrets: whole, and only where nobody else could have read or changed it. Knows nothing of
// what is in it.
#pragma once

#include "base/problem.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace crank {

// nullopt: there is no such file. A file that others can read or change, that is another user's, a link, no regular one
// or longer than `most_bytes` is a failure (exit code 2) that says what to do.
[[nodiscard]] Result<std::optional<std::string>, Failure> read_private_file(const std::filesystem::path& file,
                                                                            off_t most_bytes);

} // namespace crank
