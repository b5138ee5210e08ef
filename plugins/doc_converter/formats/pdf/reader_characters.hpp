// What characters of a PDF mean as text.
#pragma once

#include "reader_page.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace doc::pdf {

// Bold, italic and so on by the names that foundries use.
Face face_by_name(std::string_view name);

bool is_blank_character(std::uint32_t code_point);
bool is_combining(std::uint32_t code_point);
bool is_right_to_left(std::uint32_t code_point);
bool is_east_asian(std::uint32_t code_point); // written without blanks

// Appends the character as it is written in running text: ligatures and presentation forms as their letters, the
// private codes of symbol fonts as what they show; nothing for control characters.
void append_readable(std::string& out, std::uint32_t code_point, bool symbol_font);

} // namespace doc::pdf
