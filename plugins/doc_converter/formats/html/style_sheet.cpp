#include "style_sheet.hpp"

#include <algorithm>
#include <iterator>

namespace doc::html {
namespace {

constexpr std::size_t most_rules = 20'000;
constexpr std::size_t most_bytes = 400; // of what the rules say of one element, which each element of its class costs

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string without_comments(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find("/*"), text.size());
    out.append(text.substr(0, begin));
    const std::size_t end = begin < text.size() ? text.find("*/", begin + 2) : std::string_view::npos;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return out;
}

// Only what the reader asks for is kept, so that rules are short.
std::string kept(std::string_view declarations) {
  static constexpr std::string_view properties[] = {
      "font-weight",  "font-style",     "font-family",     "text-decoration",   "text-decoration-line",
      "color",        "display",        "visibility",      "background-color",  "text-align",
      "white-space",  "vertical-align", "list-style-type", "page-break-before", "page-break-after",
      "break-before", "break-after"};
  std::string out;
  while (!declarations.empty()) {
    const std::size_t end = std::min(declarations.find(';'), declarations.size());
    const std::string_view one = trimmed(declarations.substr(0, end));
    declarations.remove_prefix(std::min(end + 1, declarations.size()));
    const std::size_t colon = one.find(':');
    if (colon == std::string_view::npos || one.size() > 100) continue;
    std::string name(trimmed(one.substr(0, colon)));
    std::transform(name.begin(), name.end(), name.begin(), lower);
    const bool is_known = std::find(std::begin(properties), std::end(properties), name) != std::end(properties);
    if (is_known) out.append(one).push_back(';');
  }
  return out.size() <= most_bytes ? out : std::string();
}

// Behind the block that begins at `open`.
std::size_t end_of_block(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return at + 1;
  }
  return text.size();
}

} // namespace

StyleSheet::StyleSheet(const GumboNode* root) {
  for (const GumboNode* node = root; node; node = next_in(root, node)) {
    if (!is_html(node, GUMBO_TAG_STYLE)) continue;
    const char* media = attribute(node, "media");
    const std::string_view where = media ? trimmed(media) : std::string_view();
    if (!where.empty() && where != "all" && where != "screen") continue;
    const GumboVector* all = children_of(node);
    for (unsigned i = 0; i < all->length; ++i) {
      const auto* child = static_cast<const GumboNode*>(all->data[i]);
      if (is_text(child)) read(without_comments(child->v.text.text));
    }
  }
}

void StyleSheet::read(std::string_view text) {
  while (true) {
    const std::size_t open = text.find('{');
    if (open == std::string_view::npos) return;
    std::string_view selectors = text.substr(0, open);
    // What a statement such as @import leaves before it.
    if (const std::size_t end = selectors.rfind(';'); end != std::string_view::npos) selectors.remove_prefix(end + 1);
    selectors = trimmed(selectors);
    const std::size_t end = end_of_block(text, open);
    const bool is_conditional = !selectors.empty() && selectors[0] == '@';
    if (!is_conditional) add(selectors, kept(text.substr(open + 1, end - open - 2)));
    text.remove_prefix(end);
  }
}

void StyleSheet::add(std::string_view selectors, const std::string& declarations) {
  if (declarations.empty()) return;
  while (!selectors.empty()) {
    const std::size_t comma = std::min(selectors.find(','), selectors.size());
    const std::string_view one = trimmed(selectors.substr(0, comma));
    selectors.remove_prefix(std::min(comma + 1, selectors.size()));
    const std::size_t mark = one.find_first_of(".#");
    if (mark == std::string_view::npos || mark + 1 >= one.size() || ++count_ > most_rules) continue;
    if (one.find_first_of(" \t\r\n>+~:[*.#()", mark + 1) != std::string_view::npos) continue;
    std::string tag(one.substr(0, mark));
    if (tag.find_first_of(" \t\r\n>+~:[(") != std::string::npos) continue;
    if (tag == "*") tag.clear();
    std::transform(tag.begin(), tag.end(), tag.begin(), lower);
    rules_[std::string(one.substr(mark))].push_back({std::move(tag), declarations});
  }
}

void StyleSheet::append(const std::string& name, std::string_view tag, std::string& out) const {
  const auto found = rules_.find(name);
  if (found == rules_.end()) return;
  for (const Rule& rule : found->second) {
    if (out.size() + rule.declarations.size() > most_bytes) return;
    if (rule.tag.empty() || rule.tag == tag) out += rule.declarations;
  }
}

std::string StyleSheet::declarations_of(const GumboNode* element) const {
  std::string out;
  if (!rules_.empty()) {
    const std::string_view tag = gumbo_normalized_tagname(element->v.element.tag);
    const char* classes = attribute(element, "class");
    std::string_view rest = classes ? classes : "";
    while (!rest.empty() && out.size() < most_bytes) {
      const std::size_t end = std::min(rest.find_first_of(" \t\r\n\f"), rest.size());
      if (end > 0) append(std::string(".").append(rest.substr(0, end)), tag, out);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (const char* id = attribute(element, "id")) append(std::string("#").append(id), tag, out);
  }
  if (const char* style = attribute(element, "style")) out.append(style);
  return out;
}

} // namespace doc::html
