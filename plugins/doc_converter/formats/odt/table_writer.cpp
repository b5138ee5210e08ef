#include "table_writer.hpp"

#include "../../package/table_grid.hpp"
#include "page.hpp"

#include <algorithm>
#include <numeric>

namespace doc::odt {

TableWriter::TableWriter(BlockWriter& blocks, const Table& table, package::ShownSize room, std::size_t indent_steps)
    : blocks_(blocks), xml_(blocks.xml_), table_(table), room_(room), indent_steps_(static_cast<int>(indent_steps)) {
  for (const double part : package::column_parts(table)) widths_.push_back(std::max(part * room.width, 3.0));
  covered_.resize(widths_.size());
}

void TableWriter::write(int number) {
  xml_.start("table:table");
  xml_.attribute("table:name", "Table " + std::to_string(number));
  xml_.attribute("table:style-name",
                 blocks_.body_.styles.table(std::accumulate(widths_.begin(), widths_.end(), 0.0), indent_steps_));
  for (const double width : widths_)
    xml_.element("table:table-column", "table:style-name", blocks_.body_.styles.column(width));
  const std::size_t count = table_.rows.size();
  std::size_t headers = 0;
  while (headers < count && table_.rows[headers].header) ++headers;
  if (headers == count) headers = 0; // a table of nothing but headers is none
  if (headers > 0) {
    xml_.start("table:table-header-rows");
    for (std::size_t i = 0; i < headers; ++i) write_row(table_.rows[i], headers - i);
    xml_.end();
    std::fill(covered_.begin(), covered_.end(), 0);
  }
  for (std::size_t i = headers; i < count; ++i) write_row(table_.rows[i], count - i);
  xml_.end();
}

// How many columns from `column` on, at most `wanted`, no cell from above covers.
std::uint32_t TableWriter::free_columns(std::uint32_t column, std::uint32_t wanted) const {
  std::uint32_t count = 1;
  while (count < wanted && column + count < covered_.size() && covered_[column + count] == 0) ++count;
  return count;
}

// `rows_below` counts this row as well: no cell reaches further.
void TableWriter::write_row(const Row& row, std::uint64_t rows_below) {
  xml_.start("table:table-row");
  const auto columns = static_cast<std::uint32_t>(widths_.size());
  std::size_t next = 0;
  for (std::uint32_t column = 0; column < columns;) {
    if (covered_[column] > 0) {
      --covered_[column++];
      xml_.element("table:covered-table-cell");
      continue;
    }
    const Cell blank;
    const bool is_there = next < row.cells.size();
    const Cell& cell = is_there ? row.cells[next++] : blank;
    const std::uint32_t wide = free_columns(column, is_there ? cell.columns : columns);
    const std::uint64_t high = std::clamp<std::uint64_t>(cell.rows, 1, rows_below);
    write_cell(cell, column, wide, high, row.header);
    for (std::uint32_t i = 1; i < wide; ++i) xml_.element("table:covered-table-cell");
    std::fill_n(covered_.begin() + column, wide, high - 1);
    column += wide;
  }
  xml_.end();
}

void TableWriter::write_cell(const Cell& cell, std::uint32_t column, std::uint32_t columns, std::uint64_t rows,
                             bool is_header) {
  xml_.start("table:table-cell");
  xml_.attribute("table:style-name", blocks_.body_.styles.cell(cell.background));
  xml_.attribute("office:value-type", "string");
  if (columns > 1) xml_.attribute("table:number-columns-spanned", static_cast<std::int64_t>(columns));
  if (rows > 1) xml_.attribute("table:number-rows-spanned", static_cast<std::int64_t>(rows));
  BlockWriter::Place inside;
  inside.style = is_header ? "Table_20_Heading" : "Table_20_Contents";
  inside.in_cell = true;
  inside.alignment = cell.alignment;
  double width = 0;
  for (std::uint32_t i = column; i < column + columns; ++i) width += widths_[i];
  inside.room = {std::max(width - 12, narrowest_points), room_.height};
  if (package::writes_nothing(cell.blocks)) {
    xml_.element("text:p", "text:style-name", std::string_view(inside.style));
  } else {
    blocks_.write_all(cell.blocks, inside);
  }
  xml_.end();
}

} // namespace doc::odt
