#include "cascade.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace doc::html {
namespace {

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

std::string trimmed_lower(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool contains(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }

struct NamedColor {
  std::string_view name;
  std::uint32_t value;
};

constexpr NamedColor named_colors[] = {
    {"aqua", 0x00ffff},      {"black", 0x000000},       {"blue", 0x0000ff},      {"brown", 0xa52a2a},
    {"crimson", 0xdc143c},   {"cyan", 0x00ffff},        {"darkblue", 0x00008b},  {"darkgray", 0xa9a9a9},
    {"darkgreen", 0x006400}, {"darkred", 0x8b0000},     {"dimgray", 0x696969},   {"fuchsia", 0xff00ff},
    {"gold", 0xffd700},      {"gray", 0x808080},        {"green", 0x008000},     {"grey", 0x808080},
    {"indigo", 0x4b0082},    {"lightblue", 0xadd8e6},   {"lightgray", 0xd3d3d3}, {"lightgreen", 0x90ee90},
    {"lightgrey", 0xd3d3d3}, {"lightyellow", 0xffffe0}, {"lime", 0x00ff00},      {"magenta", 0xff00ff},
    {"maroon", 0x800000},    {"navy", 0x000080},        {"olive", 0x808000},     {"orange", 0xffa500},
    {"pink", 0xffc0cb},      {"purple", 0x800080},      {"red", 0xff0000},       {"silver", 0xc0c0c0},
    {"teal", 0x008080},      {"tomato", 0xff6347},      {"turquoise", 0x40e0d0}, {"violet", 0xee82ee},
    {"white", 0xffffff},     {"yellow", 0xffff00},
};

std::optional<std::uint32_t> hex_color(std::string_view digits) {
  std::uint32_t value = 0;
  for (const char digit : digits) {
    const char letter = lower(digit);
    if (letter >= '0' && letter <= '9')
      value = value << 4 | static_cast<std::uint32_t>(letter - '0');
    else if (letter >= 'a' && letter <= 'f')
      value = value << 4 | static_cast<std::uint32_t>(letter - 'a' + 10);
    else
      return std::nullopt;
  }
  if (digits.size() == 6) return value;
  if (digits.size() == 8) return value >> 8;
  if (digits.size() != 3) return std::nullopt;
  return (value >> 8 & 15) * 0x110000 + (value >> 4 & 15) * 0x1100 + (value & 15) * 0x11;
}

// "rgb(1, 2, 3)", "rgba(1 2 3 / 50%)"; nothing for what is wholly transparent.
std::optional<std::uint32_t> function_color(const std::string& text) {
  std::uint32_t value = 0;
  const char* at = text.c_str() + text.find('(') + 1;
  for (int i = 0; i < 4; ++i) {
    while (*at == ' ' || *at == ',' || *at == '/') ++at;
    char* end = nullptr;
    const double number = std::strtod(at, &end);
    if (end == at) return i == 3 ? std::optional(value) : std::nullopt;
    if (i == 3) return number == 0 ? std::nullopt : std::optional(value);
    const double scaled = *end == '%' ? number * 2.55 : number;
    value = value << 8 | (scaled >= 0 && scaled <= 255 ? static_cast<std::uint32_t>(scaled) : 255u);
    at = *end == '%' ? end + 1 : end;
  }
  return value;
}

void set_color(TextStyle& style, std::string_view text) {
  const auto color = parse_color(text);
  if (color) style.color = *color == 0 ? std::nullopt : color;
}

bool is_fixed_width(std::string_view family) {
  return contains(family, "monospace") || contains(family, "courier") || contains(family, "consolas") ||
         contains(family, "mono");
}

Alignment alignment_of(std::string_view value, Alignment otherwise) {
  if (value == "center" || value == "middle" || value == "-webkit-center") return Alignment::center;
  if (value == "right" || value == "end") return Alignment::right;
  if (value == "justify") return Alignment::justify;
  if (value == "left" || value == "start") return Alignment::natural;
  return otherwise;
}

void apply_font_style(const Declarations& css, TextStyle& style) {
  const std::string weight = css.value("font-weight");
  if (!weight.empty()) style.bold = weight == "bold" || weight == "bolder" || std::atoi(weight.c_str()) >= 600;
  const std::string slant = css.value("font-style");
  if (!slant.empty()) style.italic = contains(slant, "italic") || contains(slant, "oblique");
  if (is_fixed_width(css.value("font-family"))) style.code = true;
  const std::string rise = css.value("vertical-align");
  if (rise == "super") style.superscript = true;
  if (rise == "sub") style.subscript = true;
}

void apply_decoration(const Declarations& css, TextStyle& style) {
  const std::string line = css.value("text-decoration") + " " + css.value("text-decoration-line");
  if (contains(line, "underline")) style.underline = true;
  if (contains(line, "line-through")) style.strikethrough = true;
  if (contains(line, "none")) style.underline = style.strikethrough = false;
}

// A block's background is not its text's.
bool is_run(GumboTag tag) {
  return tag == GUMBO_TAG_SPAN || tag == GUMBO_TAG_FONT || tag == GUMBO_TAG_A || tag == GUMBO_TAG_B ||
         tag == GUMBO_TAG_I || tag == GUMBO_TAG_EM || tag == GUMBO_TAG_STRONG || tag == GUMBO_TAG_MARK ||
         tag == GUMBO_TAG_U || tag == GUMBO_TAG_S || tag == GUMBO_TAG_CODE;
}

void apply_css(const Declarations& css, GumboTag tag, Look& look) {
  apply_font_style(css, look.style);
  apply_decoration(css, look.style);
  set_color(look.style, css.value("color"));
  for (const char* property : {"background-color", "background"}) {
    const auto color = is_run(tag) ? parse_color(css.value(property)) : std::nullopt;
    if (color) look.style.background = *color == 0xffffff ? std::nullopt : color;
  }
  look.alignment = alignment_of(css.value("text-align"), look.alignment);
  const std::string blanks = css.value("white-space");
  if (!blanks.empty() && blanks != "inherit")
    look.preserves_blanks = blanks.substr(0, 3) == "pre" || blanks == "break-spaces";
}

void apply_tag(const GumboNode* element, Look& look) {
  TextStyle& style = look.style;
  switch (element->v.element.tag) {
  case GUMBO_TAG_B:
  case GUMBO_TAG_STRONG: style.bold = true; break;
  case GUMBO_TAG_I:
  case GUMBO_TAG_EM:
  case GUMBO_TAG_CITE:
  case GUMBO_TAG_VAR:
  case GUMBO_TAG_DFN: style.italic = true; break;
  case GUMBO_TAG_U:
  case GUMBO_TAG_INS: style.underline = true; break;
  case GUMBO_TAG_S:
  case GUMBO_TAG_STRIKE:
  case GUMBO_TAG_DEL: style.strikethrough = true; break;
  case GUMBO_TAG_CODE:
  case GUMBO_TAG_KBD:
  case GUMBO_TAG_SAMP:
  case GUMBO_TAG_TT: style.code = true; break;
  case GUMBO_TAG_SUP:
    style.superscript = true;
    style.subscript = false;
    break;
  case GUMBO_TAG_SUB:
    style.subscript = true;
    style.superscript = false;
    break;
  case GUMBO_TAG_MARK: style.background = 0xffff00; break;
  case GUMBO_TAG_CENTER: look.alignment = Alignment::center; break;
  case GUMBO_TAG_FONT:
    if (const char* color = attribute(element, "color")) set_color(style, color);
    if (const char* face = attribute(element, "face")) style.code = style.code || is_fixed_width(trimmed_lower(face));
    break;
  default: break;
  }
}

// Cells and tables align otherwise: a table's align says where it floats.
bool has_text_align(GumboTag tag) {
  return tag == GUMBO_TAG_P || tag == GUMBO_TAG_DIV || tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH ||
         (tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6) || tag == GUMBO_TAG_TR;
}

} // namespace

// Semicolons within quotes and parentheses (of a url()) end nothing.
std::string Declarations::value(std::string_view property) const {
  std::string found;
  std::size_t begin = 0;
  char quote = 0;
  int open = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const char letter = at < text.size() ? text[at] : ';';
    if (at < text.size()) {
      if (quote != 0) {
        if (letter == quote) quote = 0;
        continue;
      }
      if (letter == '"' || letter == '\'') quote = letter;
      if (letter == '(') ++open;
      if (letter == ')' && open > 0) --open;
      if (letter != ';' || open > 0) continue;
    }
    const std::string_view one = text.substr(begin, at - begin);
    begin = at + 1;
    const std::size_t colon = one.find(':');
    if (colon == std::string_view::npos || trimmed_lower(one.substr(0, colon)) != property) continue;
    found = trimmed_lower(one.substr(colon + 1));
    const std::size_t important = found.rfind("!important");
    if (important != std::string::npos) found = trimmed_lower(std::string_view(found).substr(0, important));
  }
  return found;
}

