#include "styles.hpp"

#include "../../text/utf8.hpp"

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace doc::odt {
namespace {

using package::StyleKind;

constexpr std::int64_t none = -1;
constexpr int longest_chain = 100; // of styles that are based on others

// Names hold no blanks: "_20_" is one (part 3, 19.498.2).
std::string decoded(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::size_t end = name[i] == '_' ? name.find('_', i + 1) : std::string_view::npos;
    if (end != std::string_view::npos && end > i + 1 && end - i <= 6) {
      const std::string digits(name.substr(i + 1, end - i - 1));
      char* rest = nullptr;
      const unsigned long code = std::strtoul(digits.c_str(), &rest, 16);
      if (*rest == '\0' && code >= 0x20) {
        append_utf8(out, static_cast<std::uint32_t>(code));
        i = end;
        continue;
      }
    }
    out.push_back(name[i]);
  }
  return out;
}

std::int64_t color_of(std::string_view text) {
  if (text.size() != 7 || text[0] != '#') return none;
  char* end = nullptr;
  const std::string digits(text.substr(1));
  const unsigned long color = std::strtoul(digits.c_str(), &end, 16);
  return *end == '\0' ? static_cast<std::int64_t>(color) : none;
}

bool shows(std::string_view border) { return !border.empty() && border != "none" && border != "hidden"; }

bool is_line(pugi::xml_node properties) {
  const auto side = [&](const char* name) { return xml::value_of(properties, name); };
  return (shows(side("fo:border-bottom")) || shows(side("fo:border-top"))) && !shows(side("fo:border-left")) &&
         !shows(side("fo:border-right"));
}

double number_of(std::string_view text) {
  const std::string copy(text);
  const double value = std::strtod(copy.c_str(), nullptr);
  return std::isfinite(value) && value > 0 && value < 1e6 ? value : 0;
}

// "super 58%", "33% 58%", "-20% 60%", "0% 100%".
int raised_of(std::string_view position) {
  if (position.substr(0, 5) == "super") return 1;
  if (position.substr(0, 3) == "sub") return -1;
  const std::string copy(position);
  const double percent = std::strtod(copy.c_str(), nullptr);
  return percent > 0 ? 1 : percent < 0 ? -1 : 0;
}

bool is_weight_bold(std::string_view weight) {
  return weight == "bold" || weight == "600" || weight == "700" || weight == "800" || weight == "900";
}

} // namespace

