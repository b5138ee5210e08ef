#include "reader_blocks.hpp"

#include "../../model/walk.hpp"

#include <algorithm>
#include <cctype>

namespace doc::pdf {
namespace {

// Browsers draw the labels of lists: a dot before the line.
void find_drawn_label(const Page& page, TextLine& line) {
  if (line.label || page.dots.size() >= 500) return;
  for (const Box& dot : page.dots) {
    const float y = (dot.y0 + dot.y1) / 2;
    if (y > line.base || y < line.base - 0.75f * line.size) continue;
    const float gap = line.right_to_left ? dot.x0 - line.x1 : line.x0 - dot.x1;
    if (gap < 1 || gap > 2.2f * line.size) continue;
    line.label = Label{};
    return;
  }
}

} // namespace

std::vector<TextLine> text_lines(const Page& page, const std::vector<Line>& lines) {
  std::vector<TextLine> result;
  result.reserve(lines.size());
  for (const Line& line : lines) {
    if (!line.glyphs.empty()) result.push_back(text_line(page, line));
  }
  for (TextLine& line : result) find_drawn_label(page, line);
  return result;
}

bool ends_sentence(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '"' || text.back() == ')' || text.back() == '\''))
    text.remove_suffix(1);
  if (text.ends_with("”") || text.ends_with("»") || text.ends_with("’")) text.remove_suffix(3);
  if (text.empty()) return true;
  return text.back() == '.' || text.back() == '!' || text.back() == '?' || text.back() == ':' || text.ends_with("。") ||
         text.ends_with("…");
}

bool begins_lower(std::string_view text) {
  if (text.empty()) return false;
  const auto c = static_cast<unsigned char>(text[0]);
  return (c >= 'a' && c <= 'z') || c == ',' || c == ')' || c == 0xc3
             ? c != 0xc3 || (static_cast<unsigned char>(text[1]) >= 0x9f)
             : false;
}

bool is_caption(std::string_view text) {
  for (const std::string_view name : {"Table ", "Figure ", "Fig. ", "TABLE ", "FIGURE ", "Tabelle ", "Abbildung ",
                                      "Abb. ", "Tableau ", "Tabla ", "Figura "}) {
    if (text.starts_with(name) && text.size() > name.size())
      return std::isdigit(static_cast<unsigned char>(text[name.size()])) || text[name.size()] == 'I';
  }
  return false;
}

bool is_reference(const Page& page, const TextLine& line) {
  const std::int16_t link = page.glyphs[line.line->glyphs.front()].link;
  return link >= 0 && page.links[static_cast<std::size_t>(link)].target.starts_with('#') &&
         std::isdigit(static_cast<unsigned char>(line.text.back()));
}

std::string_view last_text(const Inlines& inlines) {
  for (auto run = inlines.rbegin(); run != inlines.rend(); ++run) {
    if (const auto* text = std::get_if<std::string>(&run->content)) return *text;
  }
  return {};
}

void strip_bold(Inlines& inlines) {
  const bool all = std::all_of(inlines.begin(), inlines.end(), [](const Inline& run) {
    const auto* text = std::get_if<std::string>(&run.content);
    return !text || run.style.bold || text->find_first_not_of(' ') == std::string::npos;
  });
  if (!all) return;
  for (Inline& run : inlines) run.style.bold = false;
}

void append_lines(Inlines& inlines, const Group& group, std::size_t skip, const KeepsHyphen& keeps,
                  const Marks* marks) {
  for (std::size_t i = 0; i < group.lines.size(); ++i) {
    const TextLine& line = group.lines[i];
    if (i > 0 && group.centered && line.size < 13 && !inlines.empty())
      inlines.push_back({LineBreak{}, {}, {}});
    else
      join_lines(inlines, line.text, keeps);
    append_runs(inlines, line, i == 0 ? skip : 0, marks);
  }
}

void simple_blocks(const Page& page, const std::vector<Line>& lines, Blocks& blocks, const KeepsHyphen& keeps,
                   const Marks* marks, bool plain_bold) {
  for (const Group& group : groups_of(text_lines(page, lines))) {
    Paragraph paragraph;
    append_lines(paragraph.inlines, group, 0, keeps, marks);
    merge_runs(paragraph.inlines);
    trim(paragraph.inlines);
    if (plain_bold) strip_bold(paragraph.inlines);
    if (!paragraph.inlines.empty()) blocks.push_back({std::move(paragraph)});
  }
}

} // namespace doc::pdf
