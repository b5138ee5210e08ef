// Text so that Markdown says just this: backslashes where a character would mean something, and only there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace doc::markdown {

struct TextPlace {
  bool begins_line = false; // at the beginning of a paragraph or behind a line break
  bool ends_line = false;
  bool in_table = false;
  bool in_link = false;
  bool in_heading = false;
};

void append_escaped(std::string& out, std::string_view text, const TextPlace& place);

// `text` between as many backquotes as it takes.
std::string code_span(std::string_view text, bool in_table);

// A link's destination, in "<>" where it has blanks or parentheses.
std::string destination(std::string_view url, bool in_table);

std::string html_escaped(std::string_view text);

// As CommonMark 6.2 asks of what stands beside a mark of emphasis. Where Unicode's tables would be needed the answer is
// the one that is safe: outside() is only true for what is surely a blank or punctuation, inside() for what is surely
// neither.
bool outside(std::uint32_t code_point);
bool inside(std::uint32_t code_point);
bool is_blank(std::uint32_t code_point);

} // namespace doc::markdown
