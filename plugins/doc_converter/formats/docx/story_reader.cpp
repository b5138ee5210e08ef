#include "story_reader.hpp"

#include "../../model/walk.hpp"
#include "table_reader.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace doc::docx {
namespace {

// Where lines begin is natural, and is not said.
Alignment alignment_of(std::string_view value, bool is_right_to_left) {
  if (value == "center") return Alignment::center;
  if (value == "both" || value == "distribute") return Alignment::justify;
  if (value == "right" || value == "end") return is_right_to_left ? Alignment::left : Alignment::right;
  return Alignment::natural;
}

bool is_on(pugi::xml_node node) {
  const std::string_view value = xml::value_of(node, "w:val");
  return node && (value.empty() || value == "1" || value == "true" || value == "on");
}

std::string code_of(const Inlines& inlines) {
  std::string code;
  for (const Inline& run : inlines) {
    if (const auto* text = std::get_if<std::string>(&run.content)) code += *text;
    if (std::holds_alternative<LineBreak>(run.content)) code += '\n';
  }
  return code;
}

bool has_more_than_text(const Inlines& inlines) {
  return std::any_of(inlines.begin(), inlines.end(), [](const Inline& run) {
    return std::holds_alternative<Note>(run.content) ||
           std::holds_alternative<std::shared_ptr<const Image>>(run.content);
  });
}

} // namespace

Blocks StoryReader::blocks_of(Story& story, NumberingReader& numbering, std::uint32_t& depth, pugi::xml_node node) {
  const Deeper deeper(story.context, depth);
  Blocks blocks;
  StoryReader reader(story, numbering, depth, [&blocks](Block block) { blocks.push_back(std::move(block)); });
  reader.read(node);
  reader.finish();
  return blocks;
}

void StoryReader::read(pugi::xml_node node) {
  for (const pugi::xml_node child : node.children()) read_one(child);
}

void StoryReader::read_one(pugi::xml_node node) {
  const std::string_view name = xml::name_of(node);
  if (name == "w:p")
    paragraph(node);
  else if (name == "w:tbl")
    table(node);
  else if (name == "mc:AlternateContent")
    alternatives(node);
  else if (name == "m:oMathPara" || name == "m:oMath")
    paragraph(node);
  else if (name == "w:sdt")
    read(node.child("w:sdtContent"));
  else if (name == "w:altChunk")
    chunk(node);
  else if (name == "w:customXml" || name == "w:ins" || name == "w:moveTo" || name == "w:smartTag")
    read(node);
}

void StoryReader::finish() {
  flush_caption();
  if (!is_blank(carried_)) builder_.add({Paragraph{std::move(carried_)}}, {});
  carried_.clear();
  builder_.finish();
}

void StoryReader::chunk(pugi::xml_node node) {
  if (!story_.chunk) return;
  flush_caption();
  flush_carried();
  for (Block& block : story_.chunk(xml::value_of(node, "r:id"))) builder_.add(std::move(block), {});
}

void StoryReader::alternatives(pugi::xml_node node) {
  const pugi::xml_node choice = node.child("mc:Choice");
  read(choice.first_child() ? choice : node.child("mc:Fallback"));
}

StoryReader::Form StoryReader::form_of(pugi::xml_node properties) {
  Form form;
  form.style = &story_.styles.paragraph(xml::value_of(properties.child("w:pStyle"), "w:val"));
  form.heading = form.style->heading;
  if (const pugi::xml_node outline = properties.child("w:outlineLvl")) {
    const long level = xml::number_of(outline, "w:val", 9, 0, 9);
    form.heading = level == 9 ? 0 : form.heading > 0 ? form.heading : static_cast<int>(std::min(level + 1, 6L));
  }
  const pugi::xml_node borders = properties.child("w:pBdr");
  form.is_line = borders ? is_line(borders) : form.style->is_line;
  form.breaks_page = is_on(properties.child("w:pageBreakBefore"));
  const pugi::xml_node alignment = properties.child("w:jc");
  form.alignment = alignment_of(alignment ? xml::value_of(alignment, "w:val") : std::string_view(form.style->alignment),
                                is_on(properties.child("w:bidi")));
  form.belonging.to_quote = form.style->is_quote && form.heading == 0;
  form.belonging.to_code = form.style->is_code && form.heading == 0;
  const auto indent = left_indent(properties.child("w:ind"));
  if (form.heading == 0) number(properties, form);
  const auto of_item = form.belonging.item ? form.belonging.item->indent : std::nullopt;
  form.belonging.indent = indent ? *indent : of_item ? *of_item : form.style->indent.value_or(0);
  return form;
}

void StoryReader::number(pugi::xml_node properties, Form& form) {
  const pugi::xml_node own = properties.child("w:numPr");
  long list = form.style->number.value_or(0);
  int level = static_cast<int>(form.style->number_level.value_or(0));
  if (own.child("w:numId")) {
    list = xml::number_of(own.child("w:numId"), "w:val", 0, 0, 1 << 30);
    level = 0;
  } else if (list > 0 && !own.child("w:ilvl")) {
    level = numbering_.level_of_style(list, form.style->id).value_or(level);
  }
  if (own.child("w:ilvl")) level = static_cast<int>(xml::number_of(own.child("w:ilvl"), "w:val", 0, 0, 8));
  if (list > 0) form.belonging.item = numbering_.next(list, level);
}

