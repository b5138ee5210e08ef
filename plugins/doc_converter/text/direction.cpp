#include "direction.hpp"

#include "utf8.hpp"

namespace doc {
namespace {

// The blocks of classes R and AL; U+200F is the mark.
bool is_right(std::uint32_t letter) {
  return (letter >= 0x590 && letter < 0x900) || letter == 0x200f || (letter >= 0xfb1d && letter < 0xfe00) ||
         (letter >= 0xfe70 && letter < 0xff00) || (letter >= 0x10800 && letter < 0x11000) ||
         (letter >= 0x1e800 && letter < 0x1f000);
}

// Letters; what is neither is neutral enough for a first look.
bool is_left(std::uint32_t letter) {
  return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || (letter >= 0xc0 && letter < 0x590) ||
         (letter >= 0x900 && letter < 0x2000) || (letter >= 0x2c00 && letter < 0xd800);
}

} // namespace

bool is_right_to_left(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const std::uint32_t letter = next_code_point(text, position);
    if (is_right(letter)) return true;
    if (is_left(letter)) return false;
  }
  return false;
}

} // namespace doc
