#include "walker.hpp"

#include "../../model/walk.hpp"
#include "../../text/utf8.hpp"
#include "link_label.hpp"
#include "picture.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace doc::html {
namespace {

// Beyond, only the text of a subtree is read; the parser keeps honest pages far below.
constexpr std::uint32_t most_elements_deep = 1500;

bool is_unseen(GumboTag tag) {
  return tag == GUMBO_TAG_SCRIPT || tag == GUMBO_TAG_STYLE || tag == GUMBO_TAG_HEAD || tag == GUMBO_TAG_TITLE ||
         tag == GUMBO_TAG_TEMPLATE || tag == GUMBO_TAG_IFRAME || tag == GUMBO_TAG_RP || tag == GUMBO_TAG_META ||
         tag == GUMBO_TAG_LINK || tag == GUMBO_TAG_COL || tag == GUMBO_TAG_COLGROUP || tag == GUMBO_TAG_NOEMBED;
}

bool is_block(GumboTag tag) {
  switch (tag) {
  case GUMBO_TAG_P:
  case GUMBO_TAG_DIV:
  case GUMBO_TAG_SECTION:
  case GUMBO_TAG_ARTICLE:
  case GUMBO_TAG_ASIDE:
  case GUMBO_TAG_HEADER:
  case GUMBO_TAG_FOOTER:
  case GUMBO_TAG_HGROUP:
  case GUMBO_TAG_MAIN:
  case GUMBO_TAG_NAV:
  case GUMBO_TAG_ADDRESS:
  case GUMBO_TAG_CENTER:
  case GUMBO_TAG_FIGURE:
  case GUMBO_TAG_FIGCAPTION:
  case GUMBO_TAG_FIELDSET:
  case GUMBO_TAG_LEGEND:
  case GUMBO_TAG_FORM:
  case GUMBO_TAG_DETAILS:
  case GUMBO_TAG_SUMMARY:
  case GUMBO_TAG_BODY:
  case GUMBO_TAG_LI:
  case GUMBO_TAG_DT:
  case GUMBO_TAG_DD:
  case GUMBO_TAG_TABLE:
  case GUMBO_TAG_CAPTION:
  case GUMBO_TAG_TR:
  case GUMBO_TAG_TD:
  case GUMBO_TAG_TH:
  case GUMBO_TAG_UL:
  case GUMBO_TAG_OL:
  case GUMBO_TAG_DIR:
  case GUMBO_TAG_MENU:
  case GUMBO_TAG_DL:
  case GUMBO_TAG_BLOCKQUOTE:
  case GUMBO_TAG_PRE:
  case GUMBO_TAG_LISTING:
  case GUMBO_TAG_XMP:
  case GUMBO_TAG_PLAINTEXT: return true;
  default: return tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6;
  }
}

bool is_dialog(const GumboNode* element) {
  return element->v.element.tag == GUMBO_TAG_UNKNOWN && element->v.element.original_tag.length > 7 &&
         std::strncmp(element->v.element.original_tag.data, "<dialog", 7) == 0;
}

bool is_seen(const GumboNode* element, const StyleSheet& sheet) {
  return !is_unseen(element->v.element.tag) && !is_hidden(element, sheet) &&
         !(is_dialog(element) && !attribute(element, "open"));
}

// What a block says it is a heading of (WAI-ARIA 1.2), which is level 2 where it does not say; 0: no heading.
int level_of_role(const GumboNode* element) {
  const char* role = attribute(element, "role");
  if (!role || std::strcmp(role, "heading") != 0) return 0;
  const char* level = attribute(element, "aria-level");
  return level ? std::clamp(std::atoi(level), 1, 6) : 2;
}

// Notes at the end of a page stand below a line, which goes with them.
bool is_note_separator(const GumboNode* rule) {
  const GumboNode* parent = rule->parent;
  if (!parent || !is_element(parent)) return false;
  const char* style = attribute(parent, "style");
  const char* role = attribute(parent, "role");
  return has_class(parent, "footnotes") || (role && std::strcmp(role, "doc-endnotes") == 0) ||
         (style && std::strstr(style, "mso-element") != nullptr);
}

} // namespace

bool Walker::may_nest() const { return blocks_deep_ < shared_.context.limits().depth / 3; }

void Walker::children(const GumboNode* element, Flow& flow, const Look& look) {
  const GumboVector* all = children_of(element);
  if (!all) return;
  for (unsigned i = 0; i < all->length; ++i) node(static_cast<const GumboNode*>(all->data[i]), flow, look);
}

