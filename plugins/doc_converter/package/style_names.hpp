// What styles mean by their names. Word stores its own styles' names in English whatever its language is; other
// programs store theirs.
#pragma once

#include <string_view>

namespace doc::package {

enum class StyleKind { none, body, quote, code, code_text, table_caption, table_heading, link };

struct StyleMeaning {
  StyleKind kind = StyleKind::none;
  int heading = 0; // its level; 0: none
};

StyleMeaning meaning_of(std::string_view name);

// Whether a face of that name has letters of one width, as code is set in.
bool is_fixed_width(std::string_view face);

} // namespace doc::package
