#include "numbering_writer.hpp"

#include "../../xml/writer.hpp"
#include "namespaces.hpp"

#include <algorithm>
#include <string_view>

namespace doc::docx {
namespace {

constexpr std::array<Numbering, 6> kinds = {Numbering::bullet,      Numbering::decimal,     Numbering::lower_alpha,
                                            Numbering::upper_alpha, Numbering::lower_roman, Numbering::upper_roman};

std::string_view format_of(Numbering numbering) {
  switch (numbering) {
  case Numbering::bullet: return "bullet";
  case Numbering::decimal: return "decimal";
  case Numbering::lower_alpha: return "lowerLetter";
  case Numbering::upper_alpha: return "upperLetter";
  case Numbering::lower_roman: return "lowerRoman";
  case Numbering::upper_roman: return "upperRoman";
  }
  return "decimal";
}

std::string text_of_level(Numbering numbering, int level) {
  constexpr std::array<std::string_view, 3> bullets = {"•", "◦", "▪"};
  if (numbering == Numbering::bullet) return std::string(bullets[static_cast<std::size_t>(level) % bullets.size()]);
  return "%" + std::to_string(level + 1) + ".";
}

void write_level(xml::Writer& xml, Numbering numbering, int level) {
  xml.start("w:lvl");
  xml.attribute("w:ilvl", level);
  xml.element("w:start", "w:val", 1);
  xml.element("w:numFmt", "w:val", format_of(numbering));
  xml.element("w:lvlText", "w:val", text_of_level(numbering, level));
  xml.element("w:lvlJc", "w:val", "left");
  xml.start("w:pPr");
  xml.start("w:ind");
  xml.attribute("w:left", list_indent_twips * (level + 1));
  xml.attribute("w:hanging", list_indent_twips / 2);
  xml.end();
  xml.end();
  xml.end();
}

} // namespace

int NumberingWriter::add(const List& list, int level) {
  numbers_.push_back({list.numbering, std::max(list.start, 0), std::min(level, most_list_levels - 1)});
  return static_cast<int>(numbers_.size());
}

std::string NumberingWriter::part() const {
  xml::Writer xml;
  xml.declaration();
  xml.start("w:numbering");
  xml.attribute("xmlns:w", main_namespace);
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    xml.start("w:abstractNum");
    xml.attribute("w:abstractNumId", static_cast<std::int64_t>(kind));
    xml.element("w:multiLevelType", "w:val", "multilevel");
    for (int level = 0; level < most_list_levels; ++level) write_level(xml, kinds[kind], level);
    xml.end();
  }
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    const Number& number = numbers_[i];
    const auto kind = std::find(kinds.begin(), kinds.end(), number.numbering) - kinds.begin();
    xml.start("w:num");
    xml.attribute("w:numId", static_cast<std::int64_t>(i + 1));
    xml.element("w:abstractNumId", "w:val", static_cast<std::int64_t>(kind));
    xml.start("w:lvlOverride");
    xml.attribute("w:ilvl", number.level);
    xml.element("w:startOverride", "w:val", number.start);
    xml.end();
    xml.end();
  }
  xml.end();
  return xml.taken();
}

} // namespace doc::docx
