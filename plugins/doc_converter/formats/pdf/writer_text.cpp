#include "writer_text.hpp"

#include "../../text/utf8.hpp"
#include "writer_line.hpp"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

namespace doc::pdf {
namespace {

// Families in the order in which they are looked for; fontconfig finds others for what they do not have.
constexpr const char* text_families = "Liberation Serif,Noto Serif,DejaVu Serif,serif";
constexpr const char* code_families = "DejaVu Sans Mono,Liberation Mono,Noto Sans Mono,monospace";
constexpr std::uint32_t link_color = 0x1a4b8c;
constexpr double line_height = 1.16;      // of what the font asks for
constexpr std::size_t most_bytes = 16384; // of one layout: Pango's time grows faster than its text
constexpr std::size_t most_word = 2048;   // without a blank, where Pango's time is worse
constexpr const char* picture_character = "\xef\xbf\xbc";

struct Picture {
  Surface surface;
  double width, height; // points
};

double points(int units) { return static_cast<double>(units) / PANGO_SCALE; }
int units(double value) { return static_cast<int>(value * PANGO_SCALE); }

void draw_picture(Pages& pages, const Picture& picture, double x, double y) {
  const Surface surface = pages.to_paint(picture.surface);
  cairo_t* cairo = pages.cairo();
  cairo_save(cairo);
  cairo_translate(cairo, x, y - picture.height);
  cairo_scale(cairo, picture.width / cairo_image_surface_get_width(surface.get()),
              picture.height / cairo_image_surface_get_height(surface.get()));
  cairo_set_source_surface(cairo, surface.get(), 0, 0);
  cairo_paint(cairo);
  cairo_restore(cairo);
}

PangoFontDescription* description(const Font& font) {
  PangoFontDescription* result = pango_font_description_new();
  pango_font_description_set_family_static(result, font.code ? code_families : text_families);
  pango_font_description_set_size(result, units(font.code ? font.size * 0.86 : font.size));
  if (font.bold) pango_font_description_set_weight(result, PANGO_WEIGHT_BOLD);
  if (font.italic) pango_font_description_set_style(result, PANGO_STYLE_ITALIC);
  return result;
}

// How much of `text` one layout takes: up to a blank, and no more of a word without end than Pango can bear.
std::size_t part_length(std::string_view text) {
  std::size_t after_blank = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (at >= most_bytes && after_blank > 0) return after_blank;
    if (text[at] == ' ' || text[at] == '\n') after_blank = at + 1;
    if (at >= after_blank + most_word) break;
  }
  if (at == text.size()) return at;
  if (after_blank > 0) return after_blank;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  return at;
}

PangoAlignment pango_alignment(Alignment alignment) {
  if (alignment == Alignment::center) return PANGO_ALIGN_CENTER;
  return alignment == Alignment::right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;
}

} // namespace

struct Typesetter::Run {
  std::size_t begin, end;
  TextStyle style;
  std::string link;
};

// A paragraph's text, and what stands where in it.
struct Typesetter::Text {
  struct Place {
    std::size_t at;
    std::string anchor;
    Items notes;
  };
  struct PlacedPicture {
    std::size_t at;
    Picture picture;
  };

  std::string bytes;
  std::vector<Run> runs;
  std::vector<Place> places;
  std::deque<PlacedPicture> pictures; // their addresses are in Pango's attributes
};

Typesetter::Typesetter(Images& images, MakeNote make_note) : images_(images), make_note_(std::move(make_note)) {
  PangoFontMap* fonts = pango_cairo_font_map_new();
  pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(fonts), 72); // a unit is a point
  context_ = pango_font_map_create_context(fonts);
  g_object_unref(fonts);
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context_, options);
  cairo_font_options_destroy(options);
  pango_context_set_round_glyph_positions(context_, FALSE);
}

Typesetter::~Typesetter() { g_object_unref(context_); }