Look look_of(const GumboNode* element, const Look& look, const StyleSheet& sheet) {
  const GumboTag tag = element->v.element.tag;
  Look out = look;
  apply_tag(element, out);
  if (const char* align = attribute(element, "align"); align && has_text_align(tag))
    out.alignment = alignment_of(trimmed_lower(align), out.alignment);
  const std::string css = sheet.declarations_of(element);
  if (css.empty()) return out;
  apply_css(Declarations{css}, tag, out);
  // How headings look is no emphasis of their text, unless it stands in the element.
  if (tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6) {
    out.style = look.style;
    if (const char* style = attribute(element, "style")) apply_css(Declarations{style}, tag, out);
  }
  return out;
}

bool is_hidden(const GumboNode* element, const StyleSheet& sheet) {
  if (const char* hidden = attribute(element, "hidden"); hidden && trimmed_lower(hidden) != "until-found") return true;
  const std::string text = sheet.declarations_of(element);
  if (text.empty()) return false;
  const Declarations css{text};
  return css.value("display") == "none" || css.value("visibility") == "hidden" || css.value("mso-hide") == "all" ||
         css.value("mso-element") == "comment-list" || css.value("mso-element") == "comment";
}

bool is_block_by_style(const GumboNode* element, const StyleSheet& sheet) {
  const std::string text = sheet.declarations_of(element);
  if (!contains(text, "display")) return false;
  const std::string display = Declarations{text}.value("display");
  return display == "block" || display == "flex" || display == "grid" || display == "list-item";
}

