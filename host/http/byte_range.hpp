// Which part of a representation a request asks for (RFC 9110 14). Knows nothing of connections.
#pragma once

#include <cstdint>
#include <string_view>

namespace crank {

struct ByteRange {
  enum class Kind { whole, part, none } kind = Kind::whole; // none: 416, nothing of it is there
  std::uint64_t from = 0;
  std::uint64_t length = 0;
};

// `field`: the value of Range, or empty; `size`: of the whole, in bytes. One range of bytes is served; several, other
// units and what is malformed are ignored, as 14.2 allows.
[[nodiscard]] ByteRange byte_range(std::string_view field, std::uint64_t size);

} // namespace crank