void Walker::node(const GumboNode* node, Flow& flow, const Look& look) {
  if (is_text(node)) {
    flow.text(node->v.text.text, look);
    return;
  }
  if (!is_element(node) || index_.is_note(node) || joined_.erase(node) > 0) return;
  if (elements_deep_ >= most_elements_deep) {
    flow.text(text_of(node), look);
    return;
  }
  ++elements_deep_;
  element(node, flow, look);
  --elements_deep_;
}

void Walker::element(const GumboNode* element, Flow& flow, const Look& look) {
  if (element->v.element.tag_namespace != GUMBO_NAMESPACE_HTML) {
    foreign(element, flow, look);
    return;
  }
  if (!is_seen(element, sheet_)) return;
  const bool is_own_block = is_block(element->v.element.tag) || is_block_by_style(element, sheet_);
  if (is_own_block) flow.end_paragraph();
  if (std::string name = index_.anchor_of(element); !name.empty()) flow.anchor(std::move(name));
  const Break page_break = page_break_of(element, sheet_);
  if (page_break == Break::before && !flow.is_empty()) flow.block({PageBreak{}});
  const Look inner = look_of(element, look, sheet_);
  if (!leaf(element, flow, inner) && !(flow.takes_blocks() && structure(element, flow, inner)))
    container(element, flow, inner);
  if (is_own_block) flow.end_paragraph();
  if (page_break == Break::after) flow.block({PageBreak{}});
}

// Elements of which nothing else is made by what they contain.
bool Walker::leaf(const GumboNode* element, Flow& flow, const Look& look) {
  switch (element->v.element.tag) {
  case GUMBO_TAG_BR: flow.line_break(look); return true;
  case GUMBO_TAG_HR:
    if (!flow.takes_blocks())
      flow.line_break(look);
    else if (page_break_of(element, sheet_) == Break::none && !is_note_separator(element))
      flow.block({Rule{}});
    return true;
  case GUMBO_TAG_IMG: picture(element, flow, look); return true;
  case GUMBO_TAG_INPUT: field(element, flow, look); return true;
  case GUMBO_TAG_A: link(element, flow, look); return true;
  default: return false;
  }
}

// Elements that are blocks of the model's.
bool Walker::structure(const GumboNode* element, Flow& flow, const Look& look) {
  switch (element->v.element.tag) {
  case GUMBO_TAG_H1:
  case GUMBO_TAG_H2:
  case GUMBO_TAG_H3:
  case GUMBO_TAG_H4:
  case GUMBO_TAG_H5:
  case GUMBO_TAG_H6: heading(element->v.element.tag - GUMBO_TAG_H1 + 1, element, flow, look); return true;
  case GUMBO_TAG_PRE:
  case GUMBO_TAG_LISTING:
  case GUMBO_TAG_XMP:
  case GUMBO_TAG_PLAINTEXT: preformatted(element, flow, look); return true;
  case GUMBO_TAG_UL:
  case GUMBO_TAG_OL:
  case GUMBO_TAG_DIR:
  case GUMBO_TAG_MENU:
    if (may_nest()) list(element, flow, look);
    return may_nest();
  case GUMBO_TAG_BLOCKQUOTE:
    if (may_nest()) quote(element, flow, look);
    return may_nest();
  case GUMBO_TAG_TABLE:
    if (may_nest()) table(element, flow, look);
    return may_nest();
  case GUMBO_TAG_DIV:
  case GUMBO_TAG_P:
    if (const int level = level_of_role(element)) {
      heading(level, element, flow, look);
      return true;
    }
    return false;
  default: return false;
  }
}

// Everything else is what it contains, with a little around it.
void Walker::container(const GumboNode* element, Flow& flow, const Look& look) {
  switch (element->v.element.tag) {
  case GUMBO_TAG_Q:
    flow.text("\xe2\x80\x9c", look);
    children(element, flow, look);
    flow.text("\xe2\x80\x9d", look);
    break;
  case GUMBO_TAG_RT:
    flow.text("(", look);
    children(element, flow, look);
    flow.text(")", look);
    break;
  case GUMBO_TAG_OPTION:
    children(element, flow, look);
    flow.text(" ", look);
    break;
  case GUMBO_TAG_BUTTON: // a box of its own
  case GUMBO_TAG_SELECT:
    flow.text(" ", look);
    children(element, flow, look);
    flow.text(" ", look);
    break;
  case GUMBO_TAG_TEXTAREA: {
    Look inner = look;
    inner.preserves_blanks = true;
    flow.text(" ", look);
    children(element, flow, inner);
    flow.text(" ", look);
    break;
  }
  case GUMBO_TAG_DT: // what it means follows as a paragraph
  case GUMBO_TAG_SUMMARY: {
    Look inner = look;
    inner.style.bold = true;
    children(element, flow, inner);
    break;
  }
  default: children(element, flow, look);
  }
}

