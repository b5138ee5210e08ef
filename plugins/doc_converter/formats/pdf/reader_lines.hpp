// From characters to lines: what was drawn in one go, and what stands on one baseline.
#pragma once

#include "reader_page.hpp"

#include <cstdint>
#include <vector>

namespace doc::pdf {

// Characters that were drawn one after the other, on one baseline and without a large gap: a line of a column, a cell
// of a table's row, a part of them.
struct Fragment {
  Box box;
  float base = 0;
  float size = 0;                     // of most of it
  std::uint32_t first = 0, count = 0; // of Page::glyphs
  std::int16_t angle = 0;
};

// What stands higher or lower than its line and is no larger than this part of it is a super- or subscript.
inline constexpr float script_size = 0.92f;

// A line of text in reading order.
struct Line {
  Box box;
  float base = 0;
  float size = 0;
  std::vector<std::uint32_t> glyphs; // of Page::glyphs; right-to-left text is in the order of its letters
};

// Marks what is no text of the page (artifacts, a hidden copy of visible text) by removing it.
void remove_hidden(Page& page);

std::vector<Fragment> fragments_of(const Page& page);

// The fragment's part left of x, which is cut off it; count is 0 where there is none.
Fragment cut_left(const Page& page, Fragment& fragment, float x);

// The lines that the fragments make, from top to bottom.
std::vector<Line> lines_of(const Page& page, std::vector<Fragment> fragments);

// Is there a blank between two neighbours of a line?
bool blank_between(const Page& page, const Line& line, std::size_t left_index);

} // namespace doc::pdf
