// From lines to paragraphs: which lines belong together.
#pragma once

#include "reader_layout.hpp"
#include "reader_text.hpp"

#include <cstddef>
#include <vector>

namespace doc::pdf {

// Lines of a region that make one paragraph.
struct Group {
  std::vector<TextLine> lines;
  bool centered = false;
  bool full = false;         // its last line reaches the margin: the text may go on elsewhere
  bool indented = false;     // its first line begins further in than the region
  float space_before = 1e6f; // points between its first line's baseline and the one above
};

// The lines of a region, in order.
std::vector<Group> groups_of(std::vector<TextLine> lines);

} // namespace doc::pdf
