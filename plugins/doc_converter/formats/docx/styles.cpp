#include "styles.hpp"

#include "../../package/style_names.hpp"
#include "../../text/utf8.hpp"

#include <algorithm>

namespace doc::docx {
namespace {

using package::StyleKind;

constexpr int longest_chain = 100; // of styles that are based on others
constexpr long body_level = 9;     // of w:outlineLvl: no heading

void apply_meaning(const package::StyleMeaning& meaning, ParagraphStyle& style) {
  if (meaning.heading > 0) style.heading = meaning.heading;
  if (meaning.kind == StyleKind::body) style.heading = 0;
  if (meaning.kind == StyleKind::quote) style.is_quote = true;
  if (meaning.kind == StyleKind::code) style.is_code = true;
  style.is_table_caption = meaning.kind == StyleKind::table_caption;
  style.is_table_heading = style.is_table_heading || meaning.kind == StyleKind::table_heading;
}

} // namespace

bool is_line(pugi::xml_node borders) {
  const auto shows = [&](const char* side) {
    const std::string_view kind = xml::value_of(borders.child(side), "w:val");
    return !kind.empty() && kind != "none" && kind != "nil";
  };
  return (shows("w:bottom") || shows("w:top")) && !shows("w:left") && !shows("w:right") && !shows("w:start") &&
         !shows("w:end");
}

std::optional<long> left_indent(pugi::xml_node indent) {
  for (const char* name : {"w:start", "w:left"}) {
    if (indent.attribute(name)) return xml::number_of(indent, name, 0, -100'000, 100'000);
  }
  return std::nullopt;
}

Styles::Styles(std::unique_ptr<xml::Tree> tree) : tree_(std::move(tree)) {
  if (!tree_) return;
  for (const pugi::xml_node node : tree_->root().children("w:style")) {
    const std::string id(xml::value_of(node, "w:styleId"));
    const std::string_view is_default = xml::value_of(node, "w:default");
    if (xml::value_of(node, "w:type") == "paragraph" && (is_default == "1" || is_default == "true"))
      default_paragraph_ = id;
    entries_.emplace(id, Entry{node, {}, {}, false});
  }
  const pugi::xml_node defaults = tree_->root().child("w:docDefaults").child("w:rPrDefault").child("w:rPr");
  language_ = clean_text(xml::value_of(defaults.child("w:lang"), "w:val"));
  if (const Entry* entry = find(default_paragraph_); entry && language_.empty())
    language_ = clean_text(xml::value_of(entry->node.child("w:rPr").child("w:lang"), "w:val"));
}

Styles::Entry* Styles::find(std::string_view id) {
  const auto found = entries_.find(std::string(id));
  return found == entries_.end() ? nullptr : &found->second;
}

const ParagraphStyle& Styles::paragraph(std::string_view id) {
  Entry* entry = find(id.empty() ? std::string_view(default_paragraph_) : id);
  if (!entry) { // some programs name styles that they do not define: the name says enough
    entry = &entries_.emplace(std::string(id), Entry{{}, {}, {}, false}).first->second;
    const Entry* base = find(default_paragraph_);
    if (base && base != entry && !base->paragraph) resolve(*find(default_paragraph_));
    entry->paragraph = base && base->paragraph ? *base->paragraph : ParagraphStyle{};
    entry->paragraph->id = id;
    apply_meaning(package::meaning_of(id), *entry->paragraph);
  }
  if (!entry || xml::value_of(entry->node, "w:type") == "character") return no_paragraph_;
  if (!entry->paragraph) resolve(*entry);
  return entry->paragraph ? *entry->paragraph : no_paragraph_;
}

const CharacterStyle& Styles::character(std::string_view id) {
  Entry* entry = id.empty() ? nullptr : find(id);
  if (!entry) return no_character_;
  if (!entry->paragraph) resolve(*entry);
  return entry->character ? *entry->character : no_character_;
}

long Styles::number_of_numbering_style(std::string_view id) const {
  const auto found = entries_.find(std::string(id));
  if (found == entries_.end()) return 0;
  return xml::number_of(found->second.node.child("w:pPr").child("w:numPr").child("w:numId"), "w:val", 0, 0, 1 << 30);
}

void Styles::resolve(Entry& entry) {
  if (entry.in_progress || depth_ > longest_chain) return;
  entry.in_progress = true;
  ++depth_;
  ParagraphStyle style;
  CharacterStyle character;
  const std::string_view base_id = xml::value_of(entry.node.child("w:basedOn"), "w:val");
  if (Entry* base = base_id.empty() ? nullptr : find(base_id)) {
    if (!base->paragraph) resolve(*base);
    if (base->paragraph) style = *base->paragraph;
    if (base->character) character = *base->character;
  }
  --depth_;
  entry.in_progress = false;

  const std::string id(xml::value_of(entry.node, "w:styleId"));
  style.id = id;
  const package::StyleMeaning meaning = package::meaning_of(xml::value_of(entry.node.child("w:name"), "w:val"));
  apply_meaning(meaning, style);
  if (meaning.kind == StyleKind::link) character.is_link = true;

  const pugi::xml_node properties = entry.node.child("w:pPr");
  const long outline = xml::number_of(properties.child("w:outlineLvl"), "w:val", -1, -1, body_level);
  if (outline == body_level) style.heading = 0;
  if (outline >= 0 && outline < body_level && meaning.heading == 0 && meaning.kind == StyleKind::none)
    style.heading = static_cast<int>(std::min(outline + 1, 6L));
  if (const pugi::xml_node borders = properties.child("w:pBdr")) style.is_line = is_line(borders);
  if (const pugi::xml_node alignment = properties.child("w:jc")) style.alignment = xml::value_of(alignment, "w:val");
  if (const auto indent = left_indent(properties.child("w:ind"))) style.indent = indent;
  if (const pugi::xml_node number = properties.child("w:numPr")) {
    if (number.child("w:numId")) style.number = xml::number_of(number.child("w:numId"), "w:val", 0, 0, 1 << 30);
    if (number.child("w:ilvl")) style.number_level = xml::number_of(number.child("w:ilvl"), "w:val", 0, 0, 8);
  }

  RunProperties run = read_run_properties(entry.node.child("w:rPr"));
  if (meaning.kind == StyleKind::code_text) run.fixed_width = true;
  RunProperties inherited = run;
  inherit(inherited, style.run);
  style.run = inherited;
  inherit(run, character.run);
  character.run = run;
  if (character.is_link) character.run.color = character.run.underline = std::nullopt;
  if (id == default_paragraph_ && xml::value_of(entry.node, "w:type") == "paragraph") style.run.color = std::nullopt;
  entry.paragraph = std::move(style);
  entry.character = std::move(character);
}

} // namespace doc::docx
