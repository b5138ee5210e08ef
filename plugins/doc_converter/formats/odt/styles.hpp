// The styles of styles.xml and content.xml: what paragraphs, runs, lists, cells and columns are by the styles they
// name, with what those are based on.
#pragma once

#include "../../model/document.hpp"
#include "../../package/style_names.hpp"
#include "../../xml/tree.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace doc::odt {

struct TextProperties {
  std::optional<bool> bold, italic, strikethrough, underline, hidden, fixed_width;
  std::optional<int> raised;              // 1 superscript, -1 subscript
  std::optional<std::int64_t> color;      // -1: automatic
  std::optional<std::int64_t> background; // -1: transparent
};

// What `above` does not say holds from `below`.
void inherit(TextProperties& above, const TextProperties& below);

struct Style {
  package::StyleKind kind = package::StyleKind::none;
  int heading = 0;
  bool is_line = false; // an empty paragraph of it shows a line
  bool breaks_page = false;
  bool breaks_page_after = false;
  bool is_right_to_left = false;
  std::string_view alignment = {};
  std::string_view list_style = {};
  std::optional<std::int64_t> background = {};
  double width = 0; // of a column, for its proportion
  TextProperties text = {};
  TextProperties common = {}; // without what automatic styles add
};

struct ListLevel {
  Numbering numbering = Numbering::bullet;
  std::int32_t start = 1;
  bool is_marked = false;
};

class Styles {
public:
  // Of the roots of content.xml and styles.xml, which outlive this; the second may be null.
  Styles(pugi::xml_node content, pugi::xml_node styles);

  const Style& find(std::string_view family, std::string_view name);
  // `level` from 1. A list without a style has bullets.
  ListLevel list_level(std::string_view style, int level) const;
  const std::string& language() const { return language_; }

private:
  struct Entry {
    pugi::xml_node node;
    bool is_common = false;
    bool is_resolved = false;
    bool in_progress = false; // styles that are based on each other
    Style style = {};
  };

  void add(pugi::xml_node styles, bool is_common);
  void add_fonts(pugi::xml_node declarations);
  static void apply_name(std::string_view name, Style& style, bool is_paragraph);
  void resolve(Entry& entry);
  TextProperties read_text(pugi::xml_node properties) const;

  std::unordered_map<std::string, Entry> entries_; // by "family/name"
  std::unordered_map<std::string, pugi::xml_node> lists_;
  std::unordered_map<std::string, bool> fixed_fonts_;
  std::string language_;
  Style none_;
  int depth_ = 0;
};

} // namespace doc::odt
