// Bullets and numbers that are text: somebody typed them, or a program of before Word 97 wrote what its list shows.
#pragma once

#include "../../model/document.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace doc::rtf {

struct TypedMark {
  Numbering numbering = Numbering::bullet;
  std::int32_t number = 1;
  std::size_t length = 0; // in bytes, with the tab
};

// A bullet or a number at the beginning of the text, and a tab.
std::optional<TypedMark> typed_mark(const std::string& text);

// The number that a list shows ("7.", "iv)", "(b)"); nothing for what is none. `before` is the one above, which tells
// whether "c." is a letter or a hundred.
std::optional<TypedMark> shown_number(std::string text, const std::optional<TypedMark>& before);

} // namespace doc::rtf
