#include "text_reader.hpp"

#include "../../model/error.hpp"
#include "../../model/walk.hpp"
#include "../../text/utf8.hpp"
#include "lengths.hpp"
#include "math_reader.hpp"

namespace doc::odt {
namespace {

constexpr long most_blanks = 1000; // of one text:s

bool is_skipped(std::string_view name) {
  return name == "office:annotation" || name == "office:annotation-end" || name == "text:soft-page-break" ||
         name == "text:tracked-changes" || name == "office:forms" || name == "text:script" || name == "draw:control" ||
         name == "office:event-listeners" || name == "svg:title" || name == "svg:desc" ||
         name == "text:note-citation" || name == "text:number" || name == "draw:glue-point" ||
         name == "draw:enhanced-geometry";
}

bool is_shape(std::string_view name) {
  return name == "draw:custom-shape" || name == "draw:rect" || name == "draw:ellipse" || name == "draw:line" ||
         name == "draw:polygon" || name == "draw:polyline" || name == "draw:path" || name == "draw:circle" ||
         name == "draw:connector" || name == "draw:caption" || name == "draw:measure" || name == "draw:regular-polygon";
}

bool is_hidden_field(pugi::xml_node node) {
  return xml::value_of(node, "text:display") == "none" ||
         (xml::is(node, "text:hidden-text") && xml::value_of(node, "text:is-hidden") != "false") ||
         (xml::is(node, "text:hidden-paragraph") && xml::value_of(node, "text:is-hidden") == "true");
}

} // namespace

TextReader::TextReader(Source& source, const Style& paragraph, bool style_says)
    : source_(source), paragraph_(paragraph), style_says_(style_says) {
  update_look();
}

TextContent TextReader::read(pugi::xml_node paragraph) {
  children(paragraph);
  merge_runs(content_.inlines);
  source_.context.spend_inlines(content_.inlines.size() + 1);
  return std::move(content_);
}

TextContent TextReader::read_frame(pugi::xml_node frame) {
  element(frame);
  merge_runs(content_.inlines);
  source_.context.spend_inlines(content_.inlines.size() + 1);
  return std::move(content_);
}

void TextReader::children(pugi::xml_node node) {
  for (const pugi::xml_node child : node.children()) {
    if (child.type() == pugi::node_element)
      element(child);
    else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text(child.value());
  }
}

void TextReader::element(pugi::xml_node node) {
  const std::string_view name = xml::name_of(node);
  if (name == "text:span")
    span(node);
  else if (name == "text:s")
    put(std::string(static_cast<std::size_t>(xml::number_of(node, "text:c", 1, 1, most_blanks)), ' '));
  else if (name == "text:tab")
    put("\t");
  else if (name == "text:line-break") {
    put_inline({LineBreak{}, look_, {}});
    after_blank_ = false; // blanks count at the beginning of a line, as LibreOffice writes them
  } else if (name == "text:a" || name == "draw:a")
    link(node);
  else if (name == "text:bookmark" || name == "text:bookmark-start" || name == "text:reference-mark" ||
           name == "text:reference-mark-start")
    bookmark(xml::value_of(node, "text:name"));
  else if (name == "text:note")
    note(node);
  else if (name == "draw:frame")
    frame(node);
  else if (name == "text:ruby")
    ruby(node);
  else if (is_skipped(name) || is_hidden_field(node))
    return;
  else if (is_shape(name))
    content_.boxes.push_back(node);
  else if (name == "text:p" || name == "text:h" || name == "text:list" || name == "table:table")
    return;
  else
    children(node); // fields, text:meta, draw:g, ...
}

void TextReader::update_look() {
  TextProperties all = span_;
  inherit(all, paragraph_.text);
  const TextProperties& base = paragraph_.common;
  const auto on = [&](const std::optional<bool>& value, const std::optional<bool>& common) {
    return value.value_or(false) && !(style_says_ && common.value_or(false));
  };
  look_ = {};
  look_.bold = on(all.bold, base.bold);
  look_.italic = on(all.italic, base.italic);
  look_.strikethrough = on(all.strikethrough, base.strikethrough);
  look_.underline = on(all.underline, base.underline) && link_.empty();
  // A paragraph in a fixed-width face is not code for that: whole documents are set so.
  look_.code = span_.fixed_width.value_or(false) && !paragraph_.text.fixed_width.value_or(false);
  look_.superscript = all.raised.value_or(0) > 0;
  look_.subscript = all.raised.value_or(0) < 0;
  const auto color = style_says_ && !span_.color ? std::optional<std::int64_t>() : all.color;
  if (color.value_or(-1) > 0 && link_.empty()) look_.color = static_cast<std::uint32_t>(*color);
  const auto background = span_.background;
  if (background.value_or(-1) >= 0 && *background != 0xffffff)
    look_.background = static_cast<std::uint32_t>(*background);
  hidden_ = all.hidden.value_or(false);
}

void TextReader::span(pugi::xml_node node) {
  const TextProperties before = span_;
  TextProperties own = source_.styles.find("text", xml::value_of(node, "text:style-name")).text;
  inherit(own, span_);
  span_ = own;
  update_look();
  children(node);
  span_ = before;
  update_look();
}

void TextReader::link(pugi::xml_node node) {
  const std::string before = link_;
  std::string target = clean_text(xml::value_of(node, "xlink:href"));
  // LibreOffice marks what a link inside the document leads to: "#Heading|outline".
  const std::size_t mark = target.substr(0, 1) == "#" ? target.rfind('|') : std::string::npos;
  if (mark != std::string::npos) target.erase(mark);
  if (!target.empty()) link_ = target;
  update_look();
  children(node);
  link_ = before;
  update_look();
}

void TextReader::bookmark(std::string_view name) {
  std::string anchor = clean_text(name);
  if (anchor.empty() || (anchor[0] == '_' && source_.linked_anchors.count(anchor) == 0)) return;
  content_.inlines.push_back({Anchor{std::move(anchor)}, {}, {}});
}

void TextReader::note(pugi::xml_node node) {
  if (source_.in_note) return;
  source_.in_note = true;
  auto blocks = std::make_shared<const Blocks>(source_.blocks_of(node.child("text:note-body")));
  source_.in_note = false;
  content_.inlines.push_back({Note{std::move(blocks), xml::value_of(node, "text:note-class") == "endnote"}, {}, {}});
  after_blank_ = false;
}

void TextReader::frame(pugi::xml_node node) {
  for (const pugi::xml_node child : node.children()) {
    const std::string_view name = xml::name_of(child);
    if (name == "draw:text-box") {
      content_.boxes.push_back(child);
      return;
    }
    if (name == "table:table") { // of a presentation's kind
      content_.boxes.push_back(node);
      return;
    }
    if (name == "draw:object" || name == "draw:object-ole") {
      object(child, node);
      return;
    }
  }
  // A frame may hold one picture in several forms, the best first.
  pugi::xml_node first;
  for (const pugi::xml_node child : node.children("draw:image")) {
    if (!first) first = child;
    if (picture(child, node)) return;
  }
  if (!first) return;
  const auto missing = source_.pictures.read({});
  missing->alt = clean_text(xml::text_of(node.child("svg:desc")));
  if (missing->alt.empty()) missing->alt = clean_text(xml::text_of(node.child("svg:title")));
  put_inline({std::shared_ptr<const Image>(missing), {}, {}});
}

// A formula is read; of other objects the picture that stands for them is.
void TextReader::object(pugi::xml_node node, pugi::xml_node frame) {
  if (const pugi::xml_node formula = node.child("math:math")) {
    read_math(formula, content_.inlines);
    after_blank_ = false;
    return;
  }
  std::string folder = package_path(xml::value_of(node, "xlink:href"));
  if (!folder.empty() && source_.archive.has(folder + "/content.xml")) {
    try {
      auto bytes = source_.archive.read(folder + "/content.xml", source_.context.limits().xml_bytes);
      const xml::Tree tree(std::move(*bytes), folder);
      if (xml::is(tree.root(), "math:math") || xml::is(tree.root(), "math")) {
        read_math(tree.root(), content_.inlines);
        after_blank_ = false;
        return;
      }
    } catch (const ConversionError& error) {
      if (error.code() != ErrorCode::corrupt_document) throw; // the picture remains
    }
  }
  for (const pugi::xml_node child : frame.children("draw:image")) {
    if (picture(child, frame)) return;
  }
}

bool TextReader::picture(pugi::xml_node node, pugi::xml_node frame) {
  const auto image = source_.pictures.read(package_path(xml::value_of(node, "xlink:href")));
  if (image->bytes->empty()) return false;
  image->width_pt = points_of(xml::value_of(frame, "svg:width"));
  image->height_pt = points_of(xml::value_of(frame, "svg:height"));
  image->alt = collapse_blanks(clean_text(xml::text_of(frame.child("svg:desc"))));
  image->title = collapse_blanks(clean_text(xml::text_of(frame.child("svg:title"))));
  if (image->alt.empty()) std::swap(image->alt, image->title);
  put_inline({std::shared_ptr<const Image>(image), {}, {}});
  after_blank_ = false;
  return true;
}

// The reading of the letters follows them in brackets, as where a page has no room for it.
void TextReader::ruby(pugi::xml_node node) {
  children(node.child("text:ruby-base"));
  const std::string reading = collapse_blanks(clean_text(xml::text_of(node.child("text:ruby-text"))));
  if (!reading.empty()) put("(" + reading + ")");
}

// White space is one blank however much there is of it, and none at the beginning (6.1.2).
void TextReader::text(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    const bool is_blank = letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
    if (is_blank && after_blank_) continue;
    out.push_back(is_blank ? ' ' : letter);
    after_blank_ = is_blank;
  }
  if (!out.empty() && !hidden_) put_inline({clean_text(out), look_, {}});
}

void TextReader::put(std::string text) {
  after_blank_ = false;
  put_inline({std::move(text), look_, {}});
}

void TextReader::put_inline(Inline one) {
  if (hidden_) return;
  if (const auto* text = std::get_if<std::string>(&one.content); text && text->empty()) return;
  one.link = link_;
  content_.inlines.push_back(std::move(one));
}

} // namespace doc::odt
