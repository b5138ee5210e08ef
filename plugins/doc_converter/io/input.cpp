#include "input.hpp"

#include "../model/error.hpp"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace doc {
namespace {

[[noreturn]] void cannot(const char* what) {
  throw ConversionError(ErrorCode::conversion_failed,
                        std::string("cannot ").append(what).append(" the document: ").append(std::strerror(errno)));
}

} // namespace

Input::Input(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {
  struct stat status = {};
  if (fstat(descriptor_, &status) != 0) cannot("look at");
  if (!S_ISREG(status.st_mode))
    throw ConversionError(ErrorCode::conversion_failed, "the document is not a regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

Input::Input(std::string bytes, std::string name)
    : descriptor_(-1), name_(std::move(name)), bytes_(std::move(bytes)), size_(bytes_.size()) {}

Input::~Input() {
  if (mapping_) munmap(mapping_, size_);
  if (descriptor_ >= 0) close(descriptor_);
}

std::string_view Input::view() const {
  if (size_ == 0) return {};
  if (descriptor_ < 0) return bytes_;
  if (!mapping_) {
    void* mapping = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_, 0);
    if (mapping == MAP_FAILED) cannot("map");
    mapping_ = mapping;
  }
  return {static_cast<const char*>(mapping_), size_};
}

std::string Input::head(std::size_t most) const {
  std::string bytes(most, '\0');
  bytes.resize(read_at(0, bytes.data(), most));
  return bytes;
}

std::size_t Input::read_at(std::uint64_t offset, void* buffer, std::size_t length) const {
  if (descriptor_ < 0) {
    if (offset >= size_) return 0;
    return bytes_.copy(static_cast<char*>(buffer), length, static_cast<std::size_t>(offset));
  }
  std::size_t done = 0;
  while (done < length) {
    const ssize_t count =
        pread(descriptor_, static_cast<char*>(buffer) + done, length - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cannot("read");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

} // namespace doc