Break page_break_of(const GumboNode* element, const StyleSheet& sheet) {
  const std::string text = sheet.declarations_of(element);
  if (!contains(text, "break")) return Break::none;
  const Declarations css{text};
  const auto breaks = [&css](std::string_view property) {
    const std::string value = css.value(property);
    return value == "always" || value == "page";
  };
  if (breaks("page-break-before") || breaks("break-before")) return Break::before;
  return breaks("page-break-after") || breaks("break-after") ? Break::after : Break::none;
}

std::optional<std::uint32_t> parse_color(std::string_view text) {
  const std::string value = trimmed_lower(text);
  if (value.empty()) return std::nullopt;
  if (value.front() == '#') return hex_color(std::string_view(value).substr(1));
  if (value.substr(0, 3) == "rgb" && contains(value, "(")) return function_color(value);
  for (const NamedColor& one : named_colors) {
    if (one.name == value) return one.value;
  }
  return value.size() == 6 && value.find_first_not_of("0123456789abcdef") == std::string::npos ? hex_color(value)
                                                                                               : std::nullopt;
}

double parse_length(std::string_view text) {
  const std::string value = trimmed_lower(text);
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (end == value.c_str() || !std::isfinite(number) || number <= 0 || number > 1e5) return 0;
  const std::string_view unit = end;
  if (unit.empty() || unit == "px") return number * 0.75;
  if (unit == "pt") return number;
  if (unit == "in") return number * 72;
  if (unit == "cm") return number * 72 / 2.54;
  if (unit == "mm") return number * 72 / 25.4;
  if (unit == "pc") return number * 12;
  if (unit == "em" || unit == "rem") return number * 12;
  return 0;
}

} // namespace doc::html
