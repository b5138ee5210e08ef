#include "writer.hpp"

#include "../../model/walk.hpp"
#include "html.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace doc::html {
namespace {

constexpr std::string_view style_sheet = R"(<style>
body { max-width: 48em; margin: 2em auto; padding: 0 1em; font-family: sans-serif; line-height: 1.5; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border: 1px solid #999; padding: 0.3em 0.6em; vertical-align: top; }
pre { overflow: auto; padding: 0.6em; background: #f4f4f4; }
blockquote { margin-left: 1em; padding-left: 1em; border-left: 3px solid #ccc; }
img { max-width: 100%; }
ul.tasks { list-style: none; padding-left: 1.5em; }
</style>
)";

std::string_view list_type(Numbering numbering) {
  switch (numbering) {
  case Numbering::lower_alpha: return "a";
  case Numbering::upper_alpha: return "A";
  case Numbering::lower_roman: return "i";
  case Numbering::upper_roman: return "I";
  default: return {};
  }
}

bool is_plain_paragraph(const Block& block) {
  const auto* paragraph = std::get_if<Paragraph>(&block.content);
  return paragraph && paragraph->alignment == Alignment::natural;
}

} // namespace

std::unique_ptr<BlockSink> make_writer(Output& output, Context& context) {
  return std::make_unique<Writer>(output, context);
}

void Writer::meta(std::string_view name, const std::string& content) {
  if (content.empty()) return;
  output_.write("<meta");
  attribute("name", name);
  attribute("content", content);
  output_.write(">\n");
}

// A page must have a title: the first heading stands in for one.
void Writer::head(const Block* first) {
  has_head_ = true;
  std::string title = metadata_.title;
  const auto* heading = first ? std::get_if<Heading>(&first->content) : nullptr;
  if (title.empty() && heading) title = plain_text(heading->inlines);
  output_.write("<!doctype html>\n<html");
  if (!metadata_.language.empty()) attribute("lang", metadata_.language);
  output_.write(">\n<head>\n<meta charset=\"utf-8\">\n");
  output_.write("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
  text(title.empty() ? "Document" : title);
  output_.write("</title>\n");
  meta("author", metadata_.author);
  meta("description", metadata_.subject);
  meta("keywords", metadata_.keywords);
  output_.write(style_sheet);
  output_.write("</head>\n<body>\n");
}

void Writer::block(Block block) {
  if (!has_head_) head(&block);
  write(block);
}

void Writer::end() {
  if (!has_head_) head(nullptr);
  notes();
  output_.write("</body>\n</html>\n");
}

void Writer::write(const Block& block) {
  const Deeper deeper(context_, depth_);
  std::visit([this](const auto& content) { write(content); }, block.content);
}

void Writer::blocks(const Blocks& blocks) {
  for (const Block& block : blocks) write(block);
}

void Writer::write(const Paragraph& paragraph) {
  output_.write("<p");
  const std::size_t first = leading_anchor(paragraph.inlines);
  align(paragraph.alignment);
  output_.write(">");
  inlines(paragraph.inlines, first);
  output_.write("</p>\n");
}

void Writer::write(const Heading& heading) {
  const std::string tag = "h" + std::to_string(std::clamp(heading.level, 1, 6));
  output_.write("<" + tag);
  const std::size_t first = leading_anchor(heading.inlines);
  align(heading.alignment);
  output_.write(">");
  inlines(heading.inlines, first);
  output_.write("</" + tag + ">\n");
}

void Writer::write(const List& list) {
  const bool is_bullet = list.numbering == Numbering::bullet;
  const bool has_tasks =
      std::any_of(list.items.begin(), list.items.end(), [](const ListItem& one) { return one.checked.has_value(); });
  output_.write(is_bullet ? "<ul" : "<ol");
  if (is_bullet && has_tasks) attribute("class", "tasks");
  if (!is_bullet && list.start != 1) attribute("start", std::to_string(list.start));
  if (!list_type(list.numbering).empty()) attribute("type", list_type(list.numbering));
  output_.write(">\n");
  for (const ListItem& one : list.items) item(one);
  output_.write(is_bullet ? "</ul>\n" : "</ol>\n");
}

void Writer::item(const ListItem& item) {
  output_.write("<li>");
  if (item.checked)
    output_.write(*item.checked ? "<input type=\"checkbox\" disabled checked> "
                                : "<input type=\"checkbox\" disabled> ");
  tight(item.blocks);
  output_.write("</li>\n");
}

void Writer::tight(const Blocks& all) {
  const bool is_tight = !all.empty() && is_plain_paragraph(all[0]) &&
                        std::all_of(all.begin() + 1, all.end(),
                                    [](const Block& block) { return std::holds_alternative<List>(block.content); });
  if (!is_tight) {
    blocks(all);
    return;
  }
  inlines(std::get<Paragraph>(all[0].content).inlines);
  if (all.size() > 1) output_.write("\n");
  for (std::size_t i = 1; i < all.size(); ++i) write(all[i]);
}

void Writer::columns(const Table& table) {
  const double sum = std::accumulate(table.widths.begin(), table.widths.end(), 0.0);
  if (!(sum > 0) || !std::isfinite(sum)) return;
  output_.write("<colgroup>\n");
  for (const double width : table.widths) {
    char style[48];
    std::snprintf(style, sizeof style, "<col style=\"width: %.4g%%\">\n", std::clamp(width / sum, 0.0, 1.0) * 100);
    output_.write(style);
  }
  output_.write("</colgroup>\n");
}

void Writer::write(const Table& table) {
  output_.write("<table>\n");
  if (!is_blank(table.caption)) {
    output_.write("<caption>");
    inlines(table.caption);
    output_.write("</caption>\n");
  }
  columns(table);
  std::size_t next = 0;
  while (next < table.rows.size() && table.rows[next].header) ++next;
  if (next > 0) output_.write("<thead>\n");
  for (std::size_t i = 0; i < next; ++i) row(table.rows[i]);
  if (next > 0) output_.write("</thead>\n");
  if (next < table.rows.size()) output_.write("<tbody>\n");
  for (std::size_t i = next; i < table.rows.size(); ++i) row(table.rows[i]);
  if (next < table.rows.size()) output_.write("</tbody>\n");
  output_.write("</table>\n");
}

void Writer::row(const Row& row) {
  output_.write("<tr>\n");
  for (const Cell& one : row.cells) cell(one, row.header);
  output_.write("</tr>\n");
}

void Writer::cell(const Cell& cell, bool is_header) {
  output_.write(is_header ? "<th" : "<td");
  if (cell.columns > 1) attribute("colspan", std::to_string(cell.columns));
  if (cell.rows > 1) attribute("rowspan", std::to_string(cell.rows));
  if (cell.background) {
    char color[16];
    std::snprintf(color, sizeof color, "#%06x", *cell.background & 0xffffffu);
    attribute("bgcolor", color);
  }
  align(cell.alignment);
  output_.write(">");
  tight(cell.blocks);
  output_.write(is_header ? "</th>\n" : "</td>\n");
}

void Writer::write(const CodeBlock& code) {
  output_.write("<pre><code");
  if (!code.language.empty()) attribute("class", "language-" + code.language);
  output_.write(">");
  text(code.text);
  output_.write("</code></pre>\n");
}

void Writer::write(const Quote& quote) {
  output_.write("<blockquote>\n");
  blocks(quote.blocks);
  output_.write("</blockquote>\n");
}

// As pandoc writes them, so that it and our reader find them again. A note may refer to further ones.
void Writer::notes() {
  if (notes_.empty()) return;
  output_.write("<section class=\"footnotes\" role=\"doc-endnotes\">\n<hr>\n<ol>\n");
  for (std::size_t i = 0; i < notes_.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    const std::shared_ptr<const Blocks> all = std::move(notes_[i].blocks);
    output_.write("<li id=\"fn" + number + "\">");
    const bool ends_with_text = !all->empty() && std::holds_alternative<Paragraph>(all->back().content);
    for (std::size_t at = 0; at + (ends_with_text ? 1 : 0) < all->size(); ++at) write((*all)[at]);
    output_.write("<p>");
    if (ends_with_text) inlines(std::get<Paragraph>(all->back().content).inlines);
    output_.write("<a href=\"#fnref" + number +
                  "\" class=\"footnote-back\" role=\"doc-backlink\">\xe2\x86\xa9\xef\xb8\x8e</a></p></li>\n");
  }
  output_.write("</ol>\n</section>\n");
}

} // namespace doc::html
