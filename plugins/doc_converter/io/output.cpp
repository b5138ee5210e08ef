#include "output.hpp"

#include "../model/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace doc {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

[[noreturn]] void cannot(const char* what) {
  throw ConversionError(ErrorCode::conversion_failed,
                        std::string("cannot ").append(what).append(" the result: ").append(std::strerror(errno)));
}

} // namespace

Output::Output(int descriptor, std::uint64_t most_bytes) : descriptor_(descriptor), most_bytes_(most_bytes) {}

Output::~Output() { close(descriptor_); }

void Output::write(std::string_view bytes) {
  if (bytes.size() > most_bytes_ - std::min(size(), most_bytes_)) {
    throw ConversionError(ErrorCode::limit_exceeded,
                          "the result is longer than " + std::to_string(most_bytes_ >> 20) + " MiB");
  }
  if (buffer_.size() + bytes.size() > buffer_bytes) flush();
  if (bytes.size() > buffer_bytes) {
    put(written_, bytes);
    written_ += bytes.size();
  } else {
    buffer_.append(bytes);
  }
}

void Output::flush() {
  put(written_, buffer_);
  written_ += buffer_.size();
  buffer_.clear();
}

void Output::write_at(std::uint64_t offset, std::string_view bytes) {
  flush();
  if (offset > written_ || bytes.size() > most_bytes_ - std::min(offset, most_bytes_)) {
    throw ConversionError(ErrorCode::limit_exceeded,
                          "the result is longer than " + std::to_string(most_bytes_ >> 20) + " MiB");
  }
  put(offset, bytes);
  written_ = std::max(written_, offset + bytes.size());
}

std::size_t Output::read_at(std::uint64_t offset, void* buffer, std::size_t length) {
  flush();
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

void Output::put(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cannot("write");
    offset += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

} // namespace doc
