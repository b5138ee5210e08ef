#include "index.hpp"

#include "../../text/utf8.hpp"

#include <cctype>
#include <vector>

namespace doc::html {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char letter = static_cast<char>(std::tolower(static_cast<unsigned char>(digit)));
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool begins(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
bool contains(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }

std::string_view value(const GumboNode* element, const char* name) {
  const char* found = attribute(element, name);
  return found ? found : std::string_view();
}

bool has(const GumboNode* element, const char* name) { return attribute(element, name) != nullptr; }

std::string_view name_of(const GumboNode* element) {
  const std::string_view id = value(element, "id");
  return !id.empty() || !is_html(element, GUMBO_TAG_A) ? id : value(element, "name");
}

// As pandoc, GitHub and other writers of Markdown, EPUB, LibreOffice and Word mark them.
bool is_reference(const GumboNode* link) {
  const std::string_view href = value(link, "href");
  if (!begins(href, "#") || href.size() < 2) return false;
  if (value(link, "role") == "doc-noteref" || value(link, "epub:type") == "noteref") return true;
  if (has(link, "data-footnote-ref")) return true;
  for (const char* one : {"footnote-ref", "footnoteRef", "noteref", "sdfootnoteanc", "sdendnoteanc"}) {
    if (has_class(link, one)) return true;
  }
  const std::string_view style = value(link, "style");
  return (contains(style, "mso-footnote-id") || contains(style, "mso-endnote-id")) && !begins(href, "#_ftnref") &&
         !begins(href, "#_ednref");
}

bool is_note_body(const GumboNode* element) {
  if (is_html(element, GUMBO_TAG_LI) || is_html(element, GUMBO_TAG_ASIDE)) return true;
  if (!is_html(element, GUMBO_TAG_DIV) && !is_html(element, GUMBO_TAG_P)) return false;
  const std::string_view id = value(element, "id");
  for (const char* start : {"sdfootnote", "sdendnote", "ftn", "edn", "fn"}) {
    if (begins(id, start)) return true;
  }
  return has_class(element, "footnote") || value(element, "role") == "doc-footnote";
}

// The note that a place lies in; null where it lies in none.
const GumboNode* note_around(const GumboNode* place) {
  const GumboNode* node = place;
  for (int i = 0; i < 6 && node && is_element(node) && !is_html(node, GUMBO_TAG_BODY); ++i, node = node->parent) {
    if (is_note_body(node)) return node;
  }
  return nullptr;
}

// Whether `element` lies in `around`; looks a bounded way up.
bool lies_in(const GumboNode* element, const GumboNode* around) {
  for (int i = 0; i < 100 && element; ++i, element = element->parent) {
    if (element == around) return true;
  }
  return false;
}

} // namespace

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

Index::Index(const GumboNode* root) {
  std::vector<const GumboNode*> references;
  for (const GumboNode* node = root; node; node = next_in(root, node)) {
    if (!is_element(node)) continue;
    add_element(node);
    if (is_html(node, GUMBO_TAG_A) && is_reference(node)) references.push_back(node);
  }
  for (const GumboNode* link : references) add_reference(link);
}

void Index::add_element(const GumboNode* element) {
  for (const char* name : {"id", "name"}) {
    if (name[0] == 'n' && !is_html(element, GUMBO_TAG_A)) continue;
    const std::string_view id = value(element, name);
    if (!id.empty()) ids_.emplace(id, element);
  }
  const std::string_view href = value(element, "href");
  if (href.size() < 2 || href[0] != '#') return;
  linked_.emplace(href.substr(1));
  if (contains(href, "%")) linked_.insert(percent_decoded(href.substr(1)));
}

const GumboNode* Index::target_of(std::string_view fragment) const {
  auto found = ids_.find(fragment);
  if (found == ids_.end()) found = ids_.find(percent_decoded(fragment));
  return found == ids_.end() ? nullptr : found->second;
}

void Index::add_reference(const GumboNode* link) {
  const GumboNode* target = target_of(value(link, "href").substr(1));
  const GumboNode* note = target ? note_around(target) : nullptr;
  if (!note || lies_in(link, note)) return;
  for (const GumboNode* node : {link, static_cast<const GumboNode*>(link->parent)}) {
    for (const char* name : {"id", "name"}) {
      if (is_element(node) && has(node, name)) reference_ids_.insert(value(node, name));
    }
  }
  if (notes_.insert(note).second) references_.emplace(link, note);
}

std::string Index::anchor_of(const GumboNode* element) const {
  const std::string_view id = name_of(element);
  if (id.empty() || linked_.count(std::string(id)) == 0) return {};
  const auto first = ids_.find(id);
  return first != ids_.end() && first->second == element ? clean_text(id) : std::string();
}

std::string Index::link_of(std::string_view href) const {
  while (!href.empty() && static_cast<unsigned char>(href.front()) <= ' ') href.remove_prefix(1);
  while (!href.empty() && static_cast<unsigned char>(href.back()) <= ' ') href.remove_suffix(1);
  if (href.empty() || href == "#") return {};
  if (href[0] == '#') {
    const std::string_view fragment = href.substr(1);
    return "#" + clean_text(ids_.count(fragment) > 0 ? std::string(fragment) : percent_decoded(fragment));
  }
  std::string scheme(href.substr(0, 11));
  for (char& letter : scheme) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  if (begins(scheme, "javascript:") || begins(scheme, "vbscript:")) return {};
  return clean_text(href);
}

const GumboNode* Index::note_of(const GumboNode* link) const {
  const auto found = references_.find(link);
  return found == references_.end() ? nullptr : found->second;
}

bool Index::is_endnote(const GumboNode* link) const {
  return has_class(link, "sdendnoteanc") || has_class(link, "endnote-ref") || begins(value(link, "href"), "#_edn");
}

bool Index::is_back_link(const GumboNode* link) const {
  const std::string_view href = value(link, "href");
  if (value(link, "role") == "doc-backlink" || has(link, "data-footnote-backref")) return true;
  for (const char* one :
       {"footnote-back", "footnote-backref", "footnoteBack", "reversefootnote", "sdfootnotesym", "sdendnotesym"}) {
    if (has_class(link, one)) return true;
  }
  return begins(href, "#") && reference_ids_.count(href.substr(1)) > 0;
}

} // namespace doc::html
