#include "xhtml.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string_view>

namespace doc::html {
namespace {

constexpr std::size_t prolog_bytes = 4096;
constexpr std::size_t longest_tag = 1 << 20; // a picture may stand in an attribute

bool is_letter(char letter) { return std::isalpha(static_cast<unsigned char>(letter)) != 0; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return out;
}

bool is_xhtml(std::string_view text) {
  const std::string_view start = text.substr(0, prolog_bytes);
  return start.find("<?xml ") != std::string_view::npos ||
         start.find("http://www.w3.org/1999/xhtml") != std::string_view::npos;
}

// Which HTML knows to be empty.
bool is_void(std::string_view name) {
  static constexpr std::string_view names[] = {"area",  "base", "br",   "col",   "embed",  "hr",    "img",
                                               "input", "link", "meta", "param", "source", "track", "wbr"};
  return std::binary_search(std::begin(names), std::end(names), name);
}

// What the tag at `begin` ends with, its quotes closed; npos where it does not end.
std::size_t end_of_tag(std::string_view text, std::size_t begin) {
  char quote = 0;
  const std::size_t limit = std::min(text.size(), begin + longest_tag);
  for (std::size_t at = begin; at < limit; ++at) {
    if (quote != 0) {
      if (text[at] == quote) quote = 0;
    } else if (text[at] == '"' || text[at] == '\'') {
      quote = text[at];
    } else if (text[at] == '>') {
      return at;
    } else if (text[at] == '<') {
      return std::string_view::npos;
    }
  }
  return std::string_view::npos;
}

// Behind a comment or a section that is no markup; `begin` itself where none begins there.
std::size_t behind_comment(std::string_view text, std::size_t begin) {
  for (const auto& [open, close] :
       {std::pair<std::string_view, std::string_view>{"<!--", "-->"}, {"<![CDATA[", "]]>"}}) {
    if (text.substr(begin, open.size()) != open) continue;
    const std::size_t end = text.find(close, begin + open.size());
    return end == std::string_view::npos ? text.size() : end + close.size();
  }
  return begin;
}

} // namespace

std::string close_empty_elements(std::string text) {
  if (!is_xhtml(text)) return text;
  const std::string_view all = text;
  std::string out;
  std::size_t copied = 0;
  int foreign = 0; // in SVG and MathML a parser of HTML reads such tags as XML does
  for (std::size_t at = all.find('<'); at < all.size(); at = all.find('<', at)) {
    if (const std::size_t behind = behind_comment(all, at); behind != at) {
      at = behind;
      continue;
    }
    const bool is_end = all.substr(at, 2) == "</";
    const std::size_t begin = at + (is_end ? 2 : 1);
    if (begin >= all.size() || !is_letter(all[begin])) {
      ++at;
      continue;
    }
    std::size_t name_end = begin;
    while (name_end < all.size() && name_end - begin < 64 &&
           (is_letter(all[name_end]) || std::isdigit(static_cast<unsigned char>(all[name_end])) != 0 ||
            all[name_end] == ':' || all[name_end] == '-'))
      ++name_end;
    const std::string name = lower(all.substr(begin, name_end - begin));
    const std::size_t end = end_of_tag(all, name_end);
    if (end == std::string_view::npos) {
      ++at;
      continue;
    }
    const bool is_empty = !is_end && all[end - 1] == '/';
    if ((name == "svg" || name == "math") && !is_empty) foreign += is_end ? (foreign > 0 ? -1 : 0) : 1;
    at = end + 1;
    if (!is_empty || foreign > 0 || name == "svg" || name == "math" || is_void(name)) continue;
    out.append(all.substr(copied, end - 1 - copied)).append("></").append(name).append(">");
    copied = end + 1;
  }
  if (copied == 0) return text;
  return out.append(all.substr(copied));
}

} // namespace doc::html
