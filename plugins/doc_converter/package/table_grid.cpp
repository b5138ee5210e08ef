#include "table_grid.hpp"

#include "../model/walk.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace doc::package {
namespace {

constexpr double least_letters = 4;
constexpr double most_letters = 40;
constexpr std::size_t rows_looked_at = 200;

// Walks the rows with the columns that cells take: visit(cell, first column, columns).
template <typename Visit>
std::uint32_t walk(const Table& table, Visit visit) {
  std::vector<std::uint32_t> covered; // rows that a cell above still takes, for each column
  std::uint32_t count = 1;
  for (const Row& row : table.rows) {
    std::uint32_t column = 0;
    const std::vector<std::uint32_t> before = covered;
    for (std::uint32_t& rows : covered) {
      if (rows > 0) --rows;
    }
    for (const Cell& cell : row.cells) {
      while (column < before.size() && before[column] > 0) ++column;
      if (column >= most_columns) break;
      const std::uint32_t wide = std::min(std::max(cell.columns, 1u), most_columns - column);
      visit(cell, column, wide);
      if (cell.rows > 1) {
        if (covered.size() < column + wide) covered.resize(column + wide);
        std::fill_n(covered.begin() + column, wide, cell.rows - 1);
      }
      column += wide;
      count = std::max(count, column);
    }
  }
  return count;
}

double letters_of(const Cell& cell) {
  double most = 0;
  for (const Block& block : cell.blocks) {
    if (const auto* paragraph = std::get_if<Paragraph>(&block.content))
      most = std::max(most, static_cast<double>(plain_text(paragraph->inlines).size()));
    else
      most = most_letters;
  }
  return most;
}

} // namespace

std::vector<double> column_parts(const Table& table) {
  std::vector<double> letters(most_columns, least_letters);
  Table const* shown = &table;
  std::size_t looked_at = 0;
  const std::uint32_t count = walk(*shown, [&](const Cell& cell, std::uint32_t column, std::uint32_t wide) {
    if (wide > 1 || ++looked_at > rows_looked_at * 10) return;
    letters[column] = std::clamp(letters_of(cell), letters[column], most_letters);
  });
  std::vector<double> parts(letters.begin(), letters.begin() + count);
  const bool says = table.widths.size() == count && std::all_of(table.widths.begin(), table.widths.end(),
                                                                [](double w) { return std::isfinite(w) && w > 0; });
  if (says) parts = table.widths;
  const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
  for (double& part : parts) part /= sum;
  return parts;
}

bool writes_nothing(const Blocks& blocks) {
  for (const Block& block : blocks) {
    if (const auto* table = std::get_if<Table>(&block.content)) {
      if (!table->rows.empty()) return false;
    } else if (const auto* quote = std::get_if<Quote>(&block.content)) {
      if (!writes_nothing(quote->blocks)) return false;
    } else if (const auto* list = std::get_if<List>(&block.content)) {
      if (!list->items.empty()) return false;
    } else if (!std::holds_alternative<PageBreak>(block.content)) {
      return false;
    }
  }
  return true;
}

} // namespace doc::package
