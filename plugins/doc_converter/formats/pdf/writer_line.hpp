// Draws one line of Pango's, so that who takes the text out of the PDF gets its characters in the order of reading.
#pragma once

#include <cairo.h>
#include <cstdint>
#include <functional>
#include <pango/pangocairo.h>

namespace doc::pdf {

// Draws what an attribute of shape stands for; its left end on the baseline is at x and y.
using DrawShape = std::function<void(const PangoAttrShape& shape, double x, double y)>;

// `x` and `baseline` in points; `color` (0xRRGGBB) where the line's attributes say none.
void draw_line(cairo_t* cairo, PangoLayoutLine* line, double x, double baseline, std::uint32_t color,
               const DrawShape& draw_shape);

} // namespace doc::pdf
