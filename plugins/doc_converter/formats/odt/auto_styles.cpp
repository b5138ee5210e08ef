#include "auto_styles.hpp"

#include "../../xml/writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace doc::odt {
namespace {

constexpr double step_points = 36; // of an indent
constexpr int list_levels = 10;    // OpenDocument's

std::int64_t hundredths(double points) { return std::llround(points * 100); }

template <typename Map, typename Key>
std::string named(Map& map, const Key& key, const char* prefix) {
  std::string& name = map[key];
  if (name.empty()) name = prefix + std::to_string(map.size());
  return name;
}

void write_paragraph(xml::Writer& xml, const ParagraphForm& form, const std::string& name) {
  xml.start("style:style");
  xml.attribute("style:name", name);
  xml.attribute("style:family", "paragraph");
  xml.attribute("style:parent-style-name", form.parent);
  xml.start("style:paragraph-properties");
  switch (form.alignment) {
  case Alignment::left: xml.attribute("fo:text-align", form.is_right_to_left ? "end" : "start"); break;
  case Alignment::right: xml.attribute("fo:text-align", form.is_right_to_left ? "start" : "end"); break;
  case Alignment::center: xml.attribute("fo:text-align", "center"); break;
  case Alignment::justify: xml.attribute("fo:text-align", "justify"); break;
  case Alignment::natural: break;
  }
  if (form.breaks_page) xml.attribute("fo:break-before", "page");
  if (form.is_right_to_left) xml.attribute("style:writing-mode", "rl-tb");
  if (form.indent_steps > 0) xml.attribute("fo:margin-left", points_text(form.indent_steps * step_points));
  xml.end();
  xml.end();
}

std::string_view format_of(Numbering numbering) {
  switch (numbering) {
  case Numbering::bullet: return {};
  case Numbering::decimal: return "1";
  case Numbering::lower_alpha: return "a";
  case Numbering::upper_alpha: return "A";
  case Numbering::lower_roman: return "i";
  case Numbering::upper_roman: return "I";
  }
  return "1";
}

void write_list_level(xml::Writer& xml, Numbering numbering, std::int32_t start, int level) {
  constexpr std::string_view bullets[] = {"•", "◦", "▪"};
  const bool is_bullet = numbering == Numbering::bullet;
  xml.start(is_bullet ? "text:list-level-style-bullet" : "text:list-level-style-number");
  xml.attribute("text:level", level);
  if (is_bullet) {
    xml.attribute("text:bullet-char", bullets[(level - 1) % 3]);
  } else {
    xml.attribute("style:num-suffix", ".");
    xml.attribute("style:num-format", format_of(numbering));
    xml.attribute("text:start-value", std::max(start, 0));
  }
  xml.start("style:list-level-properties");
  xml.attribute("text:list-level-position-and-space-mode", "label-alignment");
  xml.start("style:list-level-label-alignment");
  xml.attribute("text:label-followed-by", "listtab");
  xml.attribute("text:list-tab-stop-position", points_text(level * step_points));
  xml.attribute("fo:text-indent", points_text(-step_points / 2));
  xml.attribute("fo:margin-left", points_text(level * step_points));
  xml.end();
  xml.end();
  xml.end();
}

void write_list(xml::Writer& xml, Numbering numbering, std::int32_t start, const std::string& name) {
  xml.start("text:list-style");
  xml.attribute("style:name", name);
  for (int level = 1; level <= list_levels; ++level) write_list_level(xml, numbering, start, level);
  xml.end();
}

void start_style(xml::Writer& xml, const std::string& name, std::string_view family) {
  xml.start("style:style");
  xml.attribute("style:name", name);
  xml.attribute("style:family", family);
}

// The attributes that say what a look is; empty where it is none.
std::string properties_of(const TextStyle& style, bool is_link) {
  xml::Writer xml;
  xml.start("style:text-properties");
  const auto all = [&](std::string_view a, std::string_view b, std::string_view c, std::string_view value) {
    for (const std::string_view name : {a, b, c}) xml.attribute(name, value);
  };
  bool any = false;
  const auto when = [&any](bool on) {
    any = any || on;
    return on;
  };
  if (when(style.bold)) all("fo:font-weight", "style:font-weight-asian", "style:font-weight-complex", "bold");
  if (when(style.italic)) all("fo:font-style", "style:font-style-asian", "style:font-style-complex", "italic");
  if (when(style.strikethrough)) xml.attribute("style:text-line-through-style", "solid");
  if (when(style.underline && !is_link)) {
    xml.attribute("style:text-underline-style", "solid");
    xml.attribute("style:text-underline-width", "auto");
    xml.attribute("style:text-underline-color", "font-color");
  }
  if (when(style.superscript)) xml.attribute("style:text-position", "super 58%");
  if (when(style.subscript && !style.superscript)) xml.attribute("style:text-position", "sub 58%");
  if (when(style.color.has_value())) xml.attribute("fo:color", hex_color(*style.color));
  if (when(style.background.has_value())) xml.attribute("fo:background-color", hex_color(*style.background));
  xml.end();
  return any ? xml.taken() : std::string();
}

} // namespace

