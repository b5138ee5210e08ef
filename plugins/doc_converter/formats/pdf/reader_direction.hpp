// Right-to-left writing: from the order of places to the order of letters.
#pragma once

#include "reader_page.hpp"

#include <cstdint>
#include <vector>

namespace doc::pdf {

// `glyphs` are those of one line from left to right; nothing is done where all of them are written so.
void to_reading_order(const Page& page, std::vector<std::uint32_t>& glyphs);

} // namespace doc::pdf
