#include "block_writer.hpp"

#include "../../text/direction.hpp"
#include "page.hpp"
#include "table_writer.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace doc::docx {
namespace {

constexpr std::array<std::string_view, 6> heading_styles = {"Heading1", "Heading2", "Heading3",
                                                            "Heading4", "Heading5", "Heading6"};

// In a paragraph that runs to the left, "left" is where its lines begin (ECMA-376 part 1, 17.18.44).
std::string_view justification(Alignment alignment, bool is_right_to_left) {
  switch (alignment) {
  case Alignment::left: return is_right_to_left ? "right" : "left";
  case Alignment::right: return is_right_to_left ? "left" : "right";
  case Alignment::center: return "center";
  case Alignment::justify: return "both";
  case Alignment::natural: break;
  }
  return {};
}

bool runs_to_the_left(const Inlines& inlines) {
  for (const Inline& run : inlines) {
    const auto* text = std::get_if<std::string>(&run.content);
    if (text && !text->empty()) return is_right_to_left(*text);
  }
  return false;
}

bool is_paragraph(const Block& block) {
  return std::holds_alternative<Paragraph>(block.content) || std::holds_alternative<Heading>(block.content) ||
         std::holds_alternative<CodeBlock>(block.content);
}

} // namespace

void BlockWriter::write(const Block& block) {
  Place place;
  place.room = page_room;
  write(block, place);
}

void BlockWriter::write_note(const Blocks& blocks, bool at_end) {
  Place place;
  place.room = page_room;
  place.note = at_end ? "EndnoteText" : "FootnoteText";
  place.needs_mark = true;
  if (blocks.empty() || !std::holds_alternative<Paragraph>(blocks.front().content)) write(Paragraph{}, place);
  write_all(blocks, place);
  close();
}

void BlockWriter::close() { separate_table(); }

// Two tables that touch would be one.
void BlockWriter::separate_table() {
  if (after_table_) xml_.element("w:p");
  after_table_ = false;
}

void BlockWriter::write_all(const Blocks& blocks, Place& place) {
  for (const Block& block : blocks) write(block, place);
}

void BlockWriter::write(const Block& block, Place& place) {
  std::visit([&](const auto& content) { write(content, place); }, block.content);
}

void BlockWriter::start_paragraph(std::string_view style, Alignment alignment, Place& place, bool is_right_to_left) {
  after_table_ = false;
  if (style.empty() && place.is_quoted) style = "Quote";
  if (style.empty() && place.list_level >= 0) style = "ListParagraph";
  if (style.empty()) style = place.note;
  const bool breaks = page_break_pending_ && !place.in_cell && place.note.empty();
  if (breaks) page_break_pending_ = false;
  const bool is_indented = place.number == 0 && place.indent > 0;
  if (alignment == Alignment::natural) alignment = place.alignment;
  const std::string_view justified = justification(alignment, is_right_to_left);
  xml_.start("w:p");
  if (style.empty() && !breaks && !place.number && !is_indented && justified.empty() && !is_right_to_left) return;
  // In the order of the schema (CT_PPr): Word refuses others.
  xml_.start("w:pPr");
  if (!style.empty()) xml_.element("w:pStyle", "w:val", style);
  if (breaks) xml_.element("w:pageBreakBefore");
  if (place.number) {
    xml_.start("w:numPr");
    xml_.element("w:ilvl", "w:val", std::min(place.list_level, most_list_levels - 1));
    xml_.element("w:numId", "w:val", place.number);
    xml_.end();
  }
  if (is_right_to_left) xml_.element("w:bidi");
  if (is_indented) xml_.element("w:ind", "w:left", place.indent);
  if (!justified.empty()) xml_.element("w:jc", "w:val", justified);
  xml_.end();
  place.number = 0;
}

void BlockWriter::write_mark(Place& place) {
  if (!place.needs_mark) return;
  place.needs_mark = false;
  const bool at_end = place.note == "EndnoteText";
  xml_.start("w:r");
  xml_.start("w:rPr");
  xml_.element("w:rStyle", "w:val", at_end ? "EndnoteReference" : "FootnoteReference");
  xml_.end();
  xml_.element(at_end ? "w:endnoteRef" : "w:footnoteRef");
  xml_.end();
  xml_.start("w:r");
  xml_.start("w:t");
  xml_.attribute("xml:space", "preserve");
  xml_.text(" ");
  xml_.end();
  xml_.end();
}

