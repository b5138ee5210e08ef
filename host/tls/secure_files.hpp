// Writing files whose content must be whole and whose permissions must hold from the first byte. Knows no certificates.
#pragma once

#include "base/problem.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string_view>

namespace crank {

// Replaces `path` in one step: a temporary file beside it, fsync, rename, fsync of the directory. The failure is one
// line.
[[nodiscard]] std::optional<Failure> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                                           mode_t mode);

// Creates the directory (0700) and its missing parents.
[[nodiscard]] std::optional<Failure> create_private_directory(const std::filesystem::path& directory);

// Holds an exclusive lock on a directory while it lives (flock: gone with the process). Waits for another holder.
class DirectoryLock {
public:
  [[nodiscard]] static Result<DirectoryLock, Failure> take(const std::filesystem::path& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

} // namespace crank
