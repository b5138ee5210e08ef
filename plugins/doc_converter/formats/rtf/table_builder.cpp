#include "table_builder.hpp"

#include "../../model/error.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>

namespace doc::rtf {
namespace {

constexpr std::int32_t one_edge = 40;        // twips within which edges are the same
constexpr std::int32_t unknown_width = 1440; // of a cell that its row does not define

void append(Blocks& to, Blocks from) { std::move(from.begin(), from.end(), std::back_inserter(to)); }

std::size_t index_of(const std::vector<std::int32_t>& edges, std::int32_t position) {
  const auto after = std::upper_bound(edges.begin(), edges.end(), position);
  return after == edges.begin() ? 0 : static_cast<std::size_t>(after - edges.begin()) - 1;
}

} // namespace

void TableBuilder::row(const RowDefinition& definition, std::vector<Blocks> cells, const Limits& limits) {
  BuiltRow built{definition.left, definition.is_header, {}};
  std::int32_t right = definition.left;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    CellDefinition cell;
    if (i < definition.cells.size())
      cell = definition.cells[i];
    else
      cell.right = right + unknown_width;
    // Edges go from left to right, whatever the row says.
    cell.right = std::max(cell.right, right + one_edge + 1);
    right = cell.right;
    if (cell.goes_on_from_left && !built.cells.empty()) {
      built.cells.back().definition.right = cell.right;
      append(built.cells.back().blocks, std::move(cells[i]));
    } else {
      built.cells.push_back({cell, std::move(cells[i])});
    }
  }
  cells_ += cells.size();
  if (cells_ > limits.table_cells) {
    throw ConversionError(ErrorCode::limit_exceeded,
                          "a table has more than " + std::to_string(limits.table_cells) + " cells");
  }
  rows_.push_back(std::move(built));
}

// Those of all rows; the first column begins where the first row that is furthest left does.
std::vector<std::int32_t> TableBuilder::edges() const {
  std::vector<std::int32_t> all;
  std::int32_t left = INT32_MAX;
  for (const BuiltRow& row : rows_) {
    left = std::min(left, row.left);
    for (const BuiltCell& cell : row.cells) all.push_back(cell.definition.right);
  }
  std::sort(all.begin(), all.end());
  std::vector<std::int32_t> merged{left};
  for (const std::int32_t edge : all) {
    if (static_cast<std::int64_t>(edge) - merged.back() > one_edge) merged.push_back(edge);
  }
  return merged;
}

Table TableBuilder::finish(const Limits& limits) {
  Table table;
  const std::vector<std::int32_t> grid = edges();
  // Rows that have nothing in common make a grid that nobody could lay out.
  const bool has_grid = grid.size() <= 1000 && grid.size() * rows_.size() <= limits.table_cells;
  struct Origin {
    std::size_t row, cell, last_row;
  };
  std::unordered_map<std::size_t, Origin> origins; // by column
  bool at_head = true;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    Row row;
    at_head = at_head && rows_[r].is_header;
    row.header = at_head;
    std::size_t column = 0;
    for (BuiltCell& built : rows_[r].cells) {
      const std::size_t first = column;
      column = has_grid ? std::max(index_of(grid, built.definition.right + 1), first + 1) : first + 1;
      const auto origin = origins.find(first);
      if (built.definition.goes_on_from_above && origin != origins.end() && origin->second.last_row + 1 == r) {
        Row& above = origin->second.row < table.rows.size() ? table.rows[origin->second.row] : row;
        Cell& cell = above.cells[origin->second.cell];
        ++cell.rows;
        append(cell.blocks, std::move(built.blocks));
        origin->second.last_row = r;
        column = first + cell.columns; // as wide as it began
        continue;
      }
      Cell cell;
      cell.columns = static_cast<std::uint32_t>(column - first);
      cell.background = built.definition.background;
      cell.blocks = std::move(built.blocks);
      row.cells.push_back(std::move(cell));
      origins[first] = {r, row.cells.size() - 1, r};
    }
    table.rows.push_back(std::move(row));
  }
  for (std::size_t i = 1; has_grid && i < grid.size(); ++i)
    table.widths.push_back(static_cast<double>(grid[i]) - grid[i - 1]);
  rows_.clear();
  cells_ = 0;
  return table;
}

} // namespace doc::rtf