void BlockWriter::write(const Paragraph& paragraph, Place& place) {
  const bool is_right_to_left = runs_to_the_left(paragraph.inlines);
  start_paragraph({}, paragraph.alignment, place, is_right_to_left);
  write_mark(place);
  write_runs(part_, paragraph.inlines, place.room, is_right_to_left);
  xml_.end();
}

void BlockWriter::write(const Heading& heading, Place& place) {
  const bool is_right_to_left = runs_to_the_left(heading.inlines);
  start_paragraph(heading_styles[static_cast<std::size_t>(std::clamp(heading.level, 1, 6) - 1)], heading.alignment,
                  place, is_right_to_left);
  write_runs(part_, heading.inlines, place.room, is_right_to_left);
  xml_.end();
}

void BlockWriter::write(const List& list, Place& place) {
  Place inside = place;
  inside.list_level = place.list_level + 1;
  inside.indent = place.indent + list_indent_twips;
  inside.room.width = std::max(place.room.width - list_indent_twips / 20.0, narrowest_points);
  const int number = numbering_.add(list, inside.list_level);
  for (const ListItem& item : list.items) write_item(item, number, inside);
}

void BlockWriter::write_item(const ListItem& item, int number, Place& place) {
  place.number = number;
  const Paragraph* first = item.blocks.empty() ? nullptr : std::get_if<Paragraph>(&item.blocks.front().content);
  if (item.checked) { // Word has no task lists: the box is text, as other programs write it
    Paragraph checked = first ? *first : Paragraph{};
    checked.inlines.insert(checked.inlines.begin(), {*item.checked ? "☑ " : "☐ ", {}, {}});
    write(checked, place);
  } else if (item.blocks.empty() || !is_paragraph(item.blocks.front())) {
    write(Paragraph{}, place); // which carries the number
  } else {
    write(item.blocks.front(), place);
  }
  const bool is_written = !item.blocks.empty() && (item.checked ? first != nullptr : is_paragraph(item.blocks.front()));
  for (std::size_t i = is_written ? 1 : 0; i < item.blocks.size(); ++i) write(item.blocks[i], place);
}

void BlockWriter::write(const Table& table, Place& place) {
  if (table.rows.empty()) return;
  if (!table.caption.empty()) {
    separate_table();
    start_paragraph("TableCaption", Alignment::natural, place, false);
    write_runs(part_, table.caption, place.room, false);
    xml_.end();
  }
  if (page_break_pending_ && !place.in_cell) write(Paragraph{}, place);
  separate_table();
  TableWriter(*this, table, place).write();
  after_table_ = true;
}

// One paragraph, so that two pieces of code stay two; huge ones would be too much for Word.
void BlockWriter::write(const CodeBlock& code, Place& place) {
  constexpr int most_lines = 2000;
  std::string_view rest = code.text;
  for (bool is_done = false; !is_done;) {
    start_paragraph("SourceCode", Alignment::natural, place, false);
    for (int line = 0; line < most_lines && !is_done; ++line) {
      const std::size_t end = rest.find('\n');
      Inlines inlines;
      if (line > 0) inlines.push_back({LineBreak{}, {}, {}});
      if (end != 0 && !rest.empty()) inlines.push_back({std::string(rest.substr(0, end)), {}, {}});
      write_runs(part_, inlines, place.room, false);
      is_done = end == std::string_view::npos;
      rest.remove_prefix(is_done ? rest.size() : end + 1);
    }
    xml_.end();
  }
}

void BlockWriter::write(const Quote& quote, Place& place) {
  const bool was_quoted = place.is_quoted;
  place.is_quoted = true;
  write_all(quote.blocks, place);
  place.is_quoted = was_quoted;
}

void BlockWriter::write(const Rule&, Place& place) {
  start_paragraph("HorizontalLine", Alignment::natural, place, false);
  xml_.end();
}

void BlockWriter::write(const PageBreak&, Place& place) {
  if (place.in_cell || !place.note.empty()) return;
  if (page_break_pending_) write(Paragraph{}, place); // an empty page
  page_break_pending_ = true;
}

} // namespace doc::docx
