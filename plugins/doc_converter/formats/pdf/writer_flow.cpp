#include "writer_flow.hpp"

#include "../../model/walk.hpp"
#include "../../text/numbers.hpp"
#include "../../text/utf8.hpp"
#include "writer_direction.hpp"
#include "writer_table.hpp"

#include <algorithm>
#include <utility>

namespace doc::pdf {
namespace {

constexpr double quote_indent = 16;
constexpr double code_padding = 6;
constexpr double note_scale = 0.86;
constexpr double least_width = 60; // deeper nesting than this leaves no place
constexpr double heading_sizes[] = {20, 16, 13.5, 12, 11, 10.5};

// Draws `first` before what the item draws.
template <typename First>
void draw_before(Item& item, First first) {
  item.draw = [first = std::move(first), then = std::move(item.draw), height = item.height](Pages& pages, double y) {
    first(pages, y, height);
    if (then) then(pages, y);
  };
}

// The area set in on the side where lines begin.
Area indented(Area area, double by) {
  by = std::max(0.0, std::min(by, area.width - (area.is_nested ? Flow::least_width_in_cell : least_width)));
  if (!area.is_mirrored) area.left += by;
  area.width -= by;
  return area;
}

void fill(cairo_t* cairo, double x, double y, double width, double height, double gray) {
  cairo_set_source_rgb(cairo, gray, gray, gray);
  cairo_rectangle(cairo, x, y, width, height);
  cairo_fill(cairo);
}

bool is_tight(const List& list) {
  return std::all_of(list.items.begin(), list.items.end(), [](const ListItem& item) {
    const auto paragraphs = std::count_if(item.blocks.begin(), item.blocks.end(), [](const Block& block) {
      return !std::holds_alternative<List>(block.content);
    });
    return paragraphs <= 1;
  });
}

} // namespace

Flow::Flow(Images& images, Context& context)
    : context_(context),
      typesetter_(images, [this](const Note& note, Items& items) { return make_note(note, items); }) {}

void Flow::add(const Block& block, const Area& area, const Put& put) {
  const Deeper deeper(context_, depth_);
  const Put out = [&](Item item) {
    if (!area.is_nested) item.new_page = std::exchange(breaks_page_, false) || item.new_page;
    item.before = std::max(item.before, std::exchange(below_, 0));
    if (item.bars.empty()) {
      for (const double x : area.bars) item.bars.push_back({x, false});
    }
    put(std::move(item));
  };
  std::visit([&](const auto& content) { add(content, area, out); }, block.content);
  const bool is_boxed = std::holds_alternative<Table>(block.content) ||
                        std::holds_alternative<CodeBlock>(block.content) ||
                        std::holds_alternative<Quote>(block.content);
  if (is_boxed) below_ = 10 * area.scale;
}

void Flow::add(const Blocks& blocks, const Area& area, const Put& put) {
  for (const Block& block : blocks) add(block, area, put);
}

Items Flow::items_of(const Blocks& blocks, const Area& area) {
  Items items;
  below_ = 0;
  add(blocks, area, [&items](Item item) { items.push_back(std::move(item)); });
  below_ = 0;
  return items;
}

void Flow::add_text(const Inlines& inlines, const Font& font, const Area& area, Alignment alignment, double before,
                    const Put& put) {
  Inlines trimmed = inlines;
  trim(trimmed);
  Items items = typesetter_.lines(
      trimmed, font, {area.left, area.width, alignment == Alignment::natural ? area.alignment : alignment});
  if (!items.empty()) items.front().before = before;
  for (Item& item : items) put(std::move(item));
}

void Flow::add(const Paragraph& paragraph, const Area& area, const Put& put) {
  Font font;
  font.size = body_size * area.scale;
  font.bold = area.is_bold;
  add_text(paragraph.inlines, font, area, paragraph.alignment, (area.is_tight ? 2 : 7) * area.scale, put);
}

void Flow::add(const Heading& heading, const Area& area, const Put& put) {
  const int level = std::clamp(heading.level, 1, 6);
  Font font;
  font.size = heading_sizes[level - 1] * area.scale;
  font.bold = true;
  font.italic = level == 6;
  const std::string title = collapse_blanks(plain_text(heading.inlines));
  bool is_first = true;
  add_text(heading.inlines, font, area, heading.alignment, font.size * 1.1, [&](Item item) {
    item.keep = true;
    if (std::exchange(is_first, false) && !title.empty()) {
      draw_before(item, [title, level](Pages& pages, double y, double) { pages.bookmark(level, title, y - 4); });
    }
    put(std::move(item));
  });
}

void Flow::add(const List& list, const Area& area, const Put& put) {
  Area inner = area;
  inner.is_tight = is_tight(list);
  inner.is_mirrored = begins_on_the_right(list);
  Font font;
  font.size = body_size * area.scale;
  std::vector<std::string> marks;
  std::int64_t number = list.start;
  double indent = list_indent * area.scale;
  for (const ListItem& item : list.items) {
    std::string mark = number_text(list.numbering, number++);
    if (list.numbering != Numbering::bullet) mark += ".";
    if (item.checked) mark = *item.checked ? "\xe2\x98\x91" : "\xe2\x98\x90"; // ballot boxes
    marks.push_back(std::move(mark));
  }
  if (list.numbering != Numbering::bullet && !marks.empty()) // the last number is the widest, or nearly
    indent = std::max(indent, typesetter_.width(marks.back(), font) + 7);
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const bool is_tight = i == 0 ? area.is_tight : inner.is_tight; // the list's distance to what is above it
    add_item(list.items[i], marks[i], indent, (is_tight ? 2 : 7) * area.scale, inner, put);
  }
}

