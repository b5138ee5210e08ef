// Any bytes as a picture: it is decoded or not, and what is decoded can be written as PNG.
#include "image/bitmap.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bitmap = doc::decode_bitmap({reinterpret_cast<const char*>(data), size}, 1u << 18);
  if (bitmap && doc::png_of(*bitmap).empty()) std::abort();
  return 0;
}
