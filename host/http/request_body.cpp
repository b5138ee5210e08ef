#include "http/request_body.hpp"

#include <crank/crank.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace crank {

std::int64_t WholeBody::read(void* buffer, std::size_t capacity) {
  const std::int64_t got = spool_.read(static_cast<char*>(buffer), capacity);
  return got < 0 ? CRANK_INTERNAL : got;
}

std::int64_t WholeBody::read_at(std::uint64_t offset, void* buffer, std::size_t capacity) const {
  const std::int64_t got = spool_.peek(offset, static_cast<char*>(buffer), capacity);
  return got < 0 ? CRANK_INTERNAL : got;
}

FilePlace WholeBody::place_of(std::uint64_t offset) const {
  const int descriptor = spool_.place_of(offset);
  return {descriptor, offset};
}

bool StreamedBody::append(std::string_view data) {
  const std::lock_guard lock(mutex_);
  if (aborted_ != 0) return true; // nobody reads any more: let it run dry
  if (read_ > data_.size() / 2) data_.erase(0, std::exchange(read_, 0));
  data_.append(data);
  changed_.notify_one();
  sender_waits_ = data_.size() - read_ >= window;
  return !sender_waits_;
}

void StreamedBody::finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_one();
}

void StreamedBody::abort(std::int32_t status) {
  bool call = false;
  {
    const std::lock_guard lock(mutex_);
    if (aborted_ == 0) aborted_ = status;
    call = std::exchange(sender_waits_, false);
    changed_.notify_one();
  }
  if (call) on_room_();
}

std::int64_t StreamedBody::read(void* buffer, std::size_t capacity) {
  bool call = false;
  std::int64_t got = 0;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return finished_ || aborted_ != 0 || read_ < data_.size(); });
    if (aborted_ != 0) return aborted_;
    const std::size_t size = std::min(capacity, data_.size() - read_);
    std::memcpy(buffer, data_.data() + read_, size);
    read_ += size;
    got = static_cast<std::int64_t>(size);
    if (data_.size() - read_ <= window / 2) call = std::exchange(sender_waits_, false);
  }
  if (call) on_room_();
  return got;
}

} // namespace crank
