// What stands on a tagged page, in the order of the document's structure.
#pragma once

#include "reader_layout.hpp"
#include "reader_structure.hpp"

#include <cstdint>
#include <vector>

namespace doc::pdf {

// Neighbours in the order of reading that belong to one block.
struct TaggedPart {
  enum Kind : std::uint8_t { text, picture, table } kind = text;
  std::uint32_t block = Structure::none; // the element that makes a block of it; none: what is not tagged
  std::uint32_t leaf = Structure::none;  // the innermost element of its beginning
  bool anew = false;                     // a division inside the block begins
  std::vector<Line> lines;
  std::uint32_t index = 0;           // of a picture
  const TablePiece* piece = nullptr; // of a table that was found by its looks; the layout's
};

// Takes the lines out of the layout; what was taken out of it before (running heads, notes) stays out. Nothing, and the
// layout as it was, where the structure says too little of the page to go by it.
std::vector<TaggedPart> tagged_parts(PageLayout& layout, const Structure& structure);

// The element whose text makes a block together: the paragraph around a span or a link.
std::uint32_t block_of(const Structure& structure, std::uint32_t element);

} // namespace doc::pdf
