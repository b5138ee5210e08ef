#include "writer_glyphs.hpp"

#include "../../text/utf8.hpp"

#include <algorithm>
#include <hb.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace doc::pdf {
namespace {

double points(int units) { return static_cast<double>(units) / PANGO_SCALE; }

// Glyphs that belong together, and their characters in the order of reading.
struct Cluster {
  std::vector<cairo_glyph_t> glyphs; // from left to right
  std::string text;
  double left = 0, width = 0;
  std::size_t widest = 0; // of the glyphs: the letter that marks stand on
};

// What cairo_show_text_glyphs takes.
struct Shown {
  std::vector<cairo_glyph_t> glyphs;
  std::vector<cairo_text_cluster_t> clusters;
  std::string text;

  void add(const std::vector<cairo_glyph_t>& some, std::string_view letters) {
    glyphs.insert(glyphs.end(), some.begin(), some.end());
    text += letters;
    clusters.push_back({static_cast<int>(letters.size()), static_cast<int>(some.size())});
  }
  void show(cairo_t* cairo) {
    if (glyphs.empty()) return;
    cairo_show_text_glyphs(cairo, text.data(), static_cast<int>(text.size()), glyphs.data(),
                           static_cast<int>(glyphs.size()), clusters.data(), static_cast<int>(clusters.size()), {});
    *this = {};
  }
};

// A glyph without ink, to say where something ends.
struct Blank {
  bool is_there = false;
  unsigned long index = 0;
  double width = 0;
};

Blank find_blank(hb_font_t* font) {
  // Zero width joiner, zero width space, blank.
  for (const hb_codepoint_t character : {0x200du, 0x200bu, 0x20u}) {
    hb_codepoint_t glyph = 0;
    hb_glyph_extents_t extents;
    if (!hb_font_get_nominal_glyph(font, character, &glyph) || glyph == 0) continue;
    if (hb_font_get_glyph_extents(font, glyph, &extents) && (extents.width != 0 || extents.height != 0)) continue;
    return {true, glyph, points(hb_font_get_glyph_h_advance(font, glyph))};
  }
  return {};
}

// What is asked of a font here; the blank only where something needs it.
class Face {
public:
  explicit Face(hb_font_t* font) : font_(font) {
    int across = 0, up = 0;
    hb_font_get_scale(font, &across, &up);
    size_ = points(across);
  }
  double size() const { return size_; }
  const Blank& blank() {
    if (!blank_) blank_ = find_blank(font_);
    return *blank_;
  }

private:
  hb_font_t* font_;
  double size_ = 0;
  std::optional<Blank> blank_;
};

bool is_mark(std::string_view text) {
  std::size_t at = 0;
  const GUnicodeType type = g_unichar_type(next_code_point(text, at));
  return type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK;
}

// A letter's mark goes with the letter.
void join(Cluster& letter, Cluster mark) {
  if (letter.glyphs.empty()) letter.widest = mark.widest;
  letter.glyphs.insert(letter.glyphs.end(), mark.glyphs.begin(), mark.glyphs.end());
  letter.text += mark.text;
  letter.left = std::min(letter.left, mark.left);
  letter.width += mark.width;
}

// In the order of reading.
std::vector<Cluster> clusters_of(PangoGlyphItem* run, const char* text, double x, double y) {
  const PangoGlyphString* string = run->glyphs;
  std::vector<double> lefts;
  int left = 0;
  for (int i = 0; i < string->num_glyphs; left += string->glyphs[i++].geometry.width) lefts.push_back(x + points(left));

  std::vector<Cluster> clusters;
  PangoGlyphItemIter at;
  gboolean has_more = pango_glyph_item_iter_init_start(&at, run, text);
  for (; has_more; has_more = pango_glyph_item_iter_next_cluster(&at)) {
    // From right to left the first glyph is the last of the string, and its end is before it.
    const bool is_forward = at.start_glyph < at.end_glyph;
    const int first = is_forward ? at.start_glyph : at.end_glyph + 1;
    const int end = is_forward ? at.end_glyph : at.start_glyph + 1;
    Cluster cluster;
    cluster.text.assign(text + at.start_index, text + at.end_index);
    cluster.left = lefts[static_cast<std::size_t>(first)];
    int widest = -1;
    for (int i = first; i < end; ++i) {
      const PangoGlyphInfo& glyph = string->glyphs[i];
      cluster.width += points(glyph.geometry.width);
      if (glyph.glyph == PANGO_GLYPH_EMPTY) continue;
      if (glyph.geometry.width > widest) {
        widest = glyph.geometry.width;
        cluster.widest = cluster.glyphs.size();
      }
      cluster.glyphs.push_back({glyph.glyph, lefts[static_cast<std::size_t>(i)] + points(glyph.geometry.x_offset),
                                y + points(glyph.geometry.y_offset)});
    }
    if (!clusters.empty() && is_mark(cluster.text))
      join(clusters.back(), std::move(cluster));
    else
      clusters.push_back(std::move(cluster));
  }
  return clusters;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) next_code_point(text, at);
  return count;
}

