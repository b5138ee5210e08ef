// A body that is complete, looked at through a window of fixed size, wherever it is: what is in memory is not copied.
// Knows nothing of what is in it. One thread.
#pragma once

#include "base/request.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace crank {

class BodyWindow {
public:
  static constexpr std::size_t capacity = 64 * 1024;

  // `body` must outlive it.
  explicit BodyWindow(const RequestBody& body) : body_(body), whole_(body.whole()), size_(body.size()) {}

  std::uint64_t size() const { return size_; }
  // What begins at `offset`: at least `want` bytes (at most `capacity`), unless the body ends before. Until the next
  // call. Empty also where the body cannot be read, see failed().
  std::string_view at(std::uint64_t offset, std::size_t want);
  // The first place from `from` on where `needle` (not empty, at most 256 bytes) begins.
  std::optional<std::uint64_t> find(std::string_view needle, std::uint64_t from);

  // A negative crank_status once the body could not be read, else 0.
  std::int32_t failed() const { return failed_; }

private:
  const RequestBody& body_;
  const std::optional<std::string_view> whole_;
  const std::uint64_t size_;
  std::unique_ptr<char[]> buffer_; // once it is needed
  std::uint64_t begin_ = 0;        // of what it holds
  std::size_t held_ = 0;
  std::int32_t failed_ = 0;
};

} // namespace crank
