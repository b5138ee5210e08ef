#include "writer_line.hpp"

#include "writer_glyphs.hpp"

#include <algorithm>
#include <vector>

namespace doc::pdf {
namespace {

double points(int units) { return static_cast<double>(units) / PANGO_SCALE; }

struct Run {
  PangoGlyphItem* item;
  const char* text;
  double x, y;
  PangoColor color;
};

// What a line is made of, as Pango's renderer gives it: grounds and underlines are drawn at once, runs when all are
// known.
struct Line {
  cairo_t* cairo;
  PangoColor color; // the default
  const DrawShape* draw_shape;
  std::vector<Run> runs;

  void set_source(const PangoColor& one) const {
    cairo_set_source_rgb(cairo, one.red / 65535.0, one.green / 65535.0, one.blue / 65535.0);
  }
};

struct Renderer {
  PangoRenderer parent;
  Line* line;
};
struct RendererClass {
  PangoRendererClass parent;
};

Line& line_of(PangoRenderer* renderer) { return *reinterpret_cast<Renderer*>(renderer)->line; }

PangoColor color_of(PangoRenderer* renderer, PangoRenderPart part) {
  const PangoColor* color = pango_renderer_get_color(renderer, part);
  return color ? *color : line_of(renderer).color;
}

void keep_run(PangoRenderer* renderer, const char* text, PangoGlyphItem* item, int x, int y) {
  line_of(renderer).runs.push_back(
      {item, text, points(x), points(y), color_of(renderer, PANGO_RENDER_PART_FOREGROUND)});
}

void draw_rectangle(PangoRenderer* renderer, PangoRenderPart part, int x, int y, int width, int height) {
  const Line& line = line_of(renderer);
  line.set_source(color_of(renderer, part));
  cairo_rectangle(line.cairo, points(x), points(y), points(width), points(height));
  cairo_fill(line.cairo);
}

void draw_shape(PangoRenderer* renderer, PangoAttrShape* shape, int x, int y) {
  const Line& line = line_of(renderer);
  (*line.draw_shape)(*shape, points(x), points(y));
}

void set_methods(gpointer type, gpointer) {
  PangoRendererClass* methods = PANGO_RENDERER_CLASS(type);
  methods->draw_glyph_item = keep_run;
  methods->draw_rectangle = draw_rectangle;
  methods->draw_shape = draw_shape;
}

GType renderer_type() {
  static const GType type =
      g_type_register_static_simple(PANGO_TYPE_RENDERER, "DocPdfLineRenderer", sizeof(RendererClass), set_methods,
                                    sizeof(Renderer), nullptr, static_cast<GTypeFlags>(0));
  return type;
}

} // namespace

void draw_line(cairo_t* cairo, PangoLayoutLine* pango, double x, double baseline, std::uint32_t color,
               const DrawShape& draw_shape) {
  const auto part = [color](int shift) { return static_cast<guint16>((color >> shift & 0xff) * 257); };
  Line line{cairo, {part(16), part(8), part(0)}, &draw_shape, {}};
  auto* renderer = reinterpret_cast<Renderer*>(g_object_new(renderer_type(), nullptr));
  renderer->line = &line;
  cairo_save(cairo);
  cairo_translate(cairo, x, baseline);
  pango_renderer_draw_layout_line(&renderer->parent, pango, 0, 0);
  g_object_unref(renderer);
  // Runs come from left to right: who reads the page as it is drawn gets them in the order of reading.
  std::sort(line.runs.begin(), line.runs.end(),
            [](const Run& a, const Run& b) { return a.item->item->offset < b.item->item->offset; });
  for (const Run& run : line.runs) {
    line.set_source(run.color);
    show_glyphs(cairo, run.item, run.text, run.x, run.y);
  }
  cairo_restore(cairo);
}

} // namespace doc::pdf
