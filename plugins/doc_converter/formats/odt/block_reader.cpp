#include "block_reader.hpp"

#include "../../model/walk.hpp"
#include "../../text/utf8.hpp"
#include "table_reader.hpp"

#include <algorithm>

namespace doc::odt {
namespace {

using package::StyleKind;

// Where lines begin is natural, and is not said.
Alignment alignment_of(const Style& style) {
  if (style.alignment == "center") return Alignment::center;
  if (style.alignment == "justify") return Alignment::justify;
  if (style.alignment == "end") return style.is_right_to_left ? Alignment::left : Alignment::right;
  if (style.alignment == "right") return style.is_right_to_left ? Alignment::natural : Alignment::right;
  if (style.alignment == "left") return style.is_right_to_left ? Alignment::left : Alignment::natural;
  return Alignment::natural;
}

bool is_container(std::string_view name) {
  return name == "text:section" || name == "text:index-body" || name == "text:index-title" ||
         name == "text:table-of-content" || name == "text:illustration-index" || name == "text:table-index" ||
         name == "text:object-index" || name == "text:user-index" || name == "text:alphabetical-index" ||
         name == "text:bibliography" || name == "text:numbered-paragraph" || name == "text:page-sequence" ||
         name == "draw:text-box" || name == "text:note-body";
}

// A field of that name anywhere in a paragraph hides all of it (7.7.11).
bool is_hidden(pugi::xml_node paragraph) {
  for (pugi::xml_node node = paragraph.first_child(); node;) {
    if (xml::is(node, "text:hidden-paragraph")) return xml::value_of(node, "text:is-hidden") == "true";
    if (xml::is(node, "text:span") && node.first_child()) {
      node = node.first_child();
      continue;
    }
    while (!node.next_sibling() && node.parent() != paragraph) node = node.parent();
    node = node.next_sibling();
  }
  return false;
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

void BlockReader::read(pugi::xml_node node, Flow& flow) {
  for (const pugi::xml_node child : node.children()) read_one(child, flow);
}

void BlockReader::read_one(pugi::xml_node node, Flow& flow) {
  const std::string_view name = xml::name_of(node);
  if (name == "text:p" || name == "text:h")
    paragraph(node, flow);
  else if (name == "text:list")
    list(node, flow);
  else if (name == "table:table")
    table(node, flow);
  else if (is_container(name)) {
    if (xml::value_of(node, "text:display") != "none") read(node, flow);
  } else if (name.substr(0, 5) == "draw:")
    frame(node, flow);
}

void BlockReader::finish(Flow& flow) {
  flush_caption(flow);
  if (!carried_.empty()) flow.add({Paragraph{std::move(carried_)}});
  carried_.clear();
  flow.finish();
}

Blocks BlockReader::blocks_of(pugi::xml_node node) {
  const Deeper deeper(source_.context, depth_);
  const auto around = std::exchange(around_, std::nullopt);
  auto caption = std::exchange(caption_, std::nullopt);
  Inlines carried = std::exchange(carried_, {});
  Blocks blocks;
  Flow flow([&blocks](Block block) { blocks.push_back(std::move(block)); });
  read(node, flow);
  finish(flow);
  around_ = around;
  caption_ = std::move(caption);
  carried_ = std::move(carried);
  return blocks;
}

void BlockReader::paragraph(pugi::xml_node node, Flow& flow) {
  const Style& style = source_.styles.find("paragraph", xml::value_of(node, "text:style-name"));
  int heading = style.heading;
  if (xml::is(node, "text:h")) heading = static_cast<int>(xml::number_of(node, "text:outline-level", 1, 1, 6));
  if (style.text.hidden.value_or(false) || is_hidden(node)) return;
  if (style.breaks_page && depth_ == 0) {
    flush_caption(flow);
    flow.add({PageBreak{}});
  }
  const bool style_says = heading > 0 || style.kind == StyleKind::quote || style.kind == StyleKind::table_caption ||
                          style.kind == StyleKind::table_heading;
  add_paragraph(node, style, heading, TextReader(source_, style, style_says).read(node), flow);
  if (style.breaks_page_after && depth_ == 0) flow.add({PageBreak{}});
}

void BlockReader::add_paragraph(pugi::xml_node, const Style& style, int heading, TextContent content, Flow& flow) {
  Inlines& inlines = content.inlines;
  if (style.kind == StyleKind::code && heading == 0 && !has_more_than_text(inlines)) {
    flush_caption(flow);
    flow.add({CodeBlock{code_of(inlines), {}}}, FlowKind::code);
    add_boxes(content, flow);
    return;
  }
  inlines.insert(inlines.begin(), std::make_move_iterator(carried_.begin()), std::make_move_iterator(carried_.end()));
  carried_.clear();
  if (is_blank(inlines)) {
    if (style.is_line && content.boxes.empty()) {
      flush_caption(flow);
      flow.add({Rule{}});
    }
    std::erase_if(inlines, [](const Inline& run) { return !std::holds_alternative<Anchor>(run.content); });
    carried_ = std::move(inlines);
    add_boxes(content, flow);
    return;
  }
  trim(inlines);
  flush_caption(flow);
  if (heading > 0) {
    flow.add({Heading{heading, std::move(inlines), alignment_of(style)}});
  } else if (style.kind == StyleKind::table_caption) {
    caption_ = std::move(inlines);
  } else {
    flow.add({Paragraph{std::move(inlines), alignment_of(style)}},
             style.kind == StyleKind::quote ? FlowKind::quote : FlowKind::plain);
  }
  add_boxes(content, flow);
}

void BlockReader::add_boxes(const TextContent& content, Flow& flow) {
  if (content.boxes.empty()) return;
  flush_caption(flow);
  for (const pugi::xml_node box : content.boxes) {
    for (Block& block : blocks_of(box)) flow.add(std::move(block));
  }
}

// A frame that stands on a page, not in a paragraph.
void BlockReader::frame(pugi::xml_node node, Flow& flow) {
  static const Style plain;
  TextContent content = TextReader(source_, plain, false).read_frame(node);
  if (!is_blank(content.inlines)) flow.add({Paragraph{std::move(content.inlines)}});
  add_boxes(content, flow);
}

void BlockReader::flush_caption(Flow& flow) {
  if (!caption_) return;
  flow.add({Paragraph{std::move(*caption_)}});
  caption_.reset();
}

void BlockReader::table(pugi::xml_node node, Flow& flow) {
  auto caption = std::exchange(caption_, std::nullopt);
  Table table = TableReader(*this).read(node);
  if (table.rows.empty()) return;
  if (caption) table.caption = std::move(*caption);
  flow.add({std::move(table)});
}

} // namespace doc::odt
