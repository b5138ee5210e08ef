#include "tls/secure_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace crank {
namespace {

Failure failure_of(const std::filesystem::path& path, int reason) {
  return Failure{path.string() + ": cannot be written: " + std::strerror(reason)};
}

// Closes, and unless it was moved into place, removes.
class TemporaryFile {
public:
  TemporaryFile(const std::filesystem::path& target, mode_t mode) : name_(target.string() + ".XXXXXX") {
    descriptor_ = mkstemp(name_.data()); // 0600
    if (descriptor_ >= 0 && fchmod(descriptor_, mode) != 0) discard();
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { discard(); }

  [[nodiscard]] bool write(std::string_view content) const {
    if (descriptor_ < 0) return false;
    while (!content.empty()) {
      const ssize_t written = ::write(descriptor_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      content.remove_prefix(static_cast<std::size_t>(written));
    }
    return fsync(descriptor_) == 0;
  }

  [[nodiscard]] bool move_to(const std::filesystem::path& target) {
    if (rename(name_.c_str(), target.c_str()) != 0) return false;
    close(descriptor_);
    descriptor_ = -1;
    return true;
  }

private:
  void discard() {
    if (descriptor_ < 0) return;
    const int reason = errno; // what went wrong before is what the caller wants to tell
    close(descriptor_);
    unlink(name_.c_str());
    descriptor_ = -1;
    errno = reason;
  }

  std::string name_;
  int descriptor_ = -1;
};

} // namespace

std::optional<Failure> write_file_atomically(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  TemporaryFile file(path, mode);
  if (!file.write(content) || !file.move_to(path)) return failure_of(path, errno);
  const int directory = open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    fsync(directory); // some file systems cannot; the file itself is safe
    close(directory);
  }
  return std::nullopt;
}

std::optional<Failure> create_private_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return std::nullopt;
  error.clear();
  if (directory.has_parent_path()) std::filesystem::create_directories(directory.parent_path(), error);
  if (error) return Failure{directory.string() + ": cannot be created: " + error.message()};
  if (mkdir(directory.c_str(), 0700) == 0) return std::nullopt;
  const int reason = errno;
  if (reason == EEXIST && std::filesystem::is_directory(directory, error))
    return std::nullopt; // another process was first
  return Failure{directory.string() + ": cannot be created: " + std::strerror(reason)};
}

Result<DirectoryLock, Failure> DirectoryLock::take(const std::filesystem::path& directory) {
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Failure{directory.string() + ": cannot be opened: " + std::strerror(errno)};
  DirectoryLock lock(descriptor);
  while (flock(descriptor, LOCK_EX) != 0) {
    if (errno == EINTR) continue;
    if (errno == EOPNOTSUPP || errno == ENOLCK || errno == EINVAL) break; // a file system without locks: do without
    return Failure{directory.string() + ": cannot be locked: " + std::strerror(errno)};
  }
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

} // namespace crank
