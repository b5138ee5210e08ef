#include "reader_tagged.hpp"

#include "../../model/walk.hpp"

#include <algorithm>

namespace doc::pdf {
namespace {

constexpr std::size_t most_rows = 50'000;

// Bold, and something.
bool is_bold(const Cell& cell) {
  bool any = false;
  for (const Block& block : cell.blocks) {
    const auto* paragraph = std::get_if<Paragraph>(&block.content);
    if (!paragraph) return false;
    for (const Inline& run : paragraph->inlines) {
      const auto* text = std::get_if<std::string>(&run.content);
      if (!text || text->find_first_not_of(' ') == std::string::npos) continue;
      if (!run.style.bold) return false;
      any = true;
    }
  }
  return any;
}

void strip_bold(Row& row) {
  for (Cell& cell : row.cells) {
    for (Block& block : cell.blocks) {
      if (auto* paragraph = std::get_if<Paragraph>(&block.content)) pdf::strip_bold(paragraph->inlines);
    }
  }
}

void append_letters(std::string& letters, std::string_view text) {
  for (const char c : text) {
    if (c != ' ') letters += c;
  }
}

constexpr std::size_t most_columns = 64; // that empty cells are looked for in

std::uint64_t key_of(std::size_t row, std::size_t cell) { return static_cast<std::uint64_t>(row) << 32 | cell; }

} // namespace

// Which columns the cells of each row stand in, spans of rows above considered.
struct TaggedTable::Grid {
  explicit Grid(std::size_t rows) : columns(rows), widths(rows, 0) {}

  std::size_t free_from(std::size_t column) const {
    while (column < covered.size() && covered[column] > 0) ++column;
    return column;
  }
  // The next row.
  void place(std::size_t number, const Row& row) {
    std::vector<std::uint32_t> below = covered;
    std::size_t at = 0;
    columns[number].clear();
    for (const Cell& cell : row.cells) {
      while (at < below.size() && below[at] > 0) ++at;
      columns[number].push_back(at);
      for (std::size_t k = 0; k < cell.columns && at < most_columns; ++k, ++at) {
        if (below.size() <= at) below.resize(at + 1, 0);
        below[at] = cell.rows;
      }
    }
    while (at < below.size() && below[at] > 0) ++at;
    widths[number] = at;
    for (std::uint32_t& rows : below) rows -= rows > 0 ? 1 : 0;
    covered = std::move(below);
  }
  void begin_again() { covered.clear(); }
  std::size_t widest() const { return widths.empty() ? 0 : *std::max_element(widths.begin(), widths.end()); }
  bool is_even() const {
    return std::all_of(widths.begin(), widths.end(), [most = widest()](std::size_t width) { return width == most; });
  }

