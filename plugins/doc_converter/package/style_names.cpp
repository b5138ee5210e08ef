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

// "Heading 1" in the languages whose programs are known to write it in theirs; as squeezed() leaves it, in which
// letters beyond ASCII keep their case.
constexpr std::array<std::string_view, 43> headings = {
    "heading",   "überschrift", "titre",      "título",    "titulo",     "títol",   "titolo",      "kop",
    "rubrik",    "overskrift",  "otsikko",    "fyrirsögn", "nagłówek",   "nadpis",  "címsor",      "titlu",
    "naslov",    "antraštė",    "virsraksts", "pealkiri",  "encabezado", "başlık",  "επικεφαλίδα", "Επικεφαλίδα",
    "заголовок", "Заголовок",   "заглавие",   "Заглавие",  "наслов",     "Наслов",  "标题",        "標題",
    "見出し",    "제목",        "개요",       "tiêuđề",    "عنوان",      "العنوان", "כותרת",       "หัวเรื่อง",
    "शीर्षक",     "judul",       "tajuk"};

std::string squeezed(std::string_view name) {
  std::string out;
  for (const char letter : name) {
    if (letter == ' ' || letter == '_' || letter == '-') continue;
    out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(letter))));
  }
  if (out.rfind("\xc3\x9c", 0) == 0) out[1] = '\xbc'; // "Ü"
  return out;
}

} // namespace

StyleMeaning meaning_of(std::string_view name) {
  // Further names of the style follow after commas: "heading 1,h1,Level 1".
  const std::string plain = squeezed(name.substr(0, name.find(',')));
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