std::string points_text(double points) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2fpt", std::isfinite(points) ? points : 0.0);
  return text;
}

std::string hex_color(std::uint32_t color) {
  char text[16];
  std::snprintf(text, sizeof text, "#%06x", static_cast<unsigned>(color & 0xffffff));
  return text;
}

std::string AutoStyles::paragraph(const ParagraphForm& form) {
  return form.is_plain() ? form.parent : named(paragraphs_, form, "P");
}

std::string AutoStyles::text(const TextStyle& style, bool is_link) {
  const std::string properties = properties_of(style, is_link);
  if (properties.empty()) return style.code ? "Source_20_Text" : "";
  // A style for each look, based on that for code or on none; the key says which.
  return named(texts_, (style.code ? "Source_20_Text" : "") + properties, "T");
}

std::string AutoStyles::list(const List& list) {
  const std::int32_t start = list.numbering == Numbering::bullet ? 1 : std::max(list.start, 0);
  return named(lists_, std::pair(list.numbering, start), "L");
}

std::string AutoStyles::table(double width_points, int indent_steps) {
  return named(tables_, std::pair(hundredths(width_points), indent_steps), "Table");
}

std::string AutoStyles::column(double width_points) { return named(columns_, hundredths(width_points), "Column"); }

std::string AutoStyles::cell(std::optional<std::uint32_t> background) {
  return named(cells_, background ? static_cast<std::int64_t>(*background & 0xffffff) : -1, "Cell");
}

std::string AutoStyles::element() const {
  xml::Writer xml;
  xml.start("office:automatic-styles");
  for (const auto& one : paragraphs_) write_paragraph(xml, one.first, one.second);
  for (const auto& one : texts_) {
    start_style(xml, one.second, "text");
    const std::size_t begin = one.first.find('<');
    if (begin > 0) xml.attribute("style:parent-style-name", one.first.substr(0, begin));
    xml.raw(std::string_view(one.first).substr(begin));
    xml.end();
  }
  for (const auto& one : lists_) write_list(xml, one.first.first, one.first.second, one.second);
  for (const auto& one : tables_) {
    start_style(xml, one.second, "table");
    xml.start("style:table-properties");
    xml.attribute("style:width", points_text(static_cast<double>(one.first.first) / 100));
    xml.attribute("table:align", "left");
    if (one.first.second > 0) xml.attribute("fo:margin-left", points_text(one.first.second * step_points));
    xml.attribute("fo:margin-top", "0pt");
    xml.attribute("fo:margin-bottom", "6pt");
    xml.end();
    xml.end();
  }
  for (const auto& one : columns_) {
    start_style(xml, one.second, "table-column");
    xml.element("style:table-column-properties", "style:column-width",
                points_text(static_cast<double>(one.first) / 100));
    xml.end();
  }
  for (const auto& one : cells_) {
    start_style(xml, one.second, "table-cell");
    xml.start("style:table-cell-properties");
    if (one.first >= 0) xml.attribute("fo:background-color", hex_color(static_cast<std::uint32_t>(one.first)));
    xml.attribute("fo:padding", "3pt");
    xml.attribute("fo:border", "0.5pt solid #000000");
    xml.end();
    xml.end();
  }
  start_style(xml, "Picture", "graphic");
  xml.attribute("style:parent-style-name", "Graphics");
  xml.start("style:graphic-properties");
  xml.attribute("style:vertical-pos", "top");
  xml.attribute("style:vertical-rel", "baseline");
  xml.end();
  xml.end();
  xml.end();
  return xml.taken();
}

} // namespace doc::odt