void Walker::link(const GumboNode* element, Flow& flow, Look look) {
  if (note(element, flow, look)) return;
  if (in_note_ && index_.is_back_link(element)) return;
  if (const char* href = attribute(element, "href")) {
    look.link = index_.link_of(href);
    if (!look.link.empty()) look.style.underline = false;
  }
  if (std::string label = shows_nothing(element) ? label_of_link(element) : std::string(); !label.empty())
    flow.text(label.c_str(), look);
  children(element, flow, look);
}

bool Walker::note(const GumboNode* link, Flow& flow, const Look& look) {
  const GumboNode* body = index_.note_of(link);
  if (!body || in_note_) return false;
  in_note_ = true;
  Note made;
  made.blocks = std::make_shared<const Blocks>(blocks_of(body, {}));
  made.at_end = index_.is_endnote(link);
  in_note_ = false;
  Look plain = look;
  plain.style.superscript = false;
  flow.add({std::move(made), plain.style, {}});
  return true;
}

void Walker::picture(const GumboNode* element, Flow& flow, const Look& look) {
  auto image = picture_of(element, shared_.context);
  if (image->alt.empty()) image->alt = label_around(element);
  if (image->bytes->empty() && image->alt.empty()) return; // a counter's, or decoration
  flow.add({std::move(image), {}, look.link});
}

void Walker::drawing(const GumboNode* element, Flow& flow, const Look& look) {
  auto image = drawing_of(element, page_, shared_.context);
  if (image && image->alt.empty()) image->alt = label_around(element);
  if (image)
    flow.add({std::move(image), {}, look.link});
  else
    flow.text(text_of(element), look);
}

// What a form shows of itself.
void Walker::field(const GumboNode* element, Flow& flow, const Look& look) {
  const char* given = attribute(element, "type");
  const std::string_view type = given ? given : "text";
  const char* value = attribute(element, "value");
  if (type == "checkbox" && item_ && item_flow_ == &flow && flow.is_empty()) {
    item_->checked = attribute(element, "checked") != nullptr;
  } else if (value && (type == "text" || type == "button" || type == "submit" || type == "reset" || type == "number" ||
                       type == "email" || type == "url" || type == "tel" || type == "date")) {
    flow.text(" ", look);
    flow.text(value, look);
    flow.text(" ", look);
  }
}

// SVG and MathML.
void Walker::foreign(const GumboNode* element, Flow& flow, const Look& look) {
  if (element->v.element.tag == GUMBO_TAG_SVG) {
    if (!is_hidden(element, sheet_)) drawing(element, flow, look);
    return;
  }
  const GumboStringPiece& tag = element->v.element.original_tag;
  const auto is = [&tag](std::string_view name) {
    return tag.length > name.size() && std::strncmp(tag.data + 1, name.data(), name.size()) == 0;
  };
  if (is("annotation")) return; // the same in another notation
  const GumboVector* all = children_of(element);
  unsigned count = 0;
  for (unsigned i = 0; all && i < all->length; ++i) {
    const auto* child = static_cast<const GumboNode*>(all->data[i]);
    Look inner = look;
    if (is_element(child)) {
      ++count;
      inner.style.superscript = look.style.superscript || (count == 2 && is("msup"));
      inner.style.subscript = !inner.style.superscript && (look.style.subscript || (count == 2 && is("msub")));
      if (count == 2 && is("mfrac")) flow.text("/", look);
    }
    node(child, flow, inner);
  }
}

void Walker::heading(int level, const GumboNode* element, Flow& flow, const Look& look) {
  Flow inner(shared_, [](Block) {});
  inner.only_inlines();
  children(element, inner, look);
  Inlines inlines = inner.take_inlines();
  if (!is_blank(inlines)) flow.block({Heading{level, std::move(inlines), look.alignment}});
}

Blocks Walker::blocks_of(const GumboNode* element, const Look& look) {
  Blocks blocks;
  Flow flow(shared_, [&blocks](Block block) { blocks.push_back(std::move(block)); });
  ++blocks_deep_;
  children(element, flow, look);
  --blocks_deep_;
  flow.end_paragraph();
  return blocks;
}

void Walker::quote(const GumboNode* element, Flow& flow, const Look& look) {
  Quote quote{blocks_of(element, look)};
  if (!quote.blocks.empty()) flow.block({std::move(quote)});
}

} // namespace doc::html
