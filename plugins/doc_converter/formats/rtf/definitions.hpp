// What the header of an RTF document defines: fonts, colours, styles, lists.
#pragma once

#include "../../model/document.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace doc::rtf {

struct Font {
  std::string name;
  std::uint32_t code_page = 0; // 0: the document's
  bool is_symbol = false;
  bool is_fixed_width = false;
};

enum class StyleKind : std::uint8_t { other, heading, code, quote };

struct Style {
  std::string name;
  StyleKind kind = StyleKind::other;
  int level = 0;       // of a heading
  bool italic = false; // what the style alone makes of the text
};

struct ListLevel {
  int number_format = 0; // \levelnfc
  std::int32_t start = 1;
};

struct ListDefinition {
  std::int32_t id = 0;
  std::vector<ListLevel> levels;
};

struct ListOverride {
  std::int32_t list_id = 0;
  std::unordered_map<int, std::int32_t> starts; // of levels
};

struct Definitions {
  std::unordered_map<int, Font> fonts;
  std::vector<std::optional<std::uint32_t>> colors; // nothing: the reader's own
  std::unordered_map<int, Style> styles, character_styles;
  std::unordered_map<std::int32_t, ListDefinition> lists;   // by id
  std::unordered_map<std::int32_t, ListOverride> overrides; // by \ls
  int default_font = -1;

  std::optional<std::uint32_t> color(std::int32_t index) const;
  // Null where the paragraph's list is not defined, or has neither bullets nor numbers.
  const ListLevel* level(std::int32_t override_number, int level) const;
};

// By the name, in the languages that Word speaks.
void classify(Style& style);
void classify(Font& font);

std::uint32_t code_page_of_charset(int charset); // \fcharset; 0: the document's
Numbering numbering_of(int number_format);

// What a byte means in a symbol font (Symbol, Wingdings), as Unicode.
std::uint32_t symbol(const std::string& font, std::uint32_t byte);

// BCP 47 of a Windows language identifier; empty for those that are rare.
std::string language_of(std::int32_t identifier);
// The other way round; 0 for what has none here.
std::int32_t language_identifier(std::string_view tag);

} // namespace doc::rtf
