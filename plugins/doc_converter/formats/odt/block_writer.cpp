#include "block_writer.hpp"

#include "../../text/direction.hpp"
#include "page.hpp"
#include "table_writer.hpp"

#include <algorithm>
#include <utility>

namespace doc::odt {
namespace {

bool runs_to_the_left(const Inlines& inlines) {
  for (const Inline& run : inlines) {
    const auto* text = std::get_if<std::string>(&run.content);
    if (text && !text->empty()) return is_right_to_left(*text);
  }
  return false;
}

} // namespace

void BlockWriter::write(const Block& block) {
  Place place;
  place.room = page_room;
  write(block, place);
}

void BlockWriter::write_note(const Note& note) {
  Place place;
  place.room = page_room;
  place.style = note.at_end ? "Endnote" : "Footnote";
  place.in_cell = true;
  if (note.blocks->empty()) write(Paragraph{}, place);
  write_all(*note.blocks, place);
}

void BlockWriter::write_all(const Blocks& blocks, Place& place) {
  for (const Block& block : blocks) write(block, place);
}

void BlockWriter::write(const Block& block, Place& place) {
  std::visit([&](const auto& content) { write(content, place); }, block.content);
}

std::string BlockWriter::paragraph_style(std::string parent, Alignment alignment, const Inlines& inlines,
                                         const Place& place) {
  ParagraphForm form{std::move(parent)};
  form.alignment = alignment == Alignment::natural ? place.alignment : alignment;
  form.is_right_to_left = runs_to_the_left(inlines);
  if (!place.in_cell) form.breaks_page = std::exchange(page_break_pending_, false);
  return body_.styles.paragraph(form);
}

void BlockWriter::write(const Paragraph& paragraph, Place& place) {
  const std::string style =
      paragraph_style(place.is_quoted ? "Quotations" : place.style, paragraph.alignment, paragraph.inlines, place);
  xml_.start("text:p");
  xml_.attribute("text:style-name", style);
  write_runs(body_, paragraph.inlines, place.room);
  xml_.end();
}

void BlockWriter::write(const Heading& heading, Place& place) {
  const int level = std::clamp(heading.level, 1, 6);
  const std::string style =
      paragraph_style("Heading_20_" + std::to_string(level), heading.alignment, heading.inlines, place);
  xml_.start("text:h");
  xml_.attribute("text:style-name", style);
  xml_.attribute("text:outline-level", level);
  write_runs(body_, heading.inlines, place.room);
  xml_.end();
}

void BlockWriter::write(const List& list, Place& place) {
  const std::string style = body_.styles.list(list);
  Place inside = place;
  inside.lists.push_back(style);
  inside.room.width = std::max(place.room.width - indent_points, narrowest_points);
  xml_.start("text:list");
  xml_.attribute("text:style-name", style);
  for (const ListItem& item : list.items) {
    xml_.start("text:list-item");
    const Paragraph* first = item.blocks.empty() ? nullptr : std::get_if<Paragraph>(&item.blocks.front().content);
    const bool starts_with_text = !item.blocks.empty() && !std::holds_alternative<List>(item.blocks.front().content) &&
                                  !std::holds_alternative<Table>(item.blocks.front().content);
    if (item.checked) { // OpenDocument has no task lists: the box is text, as other programs write it
      Paragraph checked = first ? *first : Paragraph{};
      checked.inlines.insert(checked.inlines.begin(), {*item.checked ? "☑ " : "☐ ", {}, {}});
      write(checked, inside);
    } else if (!starts_with_text) {
      write(Paragraph{}, inside); // an item without a paragraph has no number
    }
    for (std::size_t i = item.checked && first ? 1 : 0; i < item.blocks.size(); ++i) write(item.blocks[i], inside);
    xml_.end();
  }
  xml_.end();
}

// Items hold no tables: the lists around end for one, and go on after it.
void BlockWriter::leave_lists(const Place& place) {
  for (std::size_t i = 0; i < place.lists.size(); ++i) xml_.end(), xml_.end();
}

void BlockWriter::enter_lists(const Place& place) {
  for (const std::string& style : place.lists) {
    xml_.start("text:list");
    xml_.attribute("text:style-name", style);
    xml_.attribute("text:continue-numbering", "true");
    xml_.start("text:list-header");
  }
}

void BlockWriter::write(const Table& table, Place& place) {
  if (table.rows.empty()) return;
  break_page_now(place);
  leave_lists(place);
  if (!table.caption.empty()) {
    xml_.start("text:p");
    xml_.attribute("text:style-name", "Table");
    write_runs(body_, table.caption, place.room);
    xml_.end();
  }
  TableWriter(*this, table, place.room, place.lists.size()).write(++tables_);
  enter_lists(place);
}

// One paragraph, so that two pieces of code stay two; huge ones would be too much for word processors.
void BlockWriter::write(const CodeBlock& code, Place& place) {
  constexpr int most_lines = 2000;
  std::string_view rest = code.text;
  for (bool is_done = false; !is_done;) {
    Inlines lines;
    for (int line = 0; line < most_lines && !is_done; ++line) {
      const std::size_t end = rest.find('\n');
      if (line > 0) lines.push_back({LineBreak{}, {}, {}});
      if (end != 0 && !rest.empty()) lines.push_back({std::string(rest.substr(0, end)), {}, {}});
      is_done = end == std::string_view::npos;
      rest.remove_prefix(is_done ? rest.size() : end + 1);
    }
    const std::string style = paragraph_style("Preformatted_20_Text", Alignment::natural, {}, place);
    xml_.start("text:p");
    xml_.attribute("text:style-name", style);
    write_runs(body_, lines, place.room);
    xml_.end();
  }
}

void BlockWriter::write(const Quote& quote, Place& place) {
  const bool was_quoted = std::exchange(place.is_quoted, true);
  write_all(quote.blocks, place);
  place.is_quoted = was_quoted;
}

void BlockWriter::write(const Rule&, Place& place) {
  xml_.element("text:p", "text:style-name", paragraph_style("Horizontal_20_Line", Alignment::natural, {}, place));
}

void BlockWriter::write(const PageBreak&, Place& place) {
  if (place.in_cell) return;
  break_page_now(place); // an empty page
  page_break_pending_ = true;
}

// An empty paragraph on the next page, where what follows cannot say that it begins one.
void BlockWriter::break_page_now(Place& place) {
  if (page_break_pending_ && !place.in_cell) write(Paragraph{}, place);
}

} // namespace doc::odt
