// Tables that are ruled between their columns and not between their rows.
#include "reader_tables.hpp"
#include "reader_text.hpp"

#include <algorithm>
#include <cmath>

namespace doc::pdf {
namespace {

constexpr std::size_t most_rows = 10'000; // that are made of one

struct LineOfCell {
  float base, size, width, first_word;
  bool number; // a single word with a digit
};

// Where the lines of a row's cells stand, from above.
std::vector<float> bases_of(const std::vector<std::vector<LineOfCell>>& cells) {
  std::vector<float> all, bases;
  for (const auto& cell : cells) {
    for (const LineOfCell& line : cell) all.push_back(line.base);
  }
  std::sort(all.begin(), all.end());
  for (const float base : all) {
    if (bases.empty() || base - bases.back() > 3) bases.push_back(base);
  }
  return bases;
}

// Lines that end although the next word would have found room are no lines of one paragraph.
bool are_rows(const std::vector<std::vector<LineOfCell>>& lines, const std::vector<float>& widths,
              const std::vector<float>& bases) {
  std::size_t ends = 0, deliberate = 0, filled = 0, full = 0;
  bool numbers = false; // a cell of nothing else is no wrapped text, however narrow it is
  for (std::size_t i = 0; i < lines.size(); ++i) {
    filled += lines[i].empty() ? 0 : 1;
    full += lines[i].size() * 10 >= bases.size() * 6 ? 1 : 0;
    numbers = numbers || (lines[i].size() > 1 && lines[i].size() * 10 >= bases.size() * 6 &&
                          std::all_of(lines[i].begin(), lines[i].end(), [](const auto& one) { return one.number; }));
    float widest = 0; // which a column may be made for
    for (const LineOfCell& line : lines[i]) widest = std::max(widest, line.width);
    for (std::size_t k = 0; k + 1 < lines[i].size(); ++k) {
      const LineOfCell& line = lines[i][k];
      if (line.width > 0.97f * widest) continue;
      ++ends;
      if (line.width + 0.3f * line.size + lines[i][k + 1].first_word < widths[i] - 0.6f * line.size) ++deliberate;
    }
  }
  if (bases.size() < 2 || full < 2) return false;
  return numbers ? full == filled : full * 2 >= filled && deliberate * 10 >= ends * 8 && ends > 0;
}

// What stands alone in its row and reaches over the columns beside it spans them.
void span_alone(std::vector<TableCell>& row) {
  std::size_t filled = 0, at = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i].lines.empty()) continue;
    ++filled;
    at = i;
  }
  if (filled != 1) return;
  TableCell& cell = row[at];
  while (at + 1 < row.size() && row[at + 1].column == cell.column + cell.columns &&
         cell.lines.front().box.x1 > cell.box.x1 + 2) {
    cell.columns += row[at + 1].columns;
    cell.box.x1 = row[at + 1].box.x1;
    row.erase(row.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

void part_row(TablePiece& table, std::uint32_t row, const std::vector<float>& bases) {
  const auto more = static_cast<std::uint32_t>(bases.size() - 1);
  std::vector<TableCell> cells;
  std::vector<std::vector<TableCell>> made(bases.size());
  for (TableCell& cell : table.cells) {
    if (cell.row != row || cell.rows != 1) continue;
    for (std::uint32_t i = 0; i <= more; ++i) {
      TableCell part = {};
      part.row = row + i;
      part.column = cell.column;
      part.columns = cell.columns;
      part.background = cell.background;
      part.box = cell.box;
      made[i].push_back(std::move(part));
    }
    for (Line& line : cell.lines) {
      const auto at = std::upper_bound(bases.begin(), bases.end(), line.base + 0.1f) - bases.begin();
      made[static_cast<std::size_t>(std::max<std::ptrdiff_t>(at - 1, 0))].back().lines.push_back(std::move(line));
    }
    cell.columns = 0; // gone
  }
  for (auto& one : made) span_alone(one);
  for (TableCell& cell : table.cells) {
    if (cell.row > row)
      cell.row += more;
    else if (cell.rows > 1 && cell.row + cell.rows > row)
      cell.rows += more;
  }
  for (TableCell& cell : table.cells) {
    if (cell.columns > 0) cells.push_back(std::move(cell));
  }
  for (auto& one : made) std::move(one.begin(), one.end(), std::back_inserter(cells));
  std::stable_sort(cells.begin(), cells.end(), [](const TableCell& a, const TableCell& b) {
    return a.row != b.row ? a.row < b.row : a.column < b.column;
  });
  table.cells = std::move(cells);
  table.rows += more;
}

// Free stretches between the words of a line that are wider than a blank.
std::vector<Gutter> gaps_of(const Page& page, const Line& line) {
  std::vector<Gutter> gaps;
  for (std::size_t i = 0; i + 1 < line.glyphs.size(); ++i) {
    const float x0 = page.glyphs[line.glyphs[i]].x1, x1 = page.glyphs[line.glyphs[i + 1]].x0;
    if (x1 - x0 > 0.8f * line.size) gaps.push_back({x0, x1});
  }
  return gaps;
}

// Does something keep free through all lines of the cell?
bool has_columns(const Page& page, const TableCell& cell) {
  if (cell.lines.size() < 2) return false;
  std::vector<Gutter> free = gaps_of(page, cell.lines.front());
  for (std::size_t i = 1; i < cell.lines.size() && !free.empty(); ++i) {
    std::vector<Gutter> both;
    for (const Gutter& gap : gaps_of(page, cell.lines[i])) {
      for (const Gutter& other : free) {
        const Gutter shared{std::max(gap.x0, other.x0), std::min(gap.x1, other.x1)};
        if (shared.x1 - shared.x0 > 0.5f * cell.lines[i].size) both.push_back(shared);
      }
      if (both.size() > 50) break;
    }
    free = std::move(both);
  }
  return !free.empty();
}

} // namespace

bool is_ruled_apart(const Page& page, const TablePiece& table) {
  return table.rows <= 2 && table.columns <= 2 &&
         std::any_of(table.cells.begin(), table.cells.end(),
                     [&page](const TableCell& cell) { return has_columns(page, cell); });
}

void part_rows(const Page& page, TablePiece& table) {
  for (std::uint32_t row = table.rows; row-- > 0;) {
    std::vector<std::vector<LineOfCell>> lines;
    std::vector<float> widths;
    bool simple = true;
    for (const TableCell& cell : table.cells) {
      if (cell.row > row || cell.row + cell.rows <= row) continue;
      simple = simple && cell.pictures.empty() && cell.tables.empty();
      if (cell.rows > 1) continue;
      lines.emplace_back();
      widths.push_back(cell.box.width());
      for (const Line& line : cell.lines) {
        const TextLine text = text_line(page, line);
        const bool number =
            text.text.find(' ') == std::string::npos && text.text.find_first_of("0123456789") != std::string::npos;
        lines.back().push_back({text.base, text.size, text.x1 - text.x0, text.first_word, number});
      }
    }
    const std::vector<float> bases = bases_of(lines);
    if (simple && table.rows + bases.size() < most_rows && are_rows(lines, widths, bases)) part_row(table, row, bases);
  }
}

} // namespace doc::pdf
