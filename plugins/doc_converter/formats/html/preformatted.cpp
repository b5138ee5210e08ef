// pre elements: code, or text whose blanks count.
#include "walker.hpp"

#include "../../text/utf8.hpp"

#include <cstring>
#include <vector>

namespace doc::html {
namespace {

std::vector<std::string_view> classes_of(const GumboNode* element) {
  std::vector<std::string_view> out;
  const char* value = attribute(element, "class");
  std::string_view rest = value ? value : "";
  while (!rest.empty()) {
    const std::size_t end = rest.find_first_of(" \t\r\n\f");
    if (end != 0) out.push_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return out;
}

const GumboNode* code_in(const GumboNode* pre) {
  const GumboVector* all = children_of(pre);
  for (unsigned i = 0; i < all->length; ++i) {
    const auto* child = static_cast<const GumboNode*>(all->data[i]);
    if (is_html(child, GUMBO_TAG_CODE)) return child;
    if (child->type != GUMBO_NODE_WHITESPACE) return nullptr;
  }
  return nullptr;
}

// "language-x", "lang-x", pandoc's "sourceCode x".
std::string named_language(const GumboNode* element) {
  const auto classes = classes_of(element);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    for (const std::string_view prefix : {"language-", "lang-", "highlight-source-"}) {
      if (classes[i].size() > prefix.size() && classes[i].substr(0, prefix.size()) == prefix)
        return clean_text(classes[i].substr(prefix.size()));
    }
    if (classes[i] == "sourceCode" && i + 1 < classes.size()) return clean_text(classes[i + 1]);
  }
  return {};
}

// The lines of code, as UTF-8 without control characters but tabs and line ends.
std::string clean_lines(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    out += clean_text(line);
    if (end == text.size()) break;
    out.push_back('\n');
    at = end + 1;
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

} // namespace

std::string code_language(const GumboNode* pre) {
  const GumboNode* code = code_in(pre);
  std::string language = named_language(pre);
  if (language.empty() && code) language = named_language(code);
  // Pandoc, of languages that it does not highlight.
  const auto classes = classes_of(pre);
  if (language.empty() && code && classes.size() == 1) language = clean_text(classes[0]);
  return language;
}

bool is_rich(const GumboNode* pre) {
  for (const GumboNode* node = pre; node; node = next_in(pre, node)) {
    if (is_html(node, GUMBO_TAG_IMG) || is_html(node, GUMBO_TAG_TABLE)) return true;
    const bool leads = is_html(node, GUMBO_TAG_A) && attribute(node, "href");
    if (leads && text_of(node).find_first_not_of(" \t\r\n") != std::string::npos) return true;
  }
  return false;
}

void Walker::preformatted(const GumboNode* element, Flow& flow, const Look& look) {
  if (is_rich(element)) {
    Look inner = look;
    inner.preserves_blanks = true;
    inner.style.code = true;
    children(element, flow, inner);
    return;
  }
  std::string text = clean_lines(text_of(element));
  if (text.find_first_not_of(" \t\n") == std::string::npos) return;
  flow.block({CodeBlock{std::move(text), code_language(element)}});
}

} // namespace doc::html
