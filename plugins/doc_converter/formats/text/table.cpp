#include "table.hpp"

#include "../../text/width.hpp"

#include <algorithm>

namespace doc::text {
namespace {

constexpr std::size_t most_columns = 64; // of the table
constexpr std::size_t most_width = 160;  // of a line, in characters

struct Placed {
  const GridCell* cell;
  std::size_t column;
};

// Where the cells begin, with the spans of rows above. Empty: the table has too many columns.
std::vector<std::vector<Placed>> placed(const Grid& grid) {
  std::vector<std::vector<Placed>> rows;
  std::vector<std::uint32_t> covered(most_columns, 0); // rows, from this one on, that a column is taken for
  for (const auto& row : grid) {
    rows.emplace_back();
    std::size_t column = 0;
    for (const GridCell& cell : row) {
      while (column < most_columns && covered[column] > 0) ++column;
      if (column + cell.columns > most_columns) return {};
      rows.back().push_back({&cell, column});
      for (std::size_t i = 0; i < cell.columns; ++i) covered[column + i] = std::max(covered[column + i], cell.rows);
      column += cell.columns;
    }
    for (std::uint32_t& count : covered) count -= count > 0;
  }
  return rows;
}

} // namespace

std::string aligned(const Grid& grid) {
  std::vector<std::size_t> widths(most_columns, 0);
  const auto rows = placed(grid);
  for (const auto& row : rows) {
    for (const auto& [cell, column] : row) {
      if (cell->text.find('\n') != std::string::npos) return {};
      if (cell->columns == 1) widths[column] = std::max(widths[column], display_width(cell->text));
    }
  }
  std::vector<std::size_t> begins(most_columns, 0);
  for (std::size_t i = 1; i < most_columns; ++i) begins[i] = begins[i - 1] + (widths[i - 1] ? widths[i - 1] + 2 : 0);
  if (begins.back() > most_width) return {};
  std::string out;
  for (const auto& row : rows) {
    std::size_t at = 0;
    if (!out.empty()) out += '\n';
    for (const auto& [cell, column] : row) {
      const std::size_t gap = begins[column] > at ? begins[column] - at : at > 0 ? 2 : 0;
      out.append(gap, ' ').append(cell->text);
      at += gap + display_width(cell->text);
    }
  }
  return out;
}

} // namespace doc::text
