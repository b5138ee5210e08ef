// styles.xml: what a paragraph or a run is by the style it names, with what its style is based on.
#pragma once

#include "run_properties.hpp"

#include "../../xml/tree.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace doc::docx {

struct ParagraphStyle {
  std::string id;
  int heading = 0; // its level; 0: none
  bool is_quote = false;
  bool is_code = false;
  bool is_table_caption = false;
  bool is_table_heading = false;
  bool is_line = false; // an empty paragraph of it shows a line
  std::string alignment;
  std::optional<long> indent; // twips
  std::optional<long> number; // w:numId
  std::optional<long> number_level;
  RunProperties run;

  // Whether the style's look is part of what it is: a quotation's slanted letters are no emphasis.
  bool says_its_look() const { return heading > 0 || is_quote || is_table_caption || is_table_heading; }
};

struct CharacterStyle {
  RunProperties run;
  bool is_link = false; // whose colour and underline say nothing more
};

class Styles {
public:
  // Without a part every style is plain. The tree is kept.
  explicit Styles(std::unique_ptr<xml::Tree> tree);

  const ParagraphStyle& paragraph(std::string_view id);
  const CharacterStyle& character(std::string_view id);
  // The w:numId that the numbering style `id` stands for; 0: none.
  long number_of_numbering_style(std::string_view id) const;
  const std::string& language() const { return language_; }

private:
  struct Entry {
    pugi::xml_node node;
    std::optional<ParagraphStyle> paragraph;
    std::optional<CharacterStyle> character;
    bool in_progress = false; // styles that are based on each other
  };

  Entry* find(std::string_view id);
  void resolve(Entry& entry);

  std::unique_ptr<xml::Tree> tree_;
  std::unordered_map<std::string, Entry> entries_;
  std::string default_paragraph_;
  std::string language_;
  ParagraphStyle no_paragraph_;
  CharacterStyle no_character_;
  int depth_ = 0;
};

// Whether the borders are those of a line across the page: one at the bottom or the top, and none at the sides.
bool is_line(pugi::xml_node borders);

// w:ind's left edge in twips, if it says.
std::optional<long> left_indent(pugi::xml_node indent);

} // namespace doc::docx