void Typesetter::fit(const Image& image, double most_width, double most_height, double& width, double& height) {
  width = image.width_pt > 0 ? image.width_pt : image.width_px * 0.75;
  height = image.height_pt > 0 ? image.height_pt : image.height_px * 0.75;
  if (width <= 0 || height <= 0) width = height = 72;
  const double scale = std::min({1.0, most_width / width, most_height / height});
  width *= scale;
  height *= scale;
}

void Typesetter::add_picture(const Inline& run, const TextBox& box, Text& text) {
  const Image& image = *std::get<std::shared_ptr<const Image>>(run.content);
  const std::size_t begin = text.bytes.size();
  Run placed{begin, begin, {}, run.link};
  if (Surface surface = images_.surface_of(image)) {
    Picture picture{std::move(surface), 0, 0};
    fit(image, box.width, PageSize{}.content_height() * 0.85, picture.width, picture.height);
    text.pictures.push_back({begin, std::move(picture)});
    text.bytes += picture_character;
  } else if (!image.alt.empty()) {
    text.bytes += "[" + clean_text(image.alt) + "]";
    placed.style.italic = true;
    placed.style.color = 0x666666;
  }
  placed.end = text.bytes.size();
  if (placed.end > begin) text.runs.push_back(std::move(placed));
}

void Typesetter::collect(const Inlines& inlines, const TextBox& box, Text& text) {
  for (const Inline& run : inlines) {
    const std::size_t begin = text.bytes.size();
    if (const auto* words = std::get_if<std::string>(&run.content)) {
      text.bytes += *words;
      text.runs.push_back({begin, text.bytes.size(), run.style, run.link});
    } else if (std::holds_alternative<LineBreak>(run.content)) {
      text.bytes += '\n';
    } else if (const auto* anchor = std::get_if<Anchor>(&run.content)) {
      text.places.push_back({begin, anchor->name, {}});
    } else if (const auto* note = std::get_if<Note>(&run.content)) {
      Items items;
      const std::string mark = make_note_(*note, items);
      TextStyle style;
      style.superscript = true;
      text.bytes += mark;
      text.runs.push_back({begin, text.bytes.size(), style, "#note-" + mark});
      text.places.push_back({begin, {}, std::move(items)});
    } else {
      add_picture(run, box, text);
    }
  }
}

PangoAttrList* Typesetter::attributes(const Text& text, std::size_t begin, std::size_t end, const Font& font) const {
  PangoAttrList* list = pango_attr_list_new();
  const auto color16 = [](std::uint32_t color, int shift) {
    return static_cast<guint16>((color >> shift & 0xff) * 257);
  };
  pango_attr_list_insert(list, pango_attr_insert_hyphens_new(FALSE)); // they would be read as part of a word
  auto run = std::lower_bound(text.runs.begin(), text.runs.end(), begin,
                              [](const Run& one, std::size_t at) { return one.end <= at; });
  for (; run != text.runs.end() && run->begin < end; ++run) {
    const auto add = [&](PangoAttribute* attribute) {
      attribute->start_index = static_cast<guint>(std::max(run->begin, begin) - begin);
      attribute->end_index = static_cast<guint>(std::min(run->end, end) - begin);
      pango_attr_list_insert(list, attribute);
    };
    const TextStyle& style = run->style;
    if (style.code && !font.code) {
      add(pango_attr_family_new(code_families));
      add(pango_attr_scale_new(0.86));
    }
    if (style.bold) add(pango_attr_weight_new(PANGO_WEIGHT_BOLD));
    if (style.italic) add(pango_attr_style_new(PANGO_STYLE_ITALIC));
    if (style.underline) add(pango_attr_underline_new(PANGO_UNDERLINE_SINGLE));
    if (style.strikethrough) add(pango_attr_strikethrough_new(TRUE));
    if (style.superscript || style.subscript) {
      add(pango_attr_scale_new(0.7));
      add(pango_attr_rise_new(units(font.size * (style.superscript ? 0.33 : -0.14))));
    }
    const std::optional<std::uint32_t> color = style.color         ? style.color
                                               : run->link.empty() ? std::nullopt
                                                                   : std::optional<std::uint32_t>(link_color);
    if (color) add(pango_attr_foreground_new(color16(*color, 16), color16(*color, 8), color16(*color, 0)));
    if (style.background)
      add(pango_attr_background_new(color16(*style.background, 16), color16(*style.background, 8),
                                    color16(*style.background, 0)));
  }
  for (const Text::PlacedPicture& placed : text.pictures) {
    if (placed.at < begin || placed.at >= end) continue;
    PangoRectangle box{0, -units(placed.picture.height), units(placed.picture.width), units(placed.picture.height)};
    PangoAttribute* shape =
        pango_attr_shape_new_with_data(&box, &box, const_cast<Picture*>(&placed.picture), nullptr, nullptr);
    shape->start_index = static_cast<guint>(placed.at - begin);
    shape->end_index = shape->start_index + 3;
    pango_attr_list_insert(list, shape);
  }
  return list;
}

