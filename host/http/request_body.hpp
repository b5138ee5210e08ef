// The two ways a request's body reaches a plugin: whole (in memory or spooled), or as it arrives.
// Knows nothing of HTTP framing.
#pragma once

#include "base/request.hpp"
#include "os/spool.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace crank {

// Complete before it is handed over. One reader.
class WholeBody : public RequestBody {
public:
  explicit WholeBody(Spool spool) : spool_(std::move(spool)), size_(spool_.unread()) {}
  std::uint64_t size() const override { return size_; }
  std::optional<std::string_view> whole() const override { return spool_.in_memory(); }
  std::int64_t read(void* buffer, std::size_t capacity) override;
  std::int64_t read_at(std::uint64_t offset, void* buffer, std::size_t capacity) const override;
  FilePlace place_of(std::uint64_t offset) const override;
  void abort(std::int32_t) override {} // never blocks

private:
  Spool spool_;
  std::uint64_t size_;
};

// Filled by an I/O thread while a plugin reads; not reading is back-pressure.
class StreamedBody {
public:
  static constexpr std::size_t window = 256 * 1024; // bytes held before the sender has to wait

  // `size`: of the whole body, or CRANK_UNKNOWN. `on_room` is called on the reader's thread when the sender may go on.
  StreamedBody(std::uint64_t size, std::function<void()> on_room) : size_(size), on_room_(std::move(on_room)) {}

  // I/O thread. False: full, wait for on_room.
  bool append(std::string_view data);
  void finish();
  void abort(std::int32_t status); // any thread

  std::uint64_t size() const { return size_; }
  std::int64_t read(void* buffer, std::size_t capacity);

private:
  const std::uint64_t size_;
  const std::function<void()> on_room_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string data_;
  std::size_t read_ = 0;
  bool finished_ = false;
  bool sender_waits_ = false;
  std::int32_t aborted_ = 0;
};

// The reader's end of a StreamedBody, which the connection holds too.
class StreamedBodyReader : public RequestBody {
public:
  explicit StreamedBodyReader(std::shared_ptr<StreamedBody> body) : body_(std::move(body)) {}
  std::uint64_t size() const override { return body_->size(); }
  std::optional<std::string_view> whole() const override { return std::nullopt; }
  std::int64_t read(void* buffer, std::size_t capacity) override { return body_->read(buffer, capacity); }
  void abort(std::int32_t status) override { body_->abort(status); }

private:
  std::shared_ptr<StreamedBody> body_;
};

} // namespace crank