void StoryReader::paragraph(pugi::xml_node node) {
  const pugi::xml_node properties = node.child("w:pPr");
  const Form form = form_of(properties);
  ParagraphContent content =
      ParagraphReader(story_, *form.style, form.heading > 0 || form.style->says_its_look()).read(node);
  auto& first = std::get<Inlines>(content.pieces.front());
  first.insert(first.begin(), std::make_move_iterator(carried_.begin()), std::make_move_iterator(carried_.end()));
  carried_.clear();
  const pugi::xml_node mark = properties.child("w:rPr");
  if ((mark.child("w:del") || mark.child("w:moveFrom")) && content.pieces.size() == 1) {
    carried_ = std::move(first);
    add_boxes(content);
    return;
  }
  if (form.style->is_table_caption && content.pieces.size() == 1 && !is_blank(first)) {
    flush_caption();
    caption_ = std::move(first);
    return;
  }
  if (form.breaks_page && depth_ == 0) builder_.add({PageBreak{}}, {});
  const bool is_item = form.belonging.item && form.belonging.item->is_marked;
  bool is_item_open = false;
  for (Piece& piece : content.pieces) add_piece(std::move(piece), form, is_item_open);
  if (is_item && !is_item_open) {
    flush_caption();
    builder_.add_empty_item(*form.belonging.item);
  }
  add_boxes(content);
  const pugi::xml_node section = properties.child("w:sectPr");
  const std::string_view kind = xml::value_of(section.child("w:type"), "w:val");
  if (section && kind != "continuous" && kind != "nextColumn") builder_.add({PageBreak{}}, {});
}

void StoryReader::add_piece(Piece piece, const Form& form, bool& is_item_open) {
  if (auto* inlines = std::get_if<Inlines>(&piece)) {
    add_text(std::move(*inlines), form, is_item_open);
    return;
  }
  flush_caption();
  if (std::holds_alternative<Rule>(piece)) builder_.add({Rule{}}, {});
  // Cells, notes and boxes have no pages.
  if (std::holds_alternative<PageBreak>(piece) && depth_ == 0) builder_.add({PageBreak{}}, {});
}

void StoryReader::add_text(Inlines inlines, const Form& form, bool& is_item_open) {
  Belonging belonging = form.belonging;
  if (is_item_open && belonging.item) belonging.item->is_marked = false; // what follows a page break in an item
  if (form.belonging.to_code && !has_more_than_text(inlines)) {
    flush_caption();
    builder_.add({CodeBlock{code_of(inlines), {}}}, belonging);
    is_item_open = true;
    return;
  }
  belonging.to_code = false;
  if (is_blank(inlines)) {
    const bool has_anchor = !inlines.empty() && std::any_of(inlines.begin(), inlines.end(), [](const Inline& run) {
      return std::holds_alternative<Anchor>(run.content);
    });
    if (form.is_line && !form.belonging.item) {
      flush_caption();
      builder_.add({Rule{}}, belonging);
    }
    if (has_anchor) { // it names the place where the next paragraph begins
      std::erase_if(inlines, [](const Inline& run) { return !std::holds_alternative<Anchor>(run.content); });
      carried_.insert(carried_.end(), inlines.begin(), inlines.end());
    }
    return;
  }
  flush_caption();
  trim(inlines);
  is_item_open = true;
  if (form.heading > 0) {
    builder_.add({Heading{form.heading, std::move(inlines), form.alignment}}, {});
  } else {
    builder_.add({Paragraph{std::move(inlines), form.alignment}}, belonging);
  }
}

void StoryReader::add_boxes(const ParagraphContent& content) {
  Belonging stays;
  stays.to_current = true;
  for (const pugi::xml_node box : content.text_boxes) {
    for (Block& block : blocks_of(story_, numbering_, depth_, box)) builder_.add(std::move(block), stays);
  }
  for (const std::string& text : content.texts) builder_.add({Paragraph{{{text, {}, {}}}}}, stays);
}

void StoryReader::flush_caption() {
  if (!caption_) return;
  builder_.add({Paragraph{std::move(*caption_)}}, {});
  caption_.reset();
}

void StoryReader::flush_carried() {
  if (carried_.empty() || is_blank(carried_)) return;
  builder_.add({Paragraph{std::move(carried_)}}, {});
  carried_.clear();
}

void StoryReader::table(pugi::xml_node node) {
  flush_carried();
  Table table = TableReader(story_, numbering_, depth_).read(node);
  if (table.rows.empty()) return;
  if (caption_) table.caption = std::move(*caption_);
  caption_.reset();
  Belonging belonging;
  belonging.indent = xml::number_of(node.child("w:tblPr").child("w:tblInd"), "w:w", 0, -100'000, 100'000);
  builder_.add({std::move(table)}, belonging);
}

} // namespace doc::docx
