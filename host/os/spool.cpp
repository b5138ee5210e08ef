#include "os/spool.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace crank {
namespace {

// Of a new file, unlinked at once: nothing is left behind whatever happens to the process. Negative with errno.
int make_nameless(const std::string& directory) {
  std::string path = directory + "/crank-spool-XXXXXX";
  const int file = mkostemp(path.data(), O_CLOEXEC);
  if (file >= 0) unlink(path.c_str());
  return file;
}

std::string or_temporary(const std::string& directory) {
  std::error_code ignored;
  return directory.empty() ? std::filesystem::temp_directory_path(ignored).string() : directory;
}

} // namespace

std::string why_no_spooling(const std::string& directory) {
  const std::string place = or_temporary(directory);
  const int file = make_nameless(place);
  if (file < 0) return "cannot write to " + place + " (" + std::generic_category().message(errno) + ")";
  ::close(file);
  return {};
}

Spool::Spool(Spool&& other) noexcept
    : limits_(other.limits_), memory_(std::move(other.memory_)), memory_read_(std::exchange(other.memory_read_, 0)),
      file_(std::exchange(other.file_, -1)), lent_(other.lent_), file_size_(std::exchange(other.file_size_, 0)),
      file_read_(std::exchange(other.file_read_, 0)) {}

Spool::~Spool() {
  if (file_ >= 0) ::close(file_);
}

Spool::Outcome Spool::open_file() {
  file_ = make_nameless(or_temporary(limits_->directory));
  if (file_ < 0) return errno == EMFILE || errno == ENFILE ? Outcome::no_descriptor : Outcome::no_space;
  return Outcome::ok;
}

Spool::Outcome Spool::append(std::string_view data) {
  if (data.size() > limits_->limit_bytes || unread() > limits_->limit_bytes - data.size()) return Outcome::over_limit;
  if (file_size_ == file_read_ && memory_.size() - memory_read_ + data.size() <= limits_->threshold_bytes) {
    // A reader that never quite catches up must not let the part it has read grow.
    if (memory_read_ > memory_.size() / 2) memory_.erase(0, std::exchange(memory_read_, 0));
    memory_.append(data);
    return Outcome::ok;
  }
  if (file_ < 0) {
    const Outcome opened = open_file();
    if (opened != Outcome::ok) return opened;
  }
  while (!data.empty()) {
    const ssize_t put = pwrite(file_, data.data(), data.size(), static_cast<off_t>(file_size_));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return Outcome::no_space;
    file_size_ += static_cast<std::uint64_t>(put);
    data.remove_prefix(static_cast<std::size_t>(put));
  }
  return Outcome::ok;
}

std::int64_t Spool::read(char* data, std::size_t size) {
  const std::int64_t got = peek(0, data, size);
  if (got < 0) return got;
  const std::size_t of_memory = std::min(static_cast<std::size_t>(got), memory_.size() - memory_read_);
  memory_read_ += of_memory;
  file_read_ += static_cast<std::uint64_t>(got) - of_memory;
  reset_when_empty();
  return got;
}

std::int64_t Spool::peek(std::uint64_t offset, char* data, std::size_t size) const {
  std::size_t done = 0;
  const std::uint64_t in_memory = memory_.size() - memory_read_;
  if (offset < in_memory) {
    done = std::min<std::size_t>(size, in_memory - offset);
    std::memcpy(data, memory_.data() + memory_read_ + offset, done);
  }
  std::uint64_t at = file_read_ + (std::max(offset, in_memory) - in_memory);
  while (done < size && at < file_size_) {
    const auto want = std::min<std::uint64_t>(size - done, file_size_ - at);
    const ssize_t got = pread(file_, data + done, static_cast<std::size_t>(want), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    at += static_cast<std::uint64_t>(got);
    done += static_cast<std::size_t>(got);
  }
  return static_cast<std::int64_t>(done);
}

int Spool::place_of(std::uint64_t& offset) const {
  const std::uint64_t in_memory = memory_.size() - memory_read_;
  if (file_ < 0 || offset < in_memory) return -1;
  offset = file_read_ + (offset - in_memory);
  return file_;
}

void Spool::lend(Descriptor file, std::uint64_t from, std::uint64_t size) {
  file_ = file.release();
  lent_ = true;
  file_read_ = from;
  file_size_ = from + size;
}

// Once everything has been read, the next bytes may stay in memory again.
void Spool::reset_when_empty() {
  if (unread() != 0) return;
  memory_.clear();
  memory_read_ = 0;
  if (!lent_ && file_size_ > 0 && ftruncate(file_, 0) == 0) file_size_ = file_read_ = 0;
}

std::optional<std::string_view> Spool::in_memory() const {
  if (file_size_ > 0 || memory_read_ > 0) return std::nullopt;
  return memory_;
}

} // namespace crank