std::string reversed(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    next_code_point(text, at);
    out.insert(0, text.substr(begin, at - begin));
  }
  return out;
}

// Readers of PDF take glyphs from left to right, part them into words where they do not follow each other, and turn
// Hebrew and Arabic words round. So each word is drawn from left to right, the words in the order of reading. A
// ligature, or a letter with its marks, is one piece of text for them, whose characters they turn round as well:
// it has them from left to right, and goes from the letter's left edge to a blank glyph at its right.
void add(Shown& shown, const Cluster& cluster, bool is_backward, Face& face) {
  if (cluster.glyphs.empty()) return;
  const std::size_t count = count_characters(cluster.text);
  if (cluster.glyphs.size() == 1 && (count == 1 || !is_backward)) return shown.add(cluster.glyphs, cluster.text);
  std::vector<cairo_glyph_t> glyphs = cluster.glyphs;
  if (is_backward) std::swap(glyphs.front(), glyphs[cluster.widest]); // its marks come first
  if (const Blank& blank = face.blank(); blank.is_there) {
    // Characters that begin closer than a tenth of the font's size are taken for doubled ones.
    const double each = cluster.width / static_cast<double>(std::max<std::size_t>(1, count));
    const double end = cluster.left + cluster.width - (each < 0.12 * face.size() ? 0.08 * face.size() : 0);
    glyphs.push_back({blank.index, end - blank.width, glyphs.front().y});
  }
  shown.add(glyphs, is_backward ? reversed(cluster.text) : cluster.text);
}

void show_backward(cairo_t* cairo, std::vector<Cluster>& clusters, Face& face) {
  Shown shown;
  for (std::size_t begin = 0; begin < clusters.size();) {
    std::size_t end = begin;
    while (end < clusters.size() && clusters[end].text != " ") ++end;
    if (end == begin) ++end; // the blank by itself
    // What has no glyph (a joiner) goes with what follows it.
    for (std::size_t i = begin; i + 1 < end; ++i) {
      if (clusters[i].glyphs.empty()) clusters[i + 1].text.insert(0, clusters[i].text);
    }
    for (std::size_t i = end; i > begin; --i) add(shown, clusters[i - 1], true, face);
    shown.show(cairo);
    begin = end;
  }
}

} // namespace

void show_glyphs(cairo_t* cairo, PangoGlyphItem* run, const char* text, double x, double y) {
  PangoFont* font = run->item->analysis.font;
  if (!font) return;
  cairo_scaled_font_t* scaled = pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font));
  if (!scaled || cairo_scaled_font_status(scaled) != CAIRO_STATUS_SUCCESS) return;
  cairo_set_scaled_font(cairo, scaled);
  std::vector<Cluster> clusters = clusters_of(run, text, x, y);
  Face face(pango_font_get_hb_font(font));
  if (run->item->analysis.level % 2 != 0) return show_backward(cairo, clusters, face);
  Shown shown;
  for (const Cluster& cluster : clusters) add(shown, cluster, false, face);
  shown.show(cairo);
}

} // namespace doc::pdf