namespace {

// A layout, and the text that its attributes point into.
struct Layout {
  PangoLayout* pango;
  std::shared_ptr<const void> text;

  Layout(PangoContext* context, std::shared_ptr<const void> owner)
      : pango(pango_layout_new(context)), text(std::move(owner)) {}
  ~Layout() { g_object_unref(pango); }
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
};

struct LinkPart {
  double x, width;
  std::string url;
};

// What draws one line; copied with its item.
struct LineDraw {
  std::shared_ptr<const Layout> layout;
  PangoLayoutLine* line; // of the layout
  double x, ascent, height;
  std::uint32_t color;
  std::vector<LinkPart> links;
  std::vector<std::string> anchors;

  void operator()(Pages& pages, double y) const {
    for (const std::string& name : anchors) pages.anchor(name, x, y);
    draw_line(pages.cairo(), line, x, y + ascent, color,
              [&pages](const PangoAttrShape& shape, double left, double foot) {
                draw_picture(pages, *static_cast<const Picture*>(shape.data), left, foot);
              });
    for (const LinkPart& link : links) pages.link(x + link.x, y, link.width, height, link.url);
  }
};

// Characters that no font has: Pango would draw their numbers, which would be read as text. The font's own sign for
// what it lacks keeps the character in the PDF's text.
void show_unknown(PangoLayout* layout) {
  for (GSList* line = pango_layout_get_lines(layout); line; line = line->next) {
    for (GSList* run = static_cast<PangoLayoutLine*>(line->data)->runs; run; run = run->next) {
      PangoGlyphString* glyphs = static_cast<PangoLayoutRun*>(run->data)->glyphs;
      for (int i = 0; i < glyphs->num_glyphs; ++i) {
        if (glyphs->glyphs[i].glyph & PANGO_GLYPH_UNKNOWN_FLAG) glyphs->glyphs[i].glyph = 0;
      }
    }
  }
}

} // namespace

