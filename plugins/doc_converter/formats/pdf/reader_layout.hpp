// The reading order of a page: columns, tables, pictures, and the lines between them.
#pragma once

#include "reader_lines.hpp"
#include "reader_page.hpp"

#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace doc::pdf {

// Lines of one column that follow each other.
struct Region {
  std::vector<Line> lines;
  bool turned = false; // not in the direction of most of the page
};

struct TablePiece;

struct TableCell {
  std::uint32_t row = 0, column = 0, rows = 1, columns = 1;
  std::vector<Line> lines;
  std::vector<std::uint32_t> pictures; // of Page::pictures
  std::vector<TablePiece> tables;      // inside it
  std::optional<std::uint32_t> background;
  Box box;
};

struct TablePiece {
  Box box;
  std::vector<TableCell> cells; // from left to right, row after row
  std::vector<float> column_edges;
  std::uint32_t rows = 0, columns = 0;
  bool ruled = false;
  bool ruled_head = false; // a line below the first row, where there are few
};

struct PicturePiece {
  std::uint32_t picture = 0; // of Page::pictures
};

using Piece = std::variant<Region, TablePiece, PicturePiece>;

struct PageLayout {
  std::unique_ptr<Page> page;
  std::vector<Piece> pieces;
};

PageLayout lay_out(std::unique_ptr<Page> page);

} // namespace doc::pdf
