#include "run_properties.hpp"

#include "../../package/style_names.hpp"

#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace doc::docx {
namespace {

constexpr std::int64_t none = -1;

std::optional<bool> toggle(pugi::xml_node node) {
  const std::string_view value = xml::value_of(node, "w:val");
  return value.empty() || value == "1" || value == "true" || value == "on";
}

std::int64_t hex_color(std::string_view text) {
  if (text.size() != 6) return none;
  std::int64_t color = 0;
  for (const char digit : text) {
    if (!std::isxdigit(static_cast<unsigned char>(digit))) return none;
    color = color * 16 + (std::isdigit(static_cast<unsigned char>(digit)) ? digit - '0' : (digit | 32) - 'a' + 10);
  }
  return color;
}

// ECMA-376 part 1, 17.18.40.
std::int64_t highlight_color(std::string_view name) {
  struct Named {
    std::string_view name;
    std::int64_t color;
  };
  static constexpr std::array<Named, 16> named = {{{"yellow", 0xffff00},
                                                   {"green", 0x00ff00},
                                                   {"cyan", 0x00ffff},
                                                   {"magenta", 0xff00ff},
                                                   {"blue", 0x0000ff},
                                                   {"red", 0xff0000},
                                                   {"darkBlue", 0x000080},
                                                   {"darkCyan", 0x008080},
                                                   {"darkGreen", 0x008000},
                                                   {"darkMagenta", 0x800080},
                                                   {"darkRed", 0x800000},
                                                   {"darkYellow", 0x808000},
                                                   {"darkGray", 0x808080},
                                                   {"lightGray", 0xc0c0c0},
                                                   {"black", 0x000000},
                                                   {"white", 0xffffff}}};
  for (const Named& one : named) {
    if (one.name == name) return one.color;
  }
  return none;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return out;
}

void read_fonts(pugi::xml_node node, RunProperties& properties) {
  std::string_view font = xml::value_of(node, "w:ascii");
  if (font.empty()) font = xml::value_of(node, "w:hAnsi");
  if (font.empty()) return;
  properties.fixed_width = package::is_fixed_width(font);
  const std::string name = lower(font);
  properties.is_symbol_font = name.find("wingdings") != std::string::npos || name == "symbol" || name == "webdings";
}

std::optional<int> raised(std::string_view value) { return value == "superscript" ? 1 : value == "subscript" ? -1 : 0; }

bool is_set(const std::optional<bool>& value) { return value.value_or(false); }

} // namespace

RunProperties read_run_properties(pugi::xml_node node) {
  RunProperties result;
  for (const pugi::xml_node child : node.children()) {
    const std::string_view name = xml::name_of(child);
    if (name == "w:b")
      result.bold = toggle(child);
    else if (name == "w:i")
      result.italic = toggle(child);
    else if (name == "w:strike" || name == "w:dstrike")
      result.strikethrough = is_set(toggle(child)) || is_set(result.strikethrough);
    else if (name == "w:u")
      result.underline = xml::value_of(child, "w:val") != "none";
    else if (name == "w:vanish")
      result.hidden = toggle(child);
    else if (name == "w:rFonts")
      read_fonts(child, result);
    else if (name == "w:vertAlign")
      result.raised = raised(xml::value_of(child, "w:val"));
    else if (name == "w:color")
      result.color = hex_color(xml::value_of(child, "w:val"));
    else if (name == "w:highlight")
      result.background = highlight_color(xml::value_of(child, "w:val"));
    else if (name == "w:shd" && !result.background)
      result.background = hex_color(xml::value_of(child, "w:fill"));
  }
  return result;
}

void inherit(RunProperties& above, const RunProperties& below) {
  const auto take = [](auto& mine, const auto& theirs) {
    if (!mine) mine = theirs;
  };
  take(above.bold, below.bold);
  take(above.italic, below.italic);
  take(above.strikethrough, below.strikethrough);
  take(above.underline, below.underline);
  take(above.hidden, below.hidden);
  take(above.fixed_width, below.fixed_width);
  take(above.raised, below.raised);
  take(above.color, below.color);
  take(above.background, below.background);
}

Look resolve(const RunProperties& paragraph, const RunProperties& character, const RunProperties& own,
             bool style_says) {
  const auto toggled = [&](std::optional<bool> RunProperties::*property) {
    const bool base = is_set(paragraph.*property);
    const bool value = (own.*property).value_or(base != is_set(character.*property));
    return style_says && base ? false : value;
  };
  Look look;
  look.style.bold = toggled(&RunProperties::bold);
  look.style.italic = toggled(&RunProperties::italic);
  look.style.strikethrough = toggled(&RunProperties::strikethrough);
  look.hidden = toggled(&RunProperties::hidden);
  RunProperties all = own;
  inherit(all, character);
  // A paragraph in a fixed-width face is not code for that: whole documents are set so.
  look.style.code = is_set(all.fixed_width) && !is_set(paragraph.fixed_width);
  if (!style_says) inherit(all, paragraph);
  look.style.underline = is_set(all.underline);
  look.style.superscript = all.raised.value_or(0) > 0;
  look.style.subscript = all.raised.value_or(0) < 0;
  if (all.color.value_or(none) > 0) look.style.color = static_cast<std::uint32_t>(*all.color);
  if (all.background.value_or(none) >= 0 && *all.background != 0xffffff)
    look.style.background = static_cast<std::uint32_t>(*all.background);
  return look;
}

} // namespace doc::docx
