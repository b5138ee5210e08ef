#include "table_writer.hpp"

#include "../../model/walk.hpp"
#include "escape.hpp"

#include <algorithm>
#include <string_view>

namespace doc::markdown {
namespace {

// A header of one row at most, no spans, and in the cells nothing but a paragraph.
bool has_pipes(const Table& table) {
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (table.rows[i].header && i > 0) return false;
    for (const Cell& cell : table.rows[i].cells) {
      if (cell.columns > 1 || cell.rows > 1 || cell.blocks.size() > 1) return false;
      if (!cell.blocks.empty() && !std::holds_alternative<Paragraph>(cell.blocks[0].content)) return false;
    }
  }
  return true;
}

std::string delimiter(const Table& table, std::size_t column) {
  Alignment alignment = Alignment::natural;
  if (column < table.rows[0].cells.size()) {
    const Cell& cell = table.rows[0].cells[column];
    alignment = cell.alignment;
    if (alignment == Alignment::natural && !cell.blocks.empty())
      alignment = std::get<Paragraph>(cell.blocks[0].content).alignment;
  }
  switch (alignment) {
  case Alignment::left: return ":---";
  case Alignment::center: return ":---:";
  case Alignment::right: return "---:";
  default: return "---";
  }
}

std::string with_pipes(const Table& table, const InlineHooks& hooks) {
  std::size_t columns = 1;
  for (const Row& row : table.rows) columns = std::max(columns, row.cells.size());
  std::string out;
  const auto write_row = [&](const Row* row) {
    out += '|';
    for (std::size_t i = 0; i < columns; ++i) {
      const bool has_text = row && i < row->cells.size() && !row->cells[i].blocks.empty();
      const std::string text =
          has_text ? inline_text(std::get<Paragraph>(row->cells[i].blocks[0].content).inlines, Place::table_cell, hooks)
                   : std::string();
      out.append(" ").append(text).append(text.empty() ? "|" : " |");
    }
    out += '\n';
  };
  const bool has_header = table.rows[0].header;
  write_row(has_header ? &table.rows[0] : nullptr);
  out += '|';
  for (std::size_t i = 0; i < columns; ++i) out.append(" ").append(delimiter(table, i)).append(" |");
  out += '\n';
  for (std::size_t i = has_header ? 1 : 0; i < table.rows.size(); ++i) write_row(&table.rows[i]);
  out.pop_back();
  return out;
}

class Html {
public:
  explicit Html(const InlineHooks& hooks) : hooks_(hooks) {}

  std::string text(const Table& table) {
    write(table);
    return std::move(out_);
  }

private:
  void write(const Table& table) {
    out_ += "<table>\n";
    if (!is_blank(table.caption)) line("<caption>" + inline_html(table.caption, hooks_) + "</caption>");
    for (const Row& row : table.rows) {
      out_ += "<tr>\n";
      for (const Cell& cell : row.cells) write(cell, row.header ? "th" : "td");
      out_ += "</tr>\n";
    }
    out_ += "</table>";
  }

  void write(const Cell& cell, const std::string& tag) {
    out_ += "<" + tag;
    if (cell.columns > 1) out_ += " colspan=\"" + std::to_string(cell.columns) + "\"";
    if (cell.rows > 1) out_ += " rowspan=\"" + std::to_string(cell.rows) + "\"";
    out_ += ">";
    const bool is_text = cell.blocks.size() == 1 && std::holds_alternative<Paragraph>(cell.blocks[0].content);
    if (is_text) {
      out_ += inline_html(std::get<Paragraph>(cell.blocks[0].content).inlines, hooks_);
    } else {
      write(cell.blocks);
    }
    out_ += "</" + tag + ">\n";
  }

  void write(const Blocks& blocks) {
    for (const Block& block : blocks) std::visit([this](const auto& content) { write(content); }, block.content);
  }
  void write(const Paragraph& paragraph) { line("<p>" + inline_html(paragraph.inlines, hooks_) + "</p>"); }
  void write(const Heading& heading) {
    const std::string tag = "h" + std::to_string(heading.level);
    line("<" + tag + ">" + inline_html(heading.inlines, hooks_) + "</" + tag + ">");
  }
  void write(const Quote& quote) {
    line("<blockquote>");
    write(quote.blocks);
    line("</blockquote>");
  }
  void write(const Rule&) { line("<hr>"); }
  void write(const PageBreak&) {}

  // A blank line would end the HTML for Markdown: line ends are written as characters.
  void write(const CodeBlock& code) {
    std::string text = html_escaped(code.text);
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at))
      text.replace(at, 1, "&#10;");
    line("<pre><code>" + text + "</code></pre>");
  }

  void write(const List& list) {
    const std::string tag = list.numbering == Numbering::bullet ? "ul" : "ol";
    std::string start;
    if (tag == "ol" && list.start != 1) start = " start=\"" + std::to_string(list.start) + "\"";
    line("<" + tag + start + ">");
    for (const ListItem& item : list.items) {
      line("<li>");
      write(item.blocks);
      line("</li>");
    }
    line("</" + tag + ">");
  }

  void line(const std::string& text) { out_.append(text).append("\n"); }

  const InlineHooks& hooks_;
  std::string out_;
};

} // namespace

std::string table_text(const Table& table, const InlineHooks& hooks) {
  if (table.rows.empty()) return {};
  if (!has_pipes(table)) return Html(hooks).text(table);
  std::string out = with_pipes(table, hooks);
  if (is_blank(table.caption)) return out;
  return inline_text(table.caption, Place::paragraph, hooks) + "\n\n" + out;
}

} // namespace doc::markdown
