#include "paragraph_reader.hpp"

#include "../../model/walk.hpp"
#include "../../text/utf8.hpp"
#include "math_reader.hpp"
#include "symbols.hpp"

#include <cstdlib>

namespace doc::docx {
namespace {

bool is_skipped(std::string_view name) {
  return name == "w:pPr" || name == "w:rPr" || name == "w:del" || name == "w:moveFrom" || name == "w:delText" ||
         name == "w:sdtPr" || name == "w:sdtEndPr" || name == "w:smartTagPr" || name == "w:customXmlPr" ||
         name == "w:dirPr" || name == "w:instrText" || name == "w:delInstrText";
}

} // namespace

ParagraphContent ParagraphReader::read(pugi::xml_node paragraph) {
  children(paragraph);
  merge_runs(current_);
  story_.context.spend_inlines(current_.size() + 1);
  content_.pieces.emplace_back(std::move(current_));
  return std::move(content_);
}

void ParagraphReader::children(pugi::xml_node node) {
  for (const pugi::xml_node one : node.children()) child(one);
}

void ParagraphReader::child(pugi::xml_node node) {
  const std::string_view name = xml::name_of(node);
  if (name == "w:r")
    run(node);
  else if (name.empty() || is_skipped(name))
    return;
  else if (name == "w:hyperlink")
    hyperlink(node);
  else if (name == "w:fldSimple")
    simple_field(node);
  else if (name == "w:bookmarkStart")
    bookmark(node);
  else if (name == "mc:AlternateContent")
    alternatives(node, false);
  else if (name == "m:oMath" || name == "m:oMathPara")
    formula(node);
  else
    children(node); // w:ins, w:moveTo, w:sdt, w:smartTag, w:customXml, w:dir, ...
}

void ParagraphReader::run(pugi::xml_node node) {
  const pugi::xml_node properties = node.child("w:rPr");
  const Look before = look_;
  const RunProperties own = properties ? read_run_properties(properties) : RunProperties{};
  const CharacterStyle& character = story_.styles.character(xml::value_of(properties.child("w:rStyle"), "w:val"));
  look_ = resolve(style_.run, character.run, own, style_says_);
  font_ = own.is_symbol_font ? std::string(xml::value_of(properties.child("w:rFonts"), "w:ascii")) : std::string();
  if (!look_.hidden) {
    for (const pugi::xml_node one : node.children()) run_content(one);
  } else { // fields count, whether they are seen or not
    for (const pugi::xml_node one : node.children()) {
      if (xml::is(one, "w:fldChar")) field_mark(one);
      if (xml::is(one, "w:instrText")) story_.fields.instruct(one.text().get());
    }
  }
  look_ = before;
}

void ParagraphReader::run_content(pugi::xml_node node) {
  const std::string_view name = xml::name_of(node);
  if (name == "w:t")
    text(node.text().get());
  else if (name == "w:rPr" || name.empty())
    return;
  else if (name == "w:tab" || name == "w:ptab")
    put({"\t", look_.style, {}});
  else if (name == "w:br" || name == "w:cr")
    line_or_page(node);
  else if (name == "w:fldChar")
    field_mark(node);
  else if (name == "w:instrText")
    story_.fields.instruct(node.text().get());
  else if (name == "w:noBreakHyphen")
    text("\xe2\x80\x91");
  else if (name == "w:softHyphen")
    text("\xc2\xad");
  else if (name == "w:sym") {
    const std::string code(xml::value_of(node, "w:char"));
    std::string letter;
    const std::uint32_t found =
        symbol(xml::value_of(node, "w:font"), static_cast<std::uint32_t>(std::strtoul(code.c_str(), nullptr, 16)));
    if (found != 0) append_utf8(letter, found);
    text(letter);
  } else if (name == "w:footnoteReference")
    reference(node, false);
  else if (name == "w:endnoteReference")
    reference(node, true);
  else if (name == "w:drawing" || name == "w:pict" || name == "w:object")
    drawing(node);
  else if (name == "mc:AlternateContent")
    alternatives(node, true);
  else if (name == "w:ruby")
    ruby(node);
}

bool ParagraphReader::produced_since(std::size_t pieces, std::size_t inlines, std::size_t others) const {
  return content_.pieces.size() != pieces || current_.size() != inlines ||
         content_.text_boxes.size() + content_.texts.size() != others;
}

// ECMA-376 part 3: one of the choices or the fallback, never both. The first choice is what a program of today
// understands; where it gives nothing here, the fallback is for the likes of us.
void ParagraphReader::alternatives(pugi::xml_node node, bool in_run) {
  const auto read = [&](pugi::xml_node chosen) {
    for (const pugi::xml_node one : chosen.children()) in_run ? run_content(one) : child(one);
  };
  const std::size_t pieces = content_.pieces.size(), inlines = current_.size(),
                    others = content_.text_boxes.size() + content_.texts.size();
  for (const pugi::xml_node choice : node.children("mc:Choice")) {
    read(choice);
    if (produced_since(pieces, inlines, others)) return;
  }
  read(node.child("mc:Fallback"));
}

void ParagraphReader::hyperlink(pugi::xml_node node) {
  const std::string before = link_;
  const auto found = story_.relationships.find(std::string(xml::value_of(node, "r:id")));
  const std::string anchor = clean_text(xml::value_of(node, "w:anchor"));
  if (found != story_.relationships.end()) {
    link_ = found->second.target;
    if (!anchor.empty() && link_.find('#') == std::string::npos) link_ += "#" + anchor;
  } else if (!anchor.empty()) {
    link_ = "#" + anchor;
  }
  children(node);
  link_ = before;
}

void ParagraphReader::simple_field(pugi::xml_node node) {
  const std::string before = link_;
  const std::string link = link_of_field(xml::value_of(node, "w:instr"));
  if (!link.empty()) link_ = link;
  children(node);
  link_ = before;
}

void ParagraphReader::field_mark(pugi::xml_node node) {
  const std::string_view kind = xml::value_of(node, "w:fldCharType");
  if (kind == "begin") {
    if (const pugi::xml_node box = node.child("w:ffData").child("w:checkBox")) {
      const pugi::xml_node state = box.child("w:checked") ? box.child("w:checked") : box.child("w:default");
      const std::string_view value = xml::value_of(state, "w:val");
      text(state && (value.empty() || value == "1" || value == "true") ? "☒" : "☐");
    }
    if (const pugi::xml_node choices = node.child("w:ffData").child("w:ddList")) chosen(choices);
    story_.fields.begin();
  } else if (kind == "separate") {
    story_.fields.separate();
  } else if (kind == "end") {
    story_.fields.end();
  }
}

// A drop-down list of a form has no result: what is chosen stands beside what could be.
void ParagraphReader::chosen(pugi::xml_node choices) {
  const pugi::xml_node said = choices.child("w:result") ? choices.child("w:result") : choices.child("w:default");
  long left = xml::number_of(said, "w:val", 0, 0, 1000);
  for (const pugi::xml_node entry : choices.children("w:listEntry")) {
    if (left-- == 0) return text(xml::value_of(entry, "w:val"));
  }
}

void ParagraphReader::bookmark(pugi::xml_node node) {
  std::string name = clean_text(xml::value_of(node, "w:name"));
  if (name.empty() || (name[0] == '_' && story_.linked_anchors.count(name) == 0)) return;
  current_.push_back({Anchor{std::move(name)}, {}, {}});
}

void ParagraphReader::line_or_page(pugi::xml_node node) {
  if (xml::value_of(node, "w:type") == "page") {
    interrupt(PageBreak{});
  } else {
    put({LineBreak{}, look_.style, {}});
  }
}

void ParagraphReader::reference(pugi::xml_node node, bool at_end) {
  if (!story_.note || story_.fields.in_instruction()) return;
  auto blocks = story_.note(xml::value_of(node, "w:id"), at_end);
  if (blocks) current_.push_back({Note{std::move(blocks), at_end}, {}, {}});
}

void ParagraphReader::drawing(pugi::xml_node node) {
  if (story_.fields.in_instruction()) return;
  Drawn drawn;
  story_.drawings.read(node, drawn);
  for (auto& image : drawn.images) put({std::move(image), {}, {}});
  if (drawn.is_rule) interrupt(Rule{});
  content_.text_boxes.insert(content_.text_boxes.end(), drawn.text_boxes.begin(), drawn.text_boxes.end());
  content_.texts.insert(content_.texts.end(), drawn.texts.begin(), drawn.texts.end());
}

// The reading of the letters follows them in brackets, as where a page has no room for it.
void ParagraphReader::ruby(pugi::xml_node node) {
  children(node.child("w:rubyBase"));
  const pugi::xml_node reading = node.child("w:rt");
  if (collapse_blanks(xml::text_of(reading)).empty()) return;
  const Look before = look_;
  text("(");
  children(reading);
  look_ = before;
  text(")");
}

void ParagraphReader::formula(pugi::xml_node node) {
  if (story_.fields.in_instruction()) return;
  read_math(node, current_);
}

void ParagraphReader::text(std::string_view text) {
  if (text.empty()) return;
  if (font_.empty()) {
    put({clean_text(text), look_.style, {}});
    return;
  }
  std::string letters; // of a font whose letters are pictures
  for (std::size_t position = 0; position < text.size();) {
    const std::uint32_t code = next_code_point(text, position);
    const std::uint32_t found = code >= 0xf000 && code < 0xf100 ? symbol(font_, code) : code;
    if (found != 0) append_utf8(letters, found);
  }
  put({clean_text(letters), look_.style, {}});
}

void ParagraphReader::put(Inline inlined) {
  if (story_.fields.in_instruction()) return;
  if (const auto* text = std::get_if<std::string>(&inlined.content); text && text->empty()) return;
  inlined.link = link_.empty() ? std::string(story_.fields.link()) : link_;
  current_.push_back(std::move(inlined));
}

void ParagraphReader::interrupt(Piece piece) {
  merge_runs(current_);
  story_.context.spend_inlines(current_.size() + 1);
  content_.pieces.emplace_back(std::move(current_));
  content_.pieces.push_back(std::move(piece));
  current_.clear();
}

} // namespace doc::docx
