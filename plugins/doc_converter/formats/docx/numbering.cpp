#include "numbering.hpp"

#include "styles.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace doc::docx {
namespace {

constexpr long most_ids = 1 << 30;

long id_of(pugi::xml_node node, const char* attribute) { return xml::number_of(node, attribute, -1, -1, most_ids); }

doc::Numbering numbering_of(std::string_view format) {
  if (format == "bullet") return doc::Numbering::bullet;
  if (format == "lowerLetter") return doc::Numbering::lower_alpha;
  if (format == "upperLetter") return doc::Numbering::upper_alpha;
  if (format == "lowerRoman") return doc::Numbering::lower_roman;
  if (format == "upperRoman") return doc::Numbering::upper_roman;
  return doc::Numbering::decimal;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos || text == "\xe2\x80\x8b" || text == "\xc2\xa0";
}

} // namespace

NumberingReader::NumberingReader(std::unique_ptr<xml::Tree> tree, const Styles& styles)
    : tree_(std::move(tree)), styles_(styles) {
  if (!tree_) return;
  for (const pugi::xml_node node : tree_->root().children("w:abstractNum")) {
    Abstract abstract;
    for (const pugi::xml_node child : node.children("w:lvl")) {
      const long level = id_of(child, "w:ilvl");
      if (level >= 0 && level < level_count) abstract.levels[static_cast<std::size_t>(level)] = read_level(child);
    }
    abstract.style_link = xml::value_of(node.child("w:numStyleLink"), "w:val");
    abstracts_.emplace(id_of(node, "w:abstractNumId"), std::move(abstract));
  }
  for (const pugi::xml_node node : tree_->root().children("w:num")) {
    Number number;
    number.abstract = id_of(node.child("w:abstractNumId"), "w:val");
    for (const pugi::xml_node change : node.children("w:lvlOverride")) {
      const long level = id_of(change, "w:ilvl");
      if (level < 0 || level >= level_count) continue;
      if (const pugi::xml_node child = change.child("w:lvl"))
        number.overridden[static_cast<int>(level)] = read_level(child);
      if (const pugi::xml_node start = change.child("w:startOverride"))
        number.starts[static_cast<std::size_t>(level)] =
            static_cast<std::int32_t>(xml::number_of(start, "w:val", 1, 0, 1'000'000'000));
    }
    numbers_.emplace(id_of(node, "w:numId"), std::move(number));
  }
}

NumberingReader::Level NumberingReader::read_level(pugi::xml_node node) {
  Level level;
  const std::string_view format = xml::value_of(node.child("w:numFmt"), "w:val");
  const std::string_view text = xml::value_of(node.child("w:lvlText"), "w:val");
  const bool has_picture = static_cast<bool>(node.child("w:lvlPicBulletId"));
  level.numbering = numbering_of(format);
  level.is_marked = format != "none" && (has_picture || !is_blank(text));
  level.start = static_cast<std::int32_t>(xml::number_of(node.child("w:start"), "w:val", 1, 0, 1'000'000'000));
  level.indent = left_indent(node.child("w:pPr").child("w:ind"));
  level.style = xml::value_of(node.child("w:pStyle"), "w:val");
  if (const pugi::xml_node restart = node.child("w:lvlRestart"))
    level.restart = xml::number_of(restart, "w:val", 0, 0, level_count);
  return level;
}

NumberingReader::Number* NumberingReader::find(long list) {
  const auto found = numbers_.find(list);
  return list <= 0 || found == numbers_.end() ? nullptr : &found->second;
}

// An abstract numbering may stand for that of a numbering style (17.9.21).
NumberingReader::Abstract* NumberingReader::abstract_of(const Number& number) {
  long id = number.abstract;
  for (int steps = 0; steps < 4; ++steps) {
    const auto found = abstracts_.find(id);
    if (found == abstracts_.end()) return nullptr;
    if (found->second.style_link.empty()) return &found->second;
    const Number* linked = find(styles_.number_of_numbering_style(found->second.style_link));
    if (!linked) return &found->second;
    id = linked->abstract;
  }
  return nullptr;
}

std::optional<int> NumberingReader::level_of_style(long list, std::string_view style) {
  const Number* number = find(list);
  const Abstract* abstract = number ? abstract_of(*number) : nullptr;
  if (!abstract) return std::nullopt;
  for (int level = 0; level < level_count; ++level) {
    if (!style.empty() && abstract->levels[static_cast<std::size_t>(level)].style == style) return level;
  }
  return std::nullopt;
}

std::optional<ItemPlace> NumberingReader::next(long list, int level) {
  Number* number = find(list);
  Abstract* abstract = number ? abstract_of(*number) : nullptr;
  if (!abstract) return std::nullopt;
  const auto at = static_cast<std::size_t>(std::clamp(level, 0, level_count - 1));
  const auto changed = number->overridden.find(static_cast<int>(at));
  const Level& form = changed == number->overridden.end() ? abstract->levels[at] : changed->second;
  ItemPlace place{list, static_cast<int>(at), form.numbering, 1, form.indent, form.is_marked};
  if (!form.is_marked) return place;
  auto& counters = abstract->counters;
  if (number->starts[at]) {
    counters[at] = *number->starts[at];
    number->starts[at].reset();
  } else if (!counters[at]) {
    counters[at] = form.start;
  } else if (*counters[at] < std::numeric_limits<std::int32_t>::max()) {
    ++*counters[at];
  }
  place.number = *counters[at];
  for (std::size_t deeper = at + 1; deeper < counters.size(); ++deeper) {
    const auto& restart = abstract->levels[deeper].restart;
    if (!restart || (*restart > 0 && at < static_cast<std::size_t>(*restart))) counters[deeper].reset();
  }
  return place;
}

} // namespace doc::docx
