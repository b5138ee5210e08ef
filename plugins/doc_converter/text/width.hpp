// How many columns of a fixed-width face text takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace doc {

// 0 for combining marks, 2 for East Asian wide characters (UAX #11, W and F) and pictographs, 1 for others.
int display_width(std::uint32_t code_point);
std::size_t display_width(std::string_view text);

// Han, kana and the punctuation that goes with them: written without blanks between words.
bool is_ideographic(std::uint32_t code_point);

} // namespace doc