void Typesetter::add_lines(const std::shared_ptr<Text>& text, std::size_t begin, std::size_t end, const Font& font,
                           const TextBox& box, bool is_last, Items& items, std::size_t& next) {
  const auto layout = std::make_shared<const Layout>(context_, text);
  PangoLayout* pango = layout->pango;
  PangoFontDescription* face = description(font);
  pango_layout_set_font_description(pango, face);
  pango_font_description_free(face);
  pango_layout_set_width(pango, units(std::max(box.width, 10.0)));
  pango_layout_set_wrap(pango, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_alignment(pango, pango_alignment(box.alignment));
  pango_layout_set_justify(pango, box.alignment == Alignment::justify);
  pango_layout_set_text(pango, text->bytes.data() + begin, static_cast<int>(end - begin));
  PangoAttrList* list = attributes(*text, begin, end, font);
  pango_layout_set_attributes(pango, list);
  pango_attr_list_unref(list);

  if (pango_layout_get_unknown_glyphs_count(pango) > 0) show_unknown(pango);

  next = end;
  auto place = std::lower_bound(text->places.begin(), text->places.end(), begin,
                                [](const Text::Place& one, std::size_t at) { return one.at < at; });
  const int count = pango_layout_get_line_count(pango);
  PangoLayoutIter* iterator = pango_layout_get_iter(pango);
  for (int i = 0; i < count; ++i, pango_layout_iter_next_line(iterator)) {
    PangoLayoutLine* line = pango_layout_iter_get_line_readonly(iterator);
    const std::size_t first = begin + static_cast<std::size_t>(line->start_index);
    // The last line of a part may have place for more: the next part begins with it.
    if (!is_last && i > 0 && i + 1 == count) {
      next = first;
      break;
    }
    const bool is_end = is_last && i + 1 == count;
    const std::size_t last = is_end ? end + 1 : first + static_cast<std::size_t>(line->length) + 1;
    PangoRectangle logical;
    pango_layout_iter_get_line_extents(iterator, nullptr, &logical);
    Item item;
    const double natural = points(logical.height);
    // Less between the lines beside a picture than it has of its own.
    item.height = natural + (line_height - 1) * std::min(natural, 2 * font.size);
    LineDraw draw{layout,
                  line,
                  box.left + points(logical.x),
                  points(pango_layout_iter_get_baseline(iterator) - logical.y) + (item.height - natural) / 2,
                  item.height,
                  font.color,
                  {},
                  {}};
    item.baseline = draw.ascent;
    for (; place != text->places.end() && place->at < last; ++place) {
      if (!place->anchor.empty()) draw.anchors.push_back(place->anchor);
      for (Item& note : place->notes) item.notes.push_back(std::move(note));
      place->notes.clear();
    }
    auto run = std::lower_bound(text->runs.begin(), text->runs.end(), first,
                                [](const Run& one, std::size_t at) { return one.end <= at; });
    for (; run != text->runs.end() && run->begin < last; ++run) {
      if (run->link.empty()) continue;
      const auto from = static_cast<int>(std::max(run->begin, first) - begin);
      const auto to = static_cast<int>(std::min({run->end, last, end}) - begin);
      if (from >= to) continue;
      int* ranges = nullptr;
      int range_count = 0;
      pango_layout_line_get_x_ranges(line, from, to, &ranges, &range_count);
      for (int r = 0; r < range_count; ++r) {
        // From the layout's edge, not from the line's.
        const double x = points(ranges[r * 2] - logical.x);
        draw.links.push_back({x, points(ranges[r * 2 + 1] - ranges[r * 2]), run->link});
      }
      g_free(ranges);
    }
    item.draw = std::move(draw);
    items.push_back(std::move(item));
  }
  pango_layout_iter_free(iterator);
}

Items Typesetter::lines(const Inlines& inlines, const Font& font, const TextBox& box) {
  const auto text = std::make_shared<Text>();
  collect(inlines, box, *text);
  Items items;
  if (text->bytes.find_first_not_of(" \n\t") == std::string::npos) {
    if (text->places.empty()) return items;
    Item item; // anchors alone
    item.keep = true;
    std::vector<std::string> names;
    for (const Text::Place& place : text->places) names.push_back(place.anchor);
    item.draw = [names, x = box.left](Pages& pages, double y) {
      for (const std::string& name : names) pages.anchor(name, x, y);
    };
    items.push_back(std::move(item));
    return items;
  }
  for (std::size_t begin = 0; begin < text->bytes.size();) {
    const std::size_t end = begin + part_length(std::string_view(text->bytes).substr(begin));
    std::size_t next = end;
    add_lines(text, begin, end, font, box, end == text->bytes.size(), items, next);
    begin = next > begin ? next : end;
  }
  if (items.size() > 1) {
    items.front().keep = true;
    items[items.size() - 2].keep = true;
  }
  return items;
}

double Typesetter::width(const std::string& text, const Font& font) {
  PangoLayout* layout = pango_layout_new(context_);
  PangoFontDescription* face = description(font);
  pango_layout_set_font_description(layout, face);
  pango_font_description_free(face);
  pango_layout_set_text(layout, text.data(), static_cast<int>(text.size()));
  PangoRectangle logical;
  pango_layout_get_extents(layout, nullptr, &logical);
  g_object_unref(layout);
  return points(logical.width);
}

} // namespace doc::pdf
