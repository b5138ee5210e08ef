#include "reader_fonts.hpp"

#include <GfxFont.h>

#include <algorithm>
#include <cmath>

namespace doc::pdf {

// Type 3 fonts have a measure of their own: what their letters are wide says how large they are.
double type3_scale(const Gfx8BitFont& font) {
  // Of a roman face, in thousandths of its size, from "a".
  static constexpr int letters[] = {500, 556, 444, 556, 444, 306, 500, 556, 278, 306, 528, 278, 833,
                                    556, 500, 556, 528, 392, 394, 389, 556, 528, 722, 528, 528, 444};
  double width = 0, usual = 0, letter_width = 0, narrowest = 1e9, widest = 0;
  int count = 0, known = 0;
  for (unsigned code = 0; code < 256; ++code) {
    const double one = font.getWidth(static_cast<unsigned char>(code));
    if (one <= 0) continue;
    width += one;
    ++count;
    if (!(code >= 'a' && code <= 'z') && !(code >= '0' && code <= '9')) continue;
    usual += code >= 'a' ? letters[code - 'a'] / 1000.0 : 0.5;
    letter_width += one;
    narrowest = std::min(narrowest, one);
    widest = std::max(widest, one);
    ++known;
  }
  const double* matrix = font.getFontMatrix();
  const double lying = matrix[0] != 0 ? std::fabs(matrix[3] / matrix[0]) : 1;
  if (known >= 4 && widest < 1.02 * narrowest) return widest / 0.525 * lying; // of a typewriter
  if (known >= 4) return letter_width / usual * lying;
  return count == 0 ? 1 : width / count / 0.5 * lying;
}

// poppler takes a font for one of a typewriter, too, where the few letters that it has happen to be of one width.
bool has_many_widths(const GfxFont& font) {
  int count = 0;
  const auto& simple = static_cast<const Gfx8BitFont&>(font);
  for (unsigned code = 0; code < 256 && count < 8; ++code)
    count += simple.getWidth(static_cast<unsigned char>(code)) > 0 ? 1 : 0;
  return count >= 8;
}

// The bitmap fonts of TeX name none of their letters; those of its two encodings that are no ASCII and often used.
Unicode tex_meaning(CharCode code) {
  switch (code) {
  case 0x0b:
  case 0x1b: return 0xfb00; // ff
  case 0x0c:
  case 0x1c: return 0xfb01; // fi
  case 0x0d:
  case 0x1d: return 0xfb02; // fl
  case 0x0e:
  case 0x1e: return 0xfb03; // ffi
  case 0x0f:
  case 0x1f: return 0xfb04; // ffl
  case 0x10: return 0x201c;
  case 0x11: return 0x201d;
  case 0x15: return 0x2013;
  case 0x16: return 0x2014;
  case 0x88: return 0x2022;                                // of the companion fonts
  default: return code >= 0xc0 && code <= 0xff ? code : 0; // of the Cork encoding, nearly as Latin-1
  }
}

} // namespace doc::pdf
