#include "engine/deferred_body.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace crank {

std::int64_t DeferredBody::read(void* buffer, std::size_t capacity) {
  if (const auto whole = call_->body().whole()) {
    const std::size_t count = std::min<std::size_t>(capacity, whole->size() - position_);
    if (count > 0) std::memcpy(buffer, whole->data() + position_, count);
    position_ += count;
    return static_cast<std::int64_t>(count);
  }
  ssize_t count = -1;
  do count = ::pread(call_->body().descriptor(), buffer, capacity, static_cast<off_t>(position_));
  while (count < 0 && errno == EINTR);
  if (count < 0) return CRANK_UNAVAILABLE;
  position_ += static_cast<std::uint64_t>(count);
  return count;
}

} // namespace crank