// The mark stands on the first line; where the item begins with something else, on a line of its own.
void Flow::add_item(const ListItem& item, const std::string& mark, double indent, double before, const Area& area,
                    const Put& put) {
  const Area inner = indented(area, indent);
  Font font;
  font.size = body_size * area.scale;
  const double mark_left =
      area.is_mirrored ? inner.left + inner.width + 5 : inner.left - typesetter_.width(mark, font) - 5;
  Items mark_lines = typesetter_.lines({Inline{mark, {}, {}}}, font, {mark_left, 100, Alignment::left});
  if (mark_lines.empty()) return add(item.blocks, inner, put);
  Item mark_line = std::move(mark_lines.front());
  mark_line.before = before;
  const bool begins_with_text = !item.blocks.empty() && std::holds_alternative<Paragraph>(item.blocks[0].content);
  if (!begins_with_text) {
    mark_line.keep = !item.blocks.empty();
    put(std::move(mark_line));
    return add(item.blocks, inner, put);
  }
  bool is_first = true;
  const Put with_mark = [&](Item line) {
    if (std::exchange(is_first, false)) {
      line.before = before;
      const double down = line.baseline > 0 ? line.baseline - mark_line.baseline : 0;
      draw_before(line, [draw = mark_line.draw, down](Pages& pages, double y, double) { draw(pages, y + down); });
    }
    put(std::move(line));
  };
  add(item.blocks, inner, with_mark);
  if (is_first) put(std::move(mark_line)); // there was nothing but blanks
}

void Flow::add(const CodeBlock& code, const Area& area, const Put& put) {
  Font font;
  font.size = body_size * area.scale;
  font.code = true;
  Inlines inlines;
  for (std::size_t at = 0; at < code.text.size();) {
    const std::size_t end = std::min(code.text.find('\n', at), code.text.size());
    if (end > at) inlines.push_back({code.text.substr(at, end - at), {}, {}});
    if (end < code.text.size()) inlines.push_back({LineBreak{}, {}, {}});
    at = end + 1;
  }
  Area inner = area;
  inner.is_mirrored = false;
  inner = indented(inner, code_padding);
  inner.width -= code_padding;
  Items items = typesetter_.lines(inlines, font, {inner.left, inner.width, Alignment::left});
  for (std::size_t i = 0; i < items.size(); ++i) {
    const double above = i == 0 ? code_padding : 0;
    const double below = i + 1 == items.size() ? code_padding : 0;
    if (i == 0) items[i].before = 8 * area.scale + above;
    items[i].height += below;
    draw_before(items[i], [x = area.left, width = area.width, above](Pages& pages, double y, double height) {
      fill(pages.cairo(), x, y - above, width, height + above + 0.3, 0.95);
    });
    put(std::move(items[i]));
  }
}

void Flow::add(const Quote& quote, const Area& area, const Put& put) {
  Area around = area;
  around.is_mirrored = begins_on_the_right(quote);
  Area inner = indented(around, quote_indent);
  if (inner.width < area.width) inner.bars.push_back(around.is_mirrored ? area.left + area.width - 6 : area.left + 4);
  bool is_first = true;
  add(quote.blocks, inner, [&](Item item) {
    if (std::exchange(is_first, false) && item.bars.size() > area.bars.size())
      item.bars[area.bars.size()].begins = true;
    put(std::move(item));
  });
}

void Flow::add(const Rule&, const Area& area, const Put& put) {
  Item item;
  item.before = 8;
  item.height = 4;
  item.draw = [x = area.left, width = area.width](Pages& pages, double y) {
    fill(pages.cairo(), x, y + 2, width, 0.6, 0.6);
  };
  put(std::move(item));
}

void Flow::add(const PageBreak&, const Area& area, const Put&) {
  if (!area.is_nested) breaks_page_ = true;
}

void Flow::add(const Table& table, const Area& area, const Put& put) {
  if (!is_blank(table.caption)) {
    Font font;
    font.size = body_size * area.scale * 0.95;
    font.italic = true;
    add_text(table.caption, font, area, Alignment::natural, 8, [&put](Item item) {
      item.keep = true;
      put(std::move(item));
    });
  }
  Area place = area;
  place.is_mirrored = begins_on_the_right(table);
  TableFlow(*this, table, place).add(put);
}

std::string Flow::make_note(const Note& note, Items& items) {
  const std::string mark = std::to_string(++note_count_);
  const PageSize page;
  Area area;
  area.left = page.left();
  area.width = page.content_width();
  area.scale = note_scale;
  area.is_tight = true;
  area.is_nested = true;
  const Area inner = indented(area, 14);
  Font font;
  font.size = body_size * note_scale;
  TextStyle raised;
  raised.superscript = true;
  Items mark_lines = typesetter_.lines({Inline{Anchor{"note-" + mark}, {}, {}}, Inline{mark, raised, {}}}, font,
                                       {area.left, 40, Alignment::left});
  Items notes = items_of(*note.blocks, inner);
  if (notes.empty()) notes.emplace_back();
  if (!mark_lines.empty()) {
    draw_before(notes.front(), [draw = mark_lines.front().draw](Pages& pages, double y, double) { draw(pages, y); });
    notes.front().height = std::max(notes.front().height, mark_lines.front().height);
  }
  for (Item& one : notes) {
    Items more = std::exchange(one.notes, {}); // a note's own notes follow it
    items.push_back(std::move(one));
    for (Item& inside : more) items.push_back(std::move(inside));
  }
  return mark;
}

} // namespace doc::pdf
