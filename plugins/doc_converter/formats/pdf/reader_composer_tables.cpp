#include "../../model/walk.hpp"
#include "reader_blocks.hpp"
#include "reader_composer.hpp"

#include <algorithm>
#include <cmath>

namespace doc::pdf {

void Composer::cell_blocks(const Page& page, const TableCell& cell, Blocks& blocks, std::uint32_t depth) {
  simple_blocks(
      page, cell.lines, blocks,
      [this](std::string_view left, std::string_view right) { return vocabulary_.keeps_hyphen(left, right); }, marks_,
      cell.row == 0);
  for (const std::uint32_t index : cell.pictures) blocks.push_back(picture(page, index));
  for (const TablePiece& inner : cell.tables) blocks.push_back({table_of(page, inner, depth + 1)});
}

Table Composer::table_of(const Page& page, const TablePiece& piece, std::uint32_t depth) {
  context_.check_depth(depth);
  Table table;
  for (std::size_t i = 0; i + 1 < piece.column_edges.size(); ++i)
    table.widths.push_back(piece.column_edges[i + 1] - piece.column_edges[i]);
  table.rows.resize(piece.rows);
  bool head_bold = true, head_filled = true, body_bold = false, any = false;
  for (const TableCell& cell : piece.cells) {
    Cell made;
    made.rows = cell.rows;
    made.columns = cell.columns;
    made.background = cell.background;
    for (const Line& line : cell.lines) {
      vocabulary_.learn(text_line(page, line).text);
      const bool bold = text_line(page, line).bold;
      if (cell.row == 0) {
        head_bold = head_bold && bold;
        any = true;
      } else if (cell.column + 1 == piece.columns) {
        body_bold = body_bold || bold;
      }
    }
    if (cell.row == 0) head_filled = head_filled && cell.background.has_value();
    cell_blocks(page, cell, made.blocks, depth);
    table.rows[cell.row].cells.push_back(std::move(made));
  }
  const bool other_filled = std::any_of(piece.cells.begin(), piece.cells.end(), [](const TableCell& cell) {
    return cell.row == 1 && cell.background.has_value();
  });
  if (piece.rows > 1 && any && ((head_bold && !body_bold) || (head_filled && !other_filled) || piece.ruled_head))
    table.rows[0].header = true;
  // Rows whose cells are all covered from above say nothing; their spans would.
  return table;
}

namespace {

std::string text_of_row(const Row& row) {
  std::string text;
  for (const Cell& cell : row.cells) {
    for (const Block& block : cell.blocks) {
      if (const auto* paragraph = std::get_if<Paragraph>(&block.content)) text += plain_text(paragraph->inlines);
    }
    text += '\n';
  }
  return text;
}

// A head of the table that every page repeats.
std::size_t repeated_rows(const Table& table, const Table& next) {
  std::size_t count = 0;
  while (count < table.rows.size() && count < next.rows.size() && count < 3 &&
         text_of_row(table.rows[count]) == text_of_row(next.rows[count]))
    ++count;
  return count;
}

} // namespace

void Composer::close_table() {
  if (!open_table_) return;
  Table table = std::move(open_table_->table);
  open_table_.reset();
  put_or_defer({std::move(table)});
}

void Composer::table(const Page& page, const TablePiece& piece, bool first_of_page) {
  Table made = table_of(page, piece, 1);
  if (open_table_ && open_table_->edges.size() == piece.column_edges.size() &&
      open_table_->table.rows.size() < 20'000) {
    const auto& edges = open_table_->edges;
    bool same = true;
    for (std::size_t i = 0; i < edges.size(); ++i)
      same = same && std::fabs(edges[i] - piece.column_edges[i]) < (piece.ruled ? 6 : 40);
    // In the next column it stands elsewhere; its head says that it is the same.
    const std::size_t skip = repeated_rows(open_table_->table, made);
    if (first_of_page ? same : skip > 0) {
      for (std::size_t i = skip; i < made.rows.size(); ++i) {
        made.rows[i].header = false;
        open_table_->table.rows.push_back(std::move(made.rows[i]));
      }
      return;
    }
  }
  close_table();
  open_table_ = OpenTable{std::move(made), piece.column_edges};
}

} // namespace doc::pdf
