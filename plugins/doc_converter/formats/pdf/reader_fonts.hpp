// What fonts do not say of themselves.
#pragma once

#include <CharTypes.h>

class Gfx8BitFont;
class GfxFont;

namespace doc::pdf {

// How large a Type 3 font's letters are for its size.
double type3_scale(const Gfx8BitFont& font);

// Of a font that is no CID font: has it so many letters that one width of all says something?
bool has_many_widths(const GfxFont& font);

// 0: unknown.
Unicode tex_meaning(CharCode code);

} // namespace doc::pdf
