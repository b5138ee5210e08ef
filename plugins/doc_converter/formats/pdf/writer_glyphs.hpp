// Glyphs of one run, with the characters that each of them stands for.
#pragma once

#include <cairo.h>
#include <pango/pangocairo.h>

namespace doc::pdf {

// The run's origin is in points. `text` is what the run's offset counts in.
void show_glyphs(cairo_t* cairo, PangoGlyphItem* run, const char* text, double x, double y);

} // namespace doc::pdf