void inherit(TextProperties& above, const TextProperties& below) {
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

Styles::Styles(pugi::xml_node content, pugi::xml_node styles) {
  add_fonts(styles.child("office:font-face-decls"));
  add_fonts(content.child("office:font-face-decls"));
  // Those of content.xml come first: styles.xml has automatic styles of the same names for headers and footers.
  add(content.child("office:automatic-styles"), false);
  add(styles.child("office:styles"), true);
}

void Styles::add_fonts(pugi::xml_node declarations) {
  for (const pugi::xml_node font : declarations.children("style:font-face")) {
    fixed_fonts_[std::string(xml::value_of(font, "style:name"))] =
        package::is_fixed_width(xml::value_of(font, "svg:font-family"));
  }
}

void Styles::add(pugi::xml_node styles, bool is_common) {
  for (const pugi::xml_node node : styles.children()) {
    const std::string_view element = xml::name_of(node);
    const std::string name(xml::value_of(node, "style:name"));
    if (element == "style:style") {
      entries_.emplace(std::string(xml::value_of(node, "style:family")).append("/").append(name),
                       Entry{node, is_common});
    } else if (element == "text:list-style") {
      lists_.emplace(name, node);
    } else if (element == "style:default-style" && xml::value_of(node, "style:family") == "paragraph") {
      const pugi::xml_node text = node.child("style:text-properties");
      language_ = clean_text(xml::value_of(text, "fo:language"));
      const std::string country = clean_text(xml::value_of(text, "fo:country"));
      if (language_ == "none" || language_ == "zxx") language_.clear();
      if (!language_.empty() && !country.empty() && country != "none") language_ += "-" + country;
    }
  }
}

const Style& Styles::find(std::string_view family, std::string_view name) {
  if (name.empty()) return none_;
  const std::string key = std::string(family).append("/").append(name);
  auto found = entries_.find(key);
  if (found == entries_.end()) { // some programs name styles that they do not define: the name says enough
    Entry entry;
    entry.is_resolved = true;
    apply_name(decoded(name), entry.style, family == "paragraph");
    found = entries_.emplace(key, entry).first;
  }
  if (!found->second.is_resolved) resolve(found->second);
  return found->second.style;
}

void Styles::apply_name(std::string_view name, Style& style, bool is_paragraph) {
  const package::StyleMeaning meaning = package::meaning_of(name);
  if (meaning.kind != StyleKind::none) style.kind = meaning.kind == StyleKind::body ? StyleKind::none : meaning.kind;
  if (meaning.heading > 0) style.heading = meaning.heading;
  if (meaning.kind == StyleKind::body) style.heading = 0;
  if (name == "Table" && is_paragraph) style.kind = StyleKind::table_caption;
  if (name == "Horizontal Line") style.is_line = true;
}

void Styles::resolve(Entry& entry) {
  if (entry.in_progress || depth_ > longest_chain) return;
  entry.in_progress = true;
  ++depth_;
  Style style;
  const std::string_view parent = xml::value_of(entry.node, "style:parent-style-name");
  if (!parent.empty()) style = find(xml::value_of(entry.node, "style:family"), parent);
  --depth_;
  style.breaks_page = style.breaks_page_after = false; // what a common style says is how its text looks everywhere

  std::string name(xml::value_of(entry.node, "style:display-name"));
  if (name.empty()) name = decoded(xml::value_of(entry.node, "style:name"));
  if (entry.is_common || parent.empty())
    apply_name(name, style, xml::value_of(entry.node, "style:family") == "paragraph");

  const pugi::xml_node paragraph = entry.node.child("style:paragraph-properties");
  if (paragraph.attribute("fo:border-bottom") || paragraph.attribute("fo:border-top") ||
      paragraph.attribute("fo:border"))
    style.is_line = !paragraph.attribute("fo:border") && is_line(paragraph);
  style.breaks_page = xml::value_of(paragraph, "fo:break-before") == "page" && !entry.is_common;
  style.breaks_page_after = xml::value_of(paragraph, "fo:break-after") == "page" && !entry.is_common;
  if (const auto mode = xml::value_of(paragraph, "style:writing-mode"); !mode.empty())
    style.is_right_to_left = mode.substr(0, 2) == "rl";
  if (paragraph.attribute("fo:text-align")) style.alignment = xml::value_of(paragraph, "fo:text-align");
  if (entry.node.attribute("style:list-style-name"))
    style.list_style = xml::value_of(entry.node, "style:list-style-name");
  const std::string_view cell = xml::value_of(entry.node.child("style:table-cell-properties"), "fo:background-color");
  if (!cell.empty()) style.background = color_of(cell);
  const pugi::xml_node column = entry.node.child("style:table-column-properties");
  style.width = number_of(xml::value_of(column, "style:column-width"));
  if (style.width == 0) style.width = number_of(xml::value_of(column, "style:rel-column-width"));

  TextProperties text = read_text(entry.node.child("style:text-properties"));
  if (style.kind == StyleKind::code_text) text.fixed_width = true;
  inherit(text, style.text);
  style.text = text;
  if (entry.is_common) style.common = text;
  if (name == "Standard" || name == "Default Paragraph Style") style.text.color = style.common.color = std::nullopt;
  if (name == "Internet link" || name == "Visited Internet Link")
    style.text.color = style.text.underline = std::nullopt;
  entry.style = style;
  entry.is_resolved = true;
  entry.in_progress = false;
}

TextProperties Styles::read_text(pugi::xml_node node) const {
  TextProperties text;
  if (!node) return text;
  const auto value = [&](const char* name) { return xml::value_of(node, name); };
  const auto has = [&](const char* name) { return static_cast<bool>(node.attribute(name)); };
  if (has("fo:font-weight")) text.bold = is_weight_bold(value("fo:font-weight"));
  if (has("fo:font-style")) text.italic = value("fo:font-style") != "normal";
  if (has("style:text-line-through-style")) text.strikethrough = value("style:text-line-through-style") != "none";
  if (has("style:text-line-through-type") && !text.strikethrough)
    text.strikethrough = value("style:text-line-through-type") != "none";
  if (has("style:text-underline-style")) text.underline = value("style:text-underline-style") != "none";
  if (has("text:display")) text.hidden = value("text:display") == "none";
  if (has("style:text-position")) text.raised = raised_of(value("style:text-position"));
  if (has("fo:color")) text.color = color_of(value("fo:color"));
  if (value("style:use-window-font-color") == "true") text.color = none;
  if (has("fo:background-color")) text.background = color_of(value("fo:background-color"));
  if (has("fo:font-family")) text.fixed_width = package::is_fixed_width(value("fo:font-family"));
  if (has("style:font-name")) {
    const std::string name(value("style:font-name"));
    const auto declared = fixed_fonts_.find(name);
    text.fixed_width = declared != fixed_fonts_.end() ? declared->second : package::is_fixed_width(name);
  }
  return text;
}

ListLevel Styles::list_level(std::string_view style, int level) const {
  ListLevel result;
  const auto found = lists_.find(std::string(style));
  if (found == lists_.end()) return {Numbering::bullet, 1, true};
  // Some programs describe no more than the first levels.
  pugi::xml_node form;
  long best = 0;
  for (const pugi::xml_node node : found->second.children()) {
    const long described = xml::number_of(node, "text:level", 0, 0, 10);
    if (described > best && described <= level) form = node, best = described;
  }
  if (!form) return result;
  const std::string_view format = xml::value_of(form, "style:num-format");
  const bool is_bullet = !xml::is(form, "text:list-level-style-number");
  // A blank for a bullet is how programs write an item's further paragraphs.
  const bool is_blank = form.attribute("text:bullet-char") && xml::value_of(form, "text:bullet-char") == " ";
  result.is_marked = is_bullet ? !is_blank : !format.empty();
  if (is_bullet) return result;
  result.numbering = format == "a"   ? Numbering::lower_alpha
                     : format == "A" ? Numbering::upper_alpha
                     : format == "i" ? Numbering::lower_roman
                     : format == "I" ? Numbering::upper_roman
                                     : Numbering::decimal;
  result.start = static_cast<std::int32_t>(xml::number_of(form, "text:start-value", 1, 0, 1'000'000'000));
  return result;
}

} // namespace doc::odt
