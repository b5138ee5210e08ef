// What elements, their style attributes and the style sheet say of how text looks.
#pragma once

#include "style_sheet.hpp"
#include "tree.hpp"

#include "../../model/document.hpp"

#include <string>
#include <string_view>

namespace doc::html {

// How the text of an element looks; handed down the tree.
struct Look {
  TextStyle style = {};
  std::string link = {};
  Alignment alignment = Alignment::natural;
  bool preserves_blanks = false;
};

struct Declarations {
  std::string_view text; // of a style attribute

  // The property's last value, lower case, without blanks around it and "!important"; empty: not there.
  std::string value(std::string_view property) const;
};

// `look` with what the element changes in it.
Look look_of(const GumboNode* element, const Look& look, const StyleSheet& sheet);

// Whether the element is there and not shown.
bool is_hidden(const GumboNode* element, const StyleSheet& sheet);
// Whether an element that is inline by its name is a block by its style.
bool is_block_by_style(const GumboNode* element, const StyleSheet& sheet);

enum class Break { none, before, after };
Break page_break_of(const GumboNode* element, const StyleSheet& sheet);

std::optional<std::uint32_t> parse_color(std::string_view text);
// In points; 0 for what is relative to something.
double parse_length(std::string_view text);

} // namespace doc::html
