#include "table_writer.hpp"

#include "../../model/walk.hpp"
#include "../../text/numbers.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace doc::markdown {
namespace {

constexpr std::uint32_t most_columns = 1000;

// What stands in a cell, which is one line of inline text. Paragraphs and items are lines with "<br>" between them:
// that every reader of Markdown keeps, while some leave out what they find in the tags of blocks. Those remain for
// headings and for tables in tables. Beside tags are blanks, for who takes them out must not find words grown together.
class CellText {
public:
  explicit CellText(const InlineHooks& hooks) : hooks_(hooks) {}

  std::string of(const Blocks& blocks) const {
    std::string out;
    bool after_line = false;
    for (const Block& block : blocks) {
      const std::string text = std::visit([this](const auto& content) { return of(content); }, block.content);
      if (text.empty()) continue;
      const bool is_line =
          !std::holds_alternative<Heading>(block.content) && !std::holds_alternative<Table>(block.content);
      if (!out.empty()) out += is_line && after_line ? "<br> " : " ";
      out += text;
      after_line = is_line;
    }
    return out;
  }

private:
  std::string of(const Paragraph& paragraph) const { return inline_text(paragraph.inlines, Place::table_cell, hooks_); }
  std::string of(const Heading& heading) const {
    return in("h" + std::to_string(heading.level), inline_text(heading.inlines, Place::table_cell, hooks_));
  }
  std::string of(const Quote& quote) const { return of(quote.blocks); }
  std::string of(const Rule&) const { return "---"; }
  std::string of(const PageBreak&) const { return {}; }

  // Lines as code between line breaks: a cell has no fences.
  std::string of(const CodeBlock& code) const {
    TextStyle style;
    style.code = true;
    Inlines lines;
    for (std::string_view rest = code.text;;) {
      const std::size_t end = rest.find('\n');
      if (!lines.empty()) lines.push_back({LineBreak{}, {}, {}});
      if (const std::string_view line = rest.substr(0, end); !line.empty())
        lines.push_back({std::string(line), style, {}});
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
    return inline_text(lines, Place::table_cell, hooks_);
  }

  std::string of(const List& list) const {
    std::int64_t number = list.start;
    std::string out;
    for (const ListItem& item : list.items) {
      std::string mark =
          list.numbering == Numbering::bullet ? "\xe2\x80\xa2" : number_text(list.numbering, number++) + ".";
      if (item.checked) mark = *item.checked ? "\xe2\x98\x91" : "\xe2\x98\x90";
      out.append(out.empty() ? "" : "<br> ").append(mark).append(" ").append(of(item.blocks));
    }
    return out;
  }

  std::string of(const Table& table) const {
    std::string out = "<table>";
    if (!is_blank(table.caption))
      out.append(" ").append(in("caption", inline_text(table.caption, Place::table_cell, hooks_)));
    for (const Row& row : table.rows) {
      out += " <tr>";
      for (const Cell& cell : row.cells) {
        std::string spans;
        if (cell.columns > 1) spans += " colspan=\"" + std::to_string(cell.columns) + "\"";
        if (cell.rows > 1) spans += " rowspan=\"" + std::to_string(cell.rows) + "\"";
        const std::string tag = row.header ? "th" : "td";
        out.append(" <")
            .append(tag)
            .append(spans)
            .append(">")
            .append(of(cell.blocks))
            .append("</")
            .append(tag)
            .append(">");
      }
      out += " </tr>";
    }
    return out + " </table>";
  }

  static std::string in(const std::string& tag, const std::string& text) {
    return std::string("<").append(tag).append(">").append(text).append("</").append(tag).append(">");
  }

  const InlineHooks& hooks_;
};

// The cells by their columns; null where a cell beside or above covers the place, which Markdown cannot say.
using Grid = std::vector<std::vector<const Cell*>>;

Grid grid_of(const Table& table) {
  Grid grid;
  std::vector<std::uint32_t> covered; // for each column, how many further rows a cell above covers
  for (const Row& row : table.rows) {
    std::vector<const Cell*>& places = grid.emplace_back();
    std::vector<std::uint32_t> next(covered.size());
    std::transform(covered.begin(), covered.end(), next.begin(), [](std::uint32_t rows) { return rows - (rows > 0); });
    for (const Cell& cell : row.cells) {
      while (places.size() < covered.size() && covered[places.size()] > 0) places.push_back(nullptr);
      const std::size_t begin = places.size();
      if (begin >= most_columns) break;
      const std::size_t end = std::min<std::size_t>(begin + std::max(cell.columns, 1u), most_columns);
      places.resize(end, nullptr);
      places[begin] = &cell;
      if (cell.rows <= 1) continue;
      if (next.size() < end) next.resize(end, 0);
      std::fill(next.begin() + static_cast<std::ptrdiff_t>(begin), next.begin() + static_cast<std::ptrdiff_t>(end),
                cell.rows - 1);
    }
    covered = std::move(next);
  }
  return grid;
}

std::string delimiter(const Cell* cell) {
  Alignment alignment = cell ? cell->alignment : Alignment::natural;
  const auto* paragraph = cell && !cell->blocks.empty() ? std::get_if<Paragraph>(&cell->blocks[0].content) : nullptr;
  if (alignment == Alignment::natural && paragraph) alignment = paragraph->alignment;
  switch (alignment) {
  case Alignment::left: return ":---";
  case Alignment::center: return ":---:";
  case Alignment::right: return "---:";
  default: return "---";
  }
}

} // namespace

std::string table_text(const Table& table, const InlineHooks& hooks) {
  if (table.rows.empty()) return {};
  const Grid grid = grid_of(table);
  std::size_t columns = 1;
  for (const auto& row : grid) columns = std::max(columns, row.size());
  const CellText cells(hooks);
  std::string out;
  const auto write_row = [&](const std::vector<const Cell*>* row) {
    out += '|';
    for (std::size_t i = 0; i < columns; ++i) {
      const Cell* cell = row && i < row->size() ? (*row)[i] : nullptr;
      const std::string text = cell ? cells.of(cell->blocks) : std::string();
      out.append(" ").append(text).append(text.empty() ? "|" : " |");
    }
    out += '\n';
  };
  const bool has_header = table.rows[0].header;
  write_row(has_header ? &grid[0] : nullptr);
  out += '|';
  for (std::size_t i = 0; i < columns; ++i)
    out.append(" ").append(delimiter(i < grid[0].size() ? grid[0][i] : nullptr)).append(" |");
  out += '\n';
  for (std::size_t i = has_header ? 1 : 0; i < grid.size(); ++i) write_row(&grid[i]);
  out.pop_back();
  if (is_blank(table.caption)) return out;
  return inline_text(table.caption, Place::paragraph, hooks) + "\n\n" + out;
}

} // namespace doc::markdown
