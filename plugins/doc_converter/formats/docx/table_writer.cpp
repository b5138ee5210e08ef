#include "table_writer.hpp"

#include "../../package/table_grid.hpp"
#include "page.hpp"

#include <algorithm>
#include <cstdio>

namespace doc::docx {

TableWriter::TableWriter(BlockWriter& blocks, const Table& table, const BlockWriter::Place& place)
    : blocks_(blocks), xml_(blocks.xml_), table_(table), place_(place) {
  const double room = std::max(place.room.width * 20, narrowest_points * 20);
  for (const double part : package::column_parts(table)) widths_.push_back(std::max(static_cast<int>(part * room), 60));
  covered_.resize(widths_.size());
}

void TableWriter::write() {
  xml_.start("w:tbl");
  write_properties();
  xml_.start("w:tblGrid");
  for (const int width : widths_) xml_.element("w:gridCol", "w:w", width);
  xml_.end();
  for (const Row& row : table_.rows) write_row(row);
  xml_.end();
}

// In the order of the schema (CT_TblPr).
void TableWriter::write_properties() {
  const bool has_header = table_.rows.front().header;
  xml_.start("w:tblPr");
  xml_.element("w:tblStyle", "w:val", "TableGrid");
  xml_.start("w:tblW");
  xml_.attribute("w:w", 0);
  xml_.attribute("w:type", "auto");
  xml_.end();
  if (place_.indent > 0) {
    xml_.start("w:tblInd");
    xml_.attribute("w:w", place_.indent);
    xml_.attribute("w:type", "dxa");
    xml_.end();
  }
  xml_.start("w:tblLook");
  xml_.attribute("w:val", has_header ? "0020" : "0000");
  xml_.attribute("w:firstRow", has_header ? 1 : 0);
  for (const std::string_view other : {"w:lastRow", "w:firstColumn", "w:lastColumn", "w:noHBand", "w:noVBand"})
    xml_.attribute(other, 0);
  xml_.end();
  xml_.end();
}

void TableWriter::write_row(const Row& row) {
  xml_.start("w:tr");
  if (row.header) {
    xml_.start("w:trPr");
    xml_.element("w:tblHeader");
    xml_.end();
  }
  const auto columns = static_cast<std::uint32_t>(widths_.size());
  std::uint32_t column = 0;
  for (const Cell& cell : row.cells) {
    while (column < columns && covered_[column].rows_left > 0) column += write_covered(column);
    if (column >= columns) break;
    const std::uint32_t wide = free_columns(column, cell.columns);
    if (cell.rows > 1) covered_[column] = {cell.rows, wide}; // this row's own is counted down below
    write_cell(cell, column, wide);
    if (cell.rows > 1) --covered_[column].rows_left;
    column += wide;
  }
  while (column < columns) {
    if (covered_[column].rows_left > 0) {
      column += write_covered(column);
    } else {
      const std::uint32_t wide = free_columns(column, columns);
      write_empty(column, wide, false);
      column += wide;
    }
  }
  xml_.end();
}

// How many columns from `column` on, at most `wanted`, no cell from above covers.
std::uint32_t TableWriter::free_columns(std::uint32_t column, std::uint32_t wanted) const {
  std::uint32_t count = 1;
  while (count < wanted && column + count < covered_.size() && covered_[column + count].rows_left == 0) ++count;
  return count;
}

std::uint32_t TableWriter::write_covered(std::uint32_t column) {
  Covered& covered = covered_[column];
  --covered.rows_left;
  write_empty(column, covered.columns, true);
  return covered.columns;
}

int TableWriter::width_of(std::uint32_t column, std::uint32_t columns) const {
  int width = 0;
  for (std::uint32_t i = column; i < column + columns && i < widths_.size(); ++i) width += widths_[i];
  return width;
}

void TableWriter::start_cell(std::uint32_t column, std::uint32_t columns) {
  xml_.start("w:tc");
  xml_.start("w:tcPr");
  xml_.start("w:tcW");
  xml_.attribute("w:w", width_of(column, columns));
  xml_.attribute("w:type", "dxa");
  xml_.end();
  if (columns > 1) xml_.element("w:gridSpan", "w:val", static_cast<std::int64_t>(columns));
}

void TableWriter::write_empty(std::uint32_t column, std::uint32_t columns, bool is_covered) {
  start_cell(column, columns);
  if (is_covered) xml_.element("w:vMerge");
  xml_.end();
  xml_.element("w:p");
  xml_.end();
}

void TableWriter::write_cell(const Cell& cell, std::uint32_t column, std::uint32_t columns) {
  start_cell(column, columns);
  if (cell.rows > 1) xml_.element("w:vMerge", "w:val", "restart");
  if (cell.background) {
    char color[8];
    std::snprintf(color, sizeof color, "%06X", static_cast<unsigned>(*cell.background & 0xffffff));
    xml_.start("w:shd");
    xml_.attribute("w:val", "clear");
    xml_.attribute("w:color", "auto");
    xml_.attribute("w:fill", std::string_view(color));
    xml_.end();
  }
  xml_.end();
  BlockWriter::Place inside;
  inside.in_cell = true;
  inside.note = place_.note;
  inside.alignment = cell.alignment;
  inside.room = {std::max(width_of(column, columns) / 20.0 - 12, narrowest_points), place_.room.height};
  blocks_.after_table_ = false;
  blocks_.write_all(cell.blocks, inside);
  const bool ends_with_paragraph = !cell.blocks.empty() && !blocks_.after_table_;
  blocks_.after_table_ = false;
  if (!ends_with_paragraph || package::writes_nothing(cell.blocks)) xml_.element("w:p");
  xml_.end();
}

} // namespace doc::docx
