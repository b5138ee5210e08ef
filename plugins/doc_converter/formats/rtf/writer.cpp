#include "writer.hpp"

#include "../../model/walk.hpp"
#include "rtf.hpp"

#include <algorithm>
#include <cmath>

namespace doc::rtf {

// A cell of a row, or a place that a cell above covers.
struct Slot {
  const Cell* cell = nullptr;
  bool is_covered = false, begins_rows = false;
  std::uint32_t column = 0, columns = 1;
};

struct Column {
  std::uint32_t covered = 0; // rows from here on
  std::uint32_t columns = 1; // of the cell that covers it
};

namespace {

constexpr std::int32_t item_indent = 720;
constexpr std::int32_t item_hang = 360;
constexpr std::int32_t quote_indent = 567;
constexpr std::int32_t narrowest_column = 100; // twips
constexpr std::string_view borders =
    "\\clbrdrt\\brdrs\\brdrw10\\clbrdrl\\brdrs\\brdrw10\\clbrdrb\\brdrs\\brdrw10\\clbrdrr\\brdrs\\brdrw10";

std::uint32_t column_count(const Table& table) {
  std::size_t most = table.widths.size();
  std::vector<std::uint32_t> covered;
  for (const Row& row : table.rows) {
    std::size_t column = 0;
    for (const Cell& cell : row.cells) {
      while (column < covered.size() && covered[column] > 0) ++column;
      const std::size_t end = column + std::max(cell.columns, 1u);
      if (covered.size() < end) covered.resize(end, 0);
      std::fill(covered.begin() + static_cast<std::ptrdiff_t>(column),
                covered.begin() + static_cast<std::ptrdiff_t>(end), std::max(cell.rows, 1u));
      column = end;
    }
    for (std::uint32_t& rows : covered) rows -= rows > 0 ? 1 : 0;
    most = std::max(most, covered.size());
  }
  return static_cast<std::uint32_t>(most);
}

// The right edges of the columns.
std::vector<std::int32_t> edges_of(const Table& table, std::int32_t left, std::int32_t width) {
  const std::uint32_t count = std::max(column_count(table), 1u);
  double sum = 0;
  for (const double one : table.widths) sum += one;
  const bool has_widths = table.widths.size() == count && std::isfinite(sum) && sum > 0;
  std::vector<std::int32_t> edges;
  std::int32_t right = left;
  for (std::uint32_t i = 0; i < count; ++i) {
    const double share = has_widths ? table.widths[i] / sum : 1.0 / count;
    right += std::max(narrowest_column, static_cast<std::int32_t>(share * width));
    edges.push_back(right);
  }
  return edges;
}

std::string number(std::string_view word, std::int64_t value) { return std::string(word) + std::to_string(value); }

} // namespace

std::unique_ptr<BlockSink> make_writer(Output& output, Context& context) {
  return std::make_unique<Writer>(output, context);
}

void Writer::end() {
  end_open_paragraph();
  output_.write("}\n");
  put_header_first();
}

void Writer::write(const Block& block) {
  const Deeper deeper(context_, depth_);
  std::visit([this](const auto& content) { write(content); }, block.content);
}

void Writer::end_open_paragraph() {
  if (place_.has_open_paragraph) output_.write("\\par\n");
  place_.has_open_paragraph = false;
}

void Writer::begin_paragraph(std::string_view properties, Alignment alignment) {
  end_open_paragraph();
  std::string out = "\\pard\\plain";
  if (place_.tables > 0) out += "\\intbl" + number("\\itap", place_.tables);
  out += properties;
  switch (alignment) {
  case Alignment::center: out += "\\qc"; break;
  case Alignment::right: out += "\\qr"; break;
  case Alignment::justify: out += "\\qj"; break;
  default: out += "\\ql"; break;
  }
  output_.write(out + " ");
  place_.has_open_paragraph = true;
}

void Writer::write(const Paragraph& paragraph) {
  const std::string style = place_.in_quote     ? "\\s7\\sa120\\f0\\fs22"
                            : place_.tables > 0 ? "\\s0\\f0\\fs22"
                                                : "\\s0\\sa160\\f0\\fs22";
  begin_paragraph(style + (place_.indent > 0 ? number("\\li", place_.indent) : std::string()), paragraph.alignment);
  inlines(paragraph.inlines);
}

void Writer::write(const Heading& heading) {
  static constexpr int half_points[] = {36, 30, 26, 24, 22, 22};
  const int level = std::clamp(heading.level, 1, 6);
  begin_paragraph(number("\\s", level) + number("\\outlinelevel", level - 1) + "\\keepn\\sb240\\sa120\\f0\\b" +
                      number("\\fs", half_points[level - 1]),
                  heading.alignment);
  inlines(heading.inlines);
}

void Writer::write(const List& list) {
  const Place around = place_;
  const int level = std::min(place_.list_level, 8);
  const std::int32_t made = new_list(list.numbering, list.start, level);
  place_.indent += item_indent - (place_.list_level > 0 ? item_hang : 0);
  place_.list_level = level + 1;
  std::int32_t next = list.start;
  for (const ListItem& one : list.items) {
    item(one, made, list.numbering, next);
    if (next < INT32_MAX) ++next;
  }
  place_.indent = around.indent;
  place_.list_level = around.list_level;
}

void Writer::item(const ListItem& item, std::int32_t list, Numbering numbering, std::int32_t number_) {
  const auto* first = item.blocks.empty() ? nullptr : std::get_if<Paragraph>(&item.blocks[0].content);
  const std::string style = place_.in_quote ? "\\s7" : "\\s0";
  begin_paragraph(style + "\\sa80\\f0\\fs22" + number("\\ls", list) + number("\\ilvl", place_.list_level - 1) +
                      number("\\li", place_.indent) + number("\\fi-", item_hang),
                  first ? first->alignment : Alignment::natural);
  output_.write("{\\listtext ");
  output_.write(numbering == Numbering::bullet ? "\\bullet" : number_text(numbering, number_));
  output_.write("\\tab}");
  if (item.checked) output_.write(*item.checked ? "\\u9745 ? " : "\\u9744 ? ");
  if (first) inlines(first->inlines);
  for (std::size_t i = first ? 1 : 0; i < item.blocks.size(); ++i) write(item.blocks[i]);
}

void Writer::write(const CodeBlock& code) {
  begin_paragraph("\\s8\\sa160\\f1\\fs20" + (place_.indent > 0 ? number("\\li", place_.indent) : std::string()),
                  Alignment::natural);
  for (std::size_t at = 0; at <= code.text.size();) {
    const std::size_t end = std::min(code.text.find('\n', at), code.text.size());
    if (at > 0) output_.write("\\line ");
    output_.write(escaped(std::string_view(code.text).substr(at, end - at)));
    at = end + 1;
  }
}

void Writer::write(const Quote& quote) {
  const Place around = place_;
  place_.indent += quote_indent;
  place_.in_quote = true;
  for (const Block& block : quote.blocks) write(block);
  place_.indent = around.indent;
  place_.in_quote = around.in_quote;
}

void Writer::write(const Rule&) { begin_paragraph("\\s0\\brdrb\\brdrs\\brdrw10\\brsp20", Alignment::natural); }

void Writer::write(const PageBreak&) {
  if (place_.tables > 0) return; // rows are not broken
  begin_paragraph("\\s0", Alignment::natural);
  output_.write("\\page");
}

void Writer::write(const Table& table) {
  if (!is_blank(table.caption)) write(Paragraph{table.caption});
  end_open_paragraph();
  const std::vector<std::int32_t> edges = edges_of(table, place_.indent, std::max(place_.width - place_.indent, 1000));
  std::vector<Column> columns(edges.size());
  for (const Row& one : table.rows) row(one, edges, columns);
  // Tables that touch would be one.
  if (place_.tables == 0) begin_paragraph("\\s0\\f0\\fs12", Alignment::natural);
}

void Writer::row(const Row& row, const std::vector<std::int32_t>& edges, std::vector<Column>& columns) {
  std::vector<Slot> slots;
  std::uint32_t column = 0;
  const auto take_covered = [&] {
    while (column < columns.size() && columns[column].covered > 0) {
      slots.push_back({nullptr, true, false, column, columns[column].columns});
      column += columns[column].columns;
    }
  };
  for (const Cell& cell : row.cells) {
    take_covered();
    if (column >= columns.size()) break;
    const auto width = std::min(std::max(cell.columns, 1u), static_cast<std::uint32_t>(columns.size()) - column);
    slots.push_back({&cell, false, cell.rows > 1, column, width});
    columns[column].covered = std::max(cell.rows, 1u);
    columns[column].columns = width;
    column += width;
  }
  take_covered();
  if (slots.empty()) slots.push_back({nullptr, false, false, 0, 1});
  for (const Slot& slot : slots) {
    if (columns[slot.column].covered > 0) --columns[slot.column].covered;
  }
  const std::uint32_t depth = place_.tables + 1;
  if (depth == 1) row_definition(row, edges, slots);
  for (const Slot& slot : slots) {
    const Place around = place_;
    place_ = {};
    place_.tables = depth;
    const std::int32_t left = slot.column == 0 ? around.indent : edges[slot.column - 1];
    place_.width = std::max(edges[slot.column + slot.columns - 1] - left - 216, narrowest_column);
    if (slot.cell) {
      for (const Block& block : slot.cell->blocks) write(block);
    }
    if (!place_.has_open_paragraph) output_.write("\\pard\\plain\\intbl" + number("\\itap", depth) + "\\f0\\fs22 ");
    place_ = around;
    output_.write(depth == 1 ? "\\cell\n" : "\\nestcell{\\nonesttables\\tab}\n");
  }
  if (depth == 1) {
    output_.write("\\pard\\plain\\intbl\\row\n");
  } else {
    output_.write("\\pard\\plain\\intbl" + number("\\itap", depth) + "{\\*\\nesttableprops");
    row_definition(row, edges, slots);
    output_.write("\\nestrow}{\\nonesttables\\par}\n");
  }
}

void Writer::row_definition(const Row& row, const std::vector<std::int32_t>& edges, std::vector<Slot>& slots) {
  std::string out = "\\trowd\\trgaph108" + number("\\trleft", place_.indent);
  if (row.header) out += "\\trhdr";
  for (const Slot& slot : slots) {
    if (slot.begins_rows) out += "\\clvmgf";
    if (slot.is_covered) out += "\\clvmrg";
    out += borders;
    if (slot.cell && slot.cell->background)
      out += number("\\clcbpat", static_cast<std::int64_t>(color(*slot.cell->background)));
    out += number("\\cellx", edges[slot.column + slot.columns - 1]);
  }
  output_.write(out + "\n");
}

} // namespace doc::rtf
