// Letters of fonts whose letters are pictures, as Unicode has them.
#pragma once

#include <cstdint>
#include <string_view>

namespace doc::docx {

// The code point for letter `code` of the font: 0 where none is known. Codes are those of the font, or 0xF000 more.
std::uint32_t symbol(std::string_view font, std::uint32_t code);

} // namespace doc::docx
