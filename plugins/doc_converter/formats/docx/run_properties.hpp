// How runs look: what w:rPr says (ECMA-376 part 1, 17.3.2), and how styles and runs add up.
#pragma once

#include "../../model/document.hpp"
#include "../../xml/tree.hpp"

#include <cstdint>
#include <optional>

namespace doc::docx {

struct RunProperties {
  std::optional<bool> bold, italic, strikethrough, underline, hidden, fixed_width;
  std::optional<int> raised;              // 1 superscript, -1 subscript
  std::optional<std::int64_t> color;      // -1: automatic
  std::optional<std::int64_t> background; // -1: none
  bool is_symbol_font = false;            // whose letters are pictures
};

RunProperties read_run_properties(pugi::xml_node properties);

// What `above` does not say holds from `below`: a style and the one it is based on.
void inherit(RunProperties& above, const RunProperties& below);

// A run's look from its paragraph's style, its character style and its own properties. Toggles of two styles cancel
// each other (17.7.3). Of a heading or a quotation, whose look says what it is (`style_says`), only that counts
// in which the run differs from its style.
struct Look {
  TextStyle style;
  bool hidden = false;
};
Look resolve(const RunProperties& paragraph, const RunProperties& character, const RunProperties& own, bool style_says);

} // namespace doc::docx
