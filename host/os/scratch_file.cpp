#include "os/scratch_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace crank {
namespace {

Problem no_descriptor_or_room() {
  if (errno == EMFILE || errno == ENFILE) {
    Problem problem = Problem::of(CRANK_UNAVAILABLE, "the host has no file descriptor left");
    problem.retry_after = 1;
    return problem;
  }
  return Problem::http(507, "INSUFFICIENT_STORAGE",
                       "the host cannot write the file: its disk is full, or the directory not its own");
}

} // namespace

Result<ScratchFile> ScratchFile::make(const std::filesystem::path& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!descriptor) return no_descriptor_or_room();
  return ScratchFile(std::move(descriptor), path);
}

// Unlinked at once: nothing is left behind whatever happens to the process.
Result<ScratchFile> ScratchFile::nameless(const std::filesystem::path& directory) {
  std::error_code ignored;
  std::string path = directory.empty() ? std::filesystem::temp_directory_path(ignored).string() : directory.string();
  path += "/crank-file-XXXXXX";
  Descriptor descriptor(mkostemp(path.data(), O_CLOEXEC));
  if (!descriptor) return no_descriptor_or_room();
  ::unlink(path.c_str());
  return ScratchFile(std::move(descriptor), {});
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : descriptor_(std::move(other.descriptor_)), path_(std::exchange(other.path_, {})) {}

ScratchFile& ScratchFile::operator=(ScratchFile&& other) noexcept {
  if (this == &other) return *this;
  drop();
  descriptor_ = std::move(other.descriptor_);
  path_ = std::exchange(other.path_, {});
  return *this;
}

void ScratchFile::drop() {
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
  descriptor_.reset();
}

std::optional<Problem> ScratchFile::write(std::string_view data) {
  while (!data.empty()) {
    const ssize_t put = ::write(descriptor_.get(), data.data(), data.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return no_descriptor_or_room();
    data.remove_prefix(static_cast<std::size_t>(put));
  }
  return std::nullopt;
}

Result<std::uint64_t> ScratchFile::size() const {
  struct stat facts {};
  if (::fstat(descriptor_.get(), &facts) != 0) return Problem::of(CRANK_INTERNAL, "a file of the host's is gone");
  return static_cast<std::uint64_t>(facts.st_size);
}

std::int64_t ScratchFile::read_at(std::uint64_t from, char* data, std::size_t size) const {
  while (true) {
    const ssize_t got = ::pread(descriptor_.get(), data, size, static_cast<off_t>(from));
    if (got >= 0 || errno != EINTR) return got;
  }
}

void ScratchFile::rewind() { static_cast<void>(::lseek(descriptor_.get(), 0, SEEK_SET)); }

std::optional<Problem> ScratchFile::sync() const {
  if (::fsync(descriptor_.get()) != 0) return no_descriptor_or_room();
  if (path_.empty()) return std::nullopt;
  const Descriptor directory(::open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return no_descriptor_or_room();
  return std::nullopt;
}

} // namespace crank
