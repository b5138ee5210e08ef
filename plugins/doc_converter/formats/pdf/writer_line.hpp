// Draws one line of Pango's, so that who takes the text out of the PDF gets its characters in the order of reading.
#pragma once

#include <cairo.h>
#include <cstdint>
#include <pango/pangocairo.h>

namespace doc::pdf {

// `x` and `baseline` in points; `color` (0xRRGGBB) where the line's attributes say none.
void draw_line(cairo_t* cairo, PangoLayoutLine* line, double x, double baseline, std::uint32_t color);

} // namespace doc::pdf
