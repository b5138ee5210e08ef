// Tables of encoding.cpp. Knows nothing of names.
#pragma once

#include <cstddef>
#include <cstdint>

namespace doc {

struct SingleByteCodePage {
  std::uint32_t number;     // as Windows counts them
  std::uint16_t upper[128]; // of 0x80 to 0xff
};

extern const SingleByteCodePage single_byte_code_pages[];
extern const std::size_t single_byte_code_page_count;

} // namespace doc
