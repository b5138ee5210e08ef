// Lists.
#include "walker.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

namespace doc::html {
namespace {

bool is_list(const GumboNode* node) {
  return is_html(node, GUMBO_TAG_UL) || is_html(node, GUMBO_TAG_OL) || is_html(node, GUMBO_TAG_DIR) ||
         is_html(node, GUMBO_TAG_MENU);
}

// The element beside this one, with nothing but blanks between; null where there is none.
const GumboNode* element_beside(const GumboNode* element) {
  const GumboVector* all = children_of(element->parent);
  for (std::size_t i = element->index_within_parent + 1; all && i < all->length; ++i) {
    const auto* node = static_cast<const GumboNode*>(all->data[i]);
    if (node->type == GUMBO_NODE_WHITESPACE || node->type == GUMBO_NODE_COMMENT) continue;
    return is_element(node) ? node : nullptr;
  }
  return nullptr;
}

bool begins_with_list(const GumboNode* list) {
  const GumboVector* all = children_of(list);
  for (unsigned i = 0; i < all->length; ++i) {
    const auto* node = static_cast<const GumboNode*>(all->data[i]);
    if (is_element(node)) return is_list(node);
  }
  return false;
}

std::int32_t count_items(const GumboNode* list) {
  std::int32_t count = 0;
  const GumboVector* all = children_of(list);
  for (unsigned i = 0; i < all->length; ++i)
    count += is_html(static_cast<const GumboNode*>(all->data[i]), GUMBO_TAG_LI);
  return count;
}

// The value that the item has by itself; nothing where it counts on.
std::optional<std::int32_t> value_of(const GumboNode* item) {
  const char* value = attribute(item, "value");
  if (!value || *value == '\0') return std::nullopt;
  return whole_number(value, 1, -1'000'000, 1'000'000);
}

} // namespace

std::int32_t whole_number(const char* text, std::int32_t otherwise, std::int32_t least, std::int32_t most) {
  if (!text) return otherwise;
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);
  if (end == text) return otherwise;
  return static_cast<std::int32_t>(std::clamp<long>(value, least, most));
}

Numbering numbering_of(const GumboNode* list, const StyleSheet& sheet) {
  const char* given = attribute(list, "type");
  std::string type = given ? given : "";
  if (const std::string style = sheet.declarations_of(list); !style.empty()) {
    const Declarations css{style};
    const std::string named = css.value("list-style-type") + " " + css.value("list-style");
    const auto names = [&named](const char* word) { return named.find(word) != std::string::npos; };
    if (names("lower-alpha") || names("lower-latin"))
      type = "a";
    else if (names("upper-alpha") || names("upper-latin"))
      type = "A";
    else if (names("lower-roman"))
      type = "i";
    else if (names("upper-roman"))
      type = "I";
    else if (names("disc") || names("circle") || names("square"))
      type = "disc";
    else if (names("decimal"))
      type = "1";
  }
  if (type == "a") return Numbering::lower_alpha;
  if (type == "A") return Numbering::upper_alpha;
  if (type == "i") return Numbering::lower_roman;
  if (type == "I") return Numbering::upper_roman;
  if (type == "1") return Numbering::decimal;
  return is_html(list, GUMBO_TAG_OL) && type != "disc" ? Numbering::decimal : Numbering::bullet;
}

// LibreOffice ends a list before each inner one, which it wraps in a list without items, and begins another behind it.
std::vector<const GumboNode*> Walker::list_parts(const GumboNode* element) {
  std::vector<const GumboNode*> parts{element};
  std::int32_t next = whole_number(attribute(element, "start"), 1, -1'000'000, 1'000'000) + count_items(element);
  bool has_wrapped = false;
  for (const GumboNode* beside = element_beside(element); beside; beside = element_beside(beside)) {
    if (beside->v.element.tag != element->v.element.tag || !is_list(beside) || is_hidden(beside, sheet_)) break;
    const bool is_wrapped = begins_with_list(beside);
    const bool counts_on =
        is_html(beside, GUMBO_TAG_OL) && whole_number(attribute(beside, "start"), 1, -1'000'000, 1'000'000) == next;
    if (!is_wrapped && !counts_on && !(has_wrapped && is_html(beside, GUMBO_TAG_UL))) break;
    has_wrapped = has_wrapped || is_wrapped;
    next += count_items(beside);
    parts.push_back(beside);
    joined_.insert(beside);
  }
  return parts;
}

void Walker::list(const GumboNode* element, Flow& flow, const Look& look) {
  List list;
  list.numbering = numbering_of(element, sheet_);
  list.start = whole_number(attribute(element, "start"), 1, -1'000'000, 1'000'000);
  Look inner = look;
  inner.alignment = Alignment::natural;
  for (const GumboNode* part : list_parts(element)) {
    const GumboVector* all = children_of(part);
    for (unsigned i = 0; i < all->length; ++i)
      list_child(static_cast<const GumboNode*>(all->data[i]), list, flow, inner);
  }
  if (!list.items.empty()) flow.block({std::move(list)});
}

void Walker::list_child(const GumboNode* child, List& list, Flow& flow, const Look& look) {
  if (child->type == GUMBO_NODE_WHITESPACE || child->type == GUMBO_NODE_COMMENT || index_.is_note(child)) return;
  if (is_element(child) && is_hidden(child, sheet_)) return;
  const bool is_item = is_html(child, GUMBO_TAG_LI);
  const auto value = is_item && list.numbering != Numbering::bullet ? value_of(child) : std::nullopt;
  if (value && *value != list.start + static_cast<std::int32_t>(list.items.size())) {
    // It does not count on: another list begins.
    List next;
    next.numbering = list.numbering;
    next.start = *value;
    if (!list.items.empty()) flow.block({std::move(list)});
    list = std::move(next);
  }
  ListItem item;
  Flow contents(shared_, [&item](Block block) { item.blocks.push_back(std::move(block)); });
  ListItem* outer = std::exchange(item_, &item);
  Flow* outer_flow = std::exchange(item_flow_, &contents);
  ++blocks_deep_;
  node(child, contents, look);
  --blocks_deep_;
  item_ = outer;
  item_flow_ = outer_flow;
  contents.end_paragraph();
  // A list directly in a list goes on with the item before it.
  if (is_element(child) && is_list(child) && !list.items.empty()) {
    std::move(item.blocks.begin(), item.blocks.end(), std::back_inserter(list.items.back().blocks));
  } else if (is_item || !item.blocks.empty()) {
    list.items.push_back(std::move(item));
  }
}

} // namespace doc::html