  std::vector<std::vector<std::size_t>> columns; // of each cell
  std::vector<std::size_t> widths;               // of each row, as far as it is known
  std::vector<std::uint32_t> covered;            // how many rows yet each column is covered for
};

bool TaggedTable::begin(const Structure& structure, std::uint32_t table, std::uint32_t from, const Limits& limits) {
  const auto& elements = structure.elements;
  std::uint64_t cells = 0;
  bool heads = from == table + 1; // rows of head cells only, so far
  const auto end_row = [&] {
    if (table_.rows.empty()) return;
    heads = heads && table_.rows.back().header;
    table_.rows.back().header = heads;
  };
  for (std::uint32_t i = from; i < elements[table].end;) {
    const Element& one = elements[i];
    if (one.role == Role::table) { // in a cell
      i = one.end;
      continue;
    }
    if (one.role == Role::row) {
      end_row();
      table_.rows.emplace_back();
      row_elements_.push_back(i);
      table_.rows.back().header = true;
    } else if ((one.role == Role::cell || one.role == Role::head_cell) && !table_.rows.empty()) {
      Row& row = table_.rows.back();
      cells += static_cast<std::uint64_t>(one.rows) * one.columns;
      if (cells > limits.table_cells / 2 || table_.rows.size() > most_rows) return false;
      Cell cell;
      cell.rows = one.rows;
      cell.columns = one.columns;
      row.header = row.header && one.role == Role::head_cell;
      places_.emplace(i, Place{table_.rows.size() - 1, row.cells.size()});
      row.cells.push_back(std::move(cell));
    }
    ++i;
  }
  end_row();
  row_elements_.push_back(elements[table].end);
  return !places_.empty();
}

Blocks* TaggedTable::cell(std::uint32_t element) {
  const auto found = places_.find(element);
  if (found == places_.end()) return nullptr;
  used_rows_ = std::max(used_rows_, found->second.row + 1);
  return &table_.rows[found->second.row].cells[found->second.cell].blocks;
}

const Blocks* TaggedTable::seen(std::uint32_t element) const {
  const auto found = places_.find(element);
  return found == places_.end() ? nullptr : &table_.rows[found->second.row].cells[found->second.cell].blocks;
}

void TaggedTable::note_place(std::uint32_t element, float x0, float x1) {
  const auto found = places_.find(element);
  if (found == places_.end()) return;
  Extent& extent = extents_[key_of(found->second.row, found->second.cell)];
  extent.x0 = std::min(extent.x0, x0);
  extent.x1 = std::max(extent.x1, x1);
}

// Chromium leaves cells out that have no text: where the others stand says which.
void TaggedTable::restore_empty_cells() {
  Grid grid(table_.rows.size());
  for (std::size_t i = 0; i < table_.rows.size(); ++i) grid.place(i, table_.rows[i]);
  const std::size_t most = grid.widest();
  if (most < 2 || most >= most_columns || grid.is_even()) return;
  const std::vector<Extent> known = known_columns(grid, most);
  grid.begin_again();
  for (std::size_t i = 0; i < table_.rows.size(); ++i) {
    if (grid.widths[i] < most) fill_row(i, grid, known);
    grid.place(i, table_.rows[i]);
  }
}

// Where each column's text stands, by the rows that have all their cells.
std::vector<TaggedTable::Extent> TaggedTable::known_columns(const Grid& grid, std::size_t most) const {
  std::vector<Extent> known(most);
  for (std::size_t i = 0; i < table_.rows.size(); ++i) {
    if (grid.widths[i] != most) continue;
    for (std::size_t k = 0; k < grid.columns[i].size(); ++k) {
      const auto extent = extents_.find(key_of(i, k));
      if (extent == extents_.end() || table_.rows[i].cells[k].columns != 1 || grid.columns[i][k] >= most) continue;
      Extent& column = known[grid.columns[i][k]];
      column.x0 = std::min(column.x0, extent->second.x0);
      column.x1 = std::max(column.x1, extent->second.x1);
    }
  }
  return known;
}

// A cell whose text begins behind all that stands in the column that would be its own has an empty one before it.
void TaggedTable::fill_row(std::size_t number, const Grid& grid, const std::vector<Extent>& known) {
  Row& row = table_.rows[number];
  Row full;
  full.header = row.header;
  const std::size_t most = known.size();
  std::size_t missing = most - grid.widths[number];
  std::size_t at = 0;
  for (std::size_t k = 0; k < row.cells.size(); ++k) {
    const auto extent = extents_.find(key_of(number, k));
    at = grid.free_from(at);
    while (missing > 0 && at < most && extent != extents_.end() && known[at].any() &&
           extent->second.x0 > known[at].x1 + 1 && at + row.cells[k].columns < most) {
      full.cells.emplace_back();
      --missing;
      at = grid.free_from(at + 1);
    }
    at += row.cells[k].columns;
    full.cells.push_back(std::move(row.cells[k]));
  }
  row = std::move(full);
}

std::uint32_t TaggedTable::rest() const { return row_elements_[used_rows_]; }

Table TaggedTable::finish() {
  auto& rows = table_.rows;
  rows.resize(used_rows_);
  for (std::size_t i = 0; i < rows.size(); ++i) { // no cell goes beyond the table
    for (Cell& cell : rows[i].cells)
      cell.rows = static_cast<std::uint32_t>(std::min<std::size_t>(cell.rows, rows.size() - i));
  }
  restore_empty_cells();
  const bool all = std::all_of(rows.begin(), rows.end(), [](const Row& row) { return row.header; });
  for (std::size_t i = 1; all && i < rows.size(); ++i) rows[i].header = false;
  if (rows.size() > 1 && !rows[0].header) {
    const auto bold = [](const Row& row) {
      return !row.cells.empty() && std::all_of(row.cells.begin(), row.cells.end(), is_bold);
    };
    rows[0].header = bold(rows[0]) && !bold(rows[1]);
  }
  for (Row& row : rows) {
    if (row.header) strip_bold(row);
  }
  trim(caption);
  merge_runs(caption);
  table_.caption = std::move(caption);
  return std::move(table_);
}

// Browsers draw a table's head anew in every column and on every page, as the same element.
void TaggedComposer::drop_repeated_head(std::uint32_t block, std::vector<TextLine>& lines) const {
  std::uint32_t at = block;
  while (at != 0 && structure_.elements[at].role != Role::cell && structure_.elements[at].role != Role::head_cell)
    at = structure_.elements[at].parent;
  if (structure_.elements[at].role != Role::head_cell || lines.empty()) return;
  std::string before; // in this cell
  for (const Level& level : levels_) {
    const Blocks* blocks = level.role == Role::table ? level.table.seen(at) : nullptr;
    if (!blocks) continue;
    for (const Block& one : *blocks) {
      if (const auto* paragraph = std::get_if<Paragraph>(&one.content))
        append_letters(before, plain_text(paragraph->inlines));
    }
  }
  std::vector<TextLine> kept;
  for (std::size_t i = 0; i < lines.size();) {
    std::string letters;
    std::size_t end = i;
    do append_letters(letters, lines[end++].text);
    while (end < lines.size() && lines[end].base > lines[end - 1].base - 1);
    if (letters != before) {
      for (std::size_t k = i; k < end; ++k) kept.push_back(std::move(lines[k]));
    }
    if (before.empty()) before = letters;
    i = end;
  }
  lines = std::move(kept);
}

} // namespace doc::pdf
