#include "link_label.hpp"

#include "../../text/utf8.hpp"

#include <string_view>

namespace doc::html {
namespace {

constexpr int most_levels = 8; // between a link and its picture

} // namespace

std::string label_of_link(const GumboNode* link) {
  const char* href = attribute(link, "href");
  if (!href || href[0] == '#' || href[0] == '\0') return {};
  for (const char* name : {"aria-label", "title"}) {
    const char* label = attribute(link, name);
    std::string text = label ? collapse_blanks(clean_text(label)) : std::string();
    if (!text.empty()) return text;
  }
  return {};
}

std::string label_around(const GumboNode* element) {
  const GumboNode* node = element->parent;
  for (int level = 0; node && level < most_levels; ++level, node = node->parent) {
    if (is_html(node, GUMBO_TAG_A)) return label_of_link(node);
  }
  return {};
}

bool shows_nothing(const GumboNode* element) {
  for (const GumboNode* node = element; node; node = next_in(element, node)) {
    if (is_text(node) && !collapse_blanks(node->v.text.text).empty()) return false;
    if (!is_element(node)) continue;
    const GumboTag tag = node->v.element.tag;
    if (tag == GUMBO_TAG_IMG || tag == GUMBO_TAG_SVG || tag == GUMBO_TAG_INPUT || tag == GUMBO_TAG_OBJECT) return false;
  }
  return true;
}

} // namespace doc::html
