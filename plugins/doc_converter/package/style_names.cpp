#include "style_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace doc::package {
namespace {

struct Named {
  std::string_view name;
  StyleKind kind;
};

// In small letters, without blanks, underscores and hyphens.
constexpr std::array<Named, 27> kinds = {{
    {"tocheading", StyleKind::body},
    {"contentsheading", StyleKind::body},
    {"quote", StyleKind::quote},
    {"intensequote", StyleKind::quote},
    {"blocktext", StyleKind::quote},
    {"blockquote", StyleKind::quote},
    {"blockquotation", StyleKind::quote},
    {"quotations", StyleKind::quote},
    {"citation", StyleKind::quote},
    {"sourcecode", StyleKind::code},
    {"htmlpreformatted", StyleKind::code},
    {"preformattedtext", StyleKind::code},
    {"preformatted", StyleKind::code},
    {"code", StyleKind::code},
    {"codeblock", StyleKind::code},
    {"macrotext", StyleKind::code},
    {"verbatimchar", StyleKind::code_text},
    {"sourcetext", StyleKind::code_text},
    {"htmlcode", StyleKind::code_text},
    {"htmltypewriter", StyleKind::code_text},
    {"inlinecode", StyleKind::code_text},
    {"codechar", StyleKind::code_text},
    {"teletype", StyleKind::code_text},
    {"tablecaption", StyleKind::table_caption},
    {"tableheading", StyleKind::table_heading},
    {"hyperlink", StyleKind::link},
    {"internetlink", StyleKind::link},
}};

// "Heading 1" in the languages whose programs are known to write it in theirs.
constexpr std::array<std::string_view, 14> headings = {"heading", "überschrift", "titre",     "título",    "titulo",
                                                       "titolo",  "kop",         "заголовок", "标题",      "標題",
                                                       "見出し",  "nagłówek",    "rubrik",    "overskrift"};

std::string squeezed(std::string_view name) {
  std::string out;
  for (const char letter : name) {
    if (letter == ' ' || letter == '_' || letter == '-') continue;
    out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(letter))));
  }
  // "Ü" and the capital letters of Cyrillic that the list needs.
  if (out.rfind("\xc3\x9c", 0) == 0) out[1] = '\xbc';
  if (out.rfind("\xd0\x97", 0) == 0) out[1] = '\xb7';
  return out;
}

} // namespace

StyleMeaning meaning_of(std::string_view name) {
  const std::string plain = squeezed(name);
  if (plain == "title") return {StyleKind::none, 1};
  for (const Named& one : kinds) {
    if (one.name == plain) return {one.kind, 0};
  }
  for (const std::string_view heading : headings) {
    if (plain.size() == heading.size() + 1 && plain.rfind(heading, 0) == 0 && plain.back() >= '1' &&
        plain.back() <= '9')
      return {StyleKind::none, std::min(plain.back() - '0', 6)};
  }
  return {};
}

bool is_fixed_width(std::string_view face) {
  static constexpr std::array<std::string_view, 13> families = {
      "courier",     "consolas", "lucidaconsole", "monaco",   "menlo",     "mono",    "sourcecode",
      "inconsolata", "andale",   "firacode",      "cascadia", "jetbrains", "fixedsys"};
  const std::string name = squeezed(face);
  if (name.find("monotype") != std::string::npos) return false; // whose faces are of all kinds
  return std::any_of(families.begin(), families.end(),
                     [&](std::string_view family) { return name.find(family) != std::string::npos; });
}

} // namespace doc::package
