// What a door tells the engine about a request: attributes and a body.
// Interfaces only, so that the engine knows nothing of HTTP.
#pragma once

#include "base/caller.hpp"

#include <crank/crank.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace crank {

// Attributes by the keys that crank_call.get documents, but for those of the caller. Immutable once handed over.
class RequestAttributes {
public:
  // One key and its value; false ends the enumeration.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~RequestAttributes() = default;
  // The view lives as long as the object. One thread at a time (values are decoded on demand).
  virtual std::optional<std::string_view> get(std::string_view key) const = 0;
  // Every key that begins with `prefix`, as crank_call.each documents; false for a prefix that cannot be enumerated.
  // The views live as long as the object. One thread at a time.
  virtual bool each(std::string_view prefix, const Visitor& visit) const = 0;
  // Never changes.
  virtual const Caller& caller() const = 0;
};

// A byte of a file that somebody else has open.
struct FilePlace {
  int descriptor = -1;
  std::uint64_t offset = 0;
};

class RequestBody {
public:
  virtual ~RequestBody() = default;
  // Bytes, or CRANK_UNKNOWN while an upload streams without a length.
  virtual std::uint64_t size() const = 0;
  // The whole body where it is in memory.
  virtual std::optional<std::string_view> whole() const = 0;
  // The next bytes: the count, 0 at the end, or a negative crank_status. Blocks only for a body that streams.
  virtual std::int64_t read(void* buffer, std::size_t capacity) = 0;
  // Bytes from `offset` of a body of which none was read; they stay. The count, less than `capacity` only at the end,
  // or a negative crank_status: CRANK_UNSUPPORTED for a body that streams.
  virtual std::int64_t read_at(std::uint64_t offset, void* buffer, std::size_t capacity) const {
    const auto text = whole();
    if (!text) return CRANK_UNSUPPORTED;
    return offset < text->size() ? static_cast<std::int64_t>(text->copy(static_cast<char*>(buffer), capacity, offset))
                                 : 0;
  }
  // Where the byte at `offset` of such a body is in a file, with all that follow it. Without one the descriptor is
  // negative.
  virtual FilePlace place_of(std::uint64_t) const { return {}; }
  // The whole body as a file open for reading, at its beginning, where it is one; else negative.
  virtual int descriptor() const { return -1; }
  // Wakes a blocked read with this status; later reads return it too. Any thread.
  virtual void abort(std::int32_t status) = 0;
};

} // namespace crank
