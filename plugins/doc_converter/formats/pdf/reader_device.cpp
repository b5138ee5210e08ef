#include "reader_device.hpp"

#include "../../text/utf8.hpp"
#include "reader_characters.hpp"
#include "reader_fonts.hpp"
#include "reader_structure.hpp"

#include <GfxFont.h>
#include <GfxState.h>
#include <Object.h>
#include <Stream.h>
#include <UTF.h>
#include <goo/gmem.h>

#include <algorithm>
#include <cmath>

namespace doc::pdf {
namespace {

constexpr std::size_t most_glyphs = 400'000; // of one page; a crowded one has 10,000
constexpr std::size_t most_rules = 20'000;   // a map has more, and no table
constexpr std::size_t most_pictures = 2'000;

std::uint32_t rgb_of(GfxState* state) {
  GfxRGB rgb;
  state->getFillRGB(&rgb);
  return static_cast<std::uint32_t>(colToByte(rgb.r)) << 16 | static_cast<std::uint32_t>(colToByte(rgb.g)) << 8 |
         colToByte(rgb.b);
}

} // namespace

std::unique_ptr<Page> Device::take() { return std::move(page_); }

void Device::startPage(int number, GfxState* state, XRef*) {
  page_ = std::make_unique<Page>();
  page_->number = number;
  page_->width = static_cast<float>(state->getPageWidth());
  page_->height = static_cast<float>(state->getPageHeight());
  marked_.clear();
  forms_.clear();
  faces_.clear();
  groups_.clear();
  hidden_ = 0;
  font_changed_ = color_changed_ = true;
  replaced_ = false;
}

void Device::updateFont(GfxState*) { font_changed_ = true; }

std::uint16_t Device::face_of(const GfxFont& font) {
  const auto found = faces_.find(&font);
  if (found != faces_.end()) return found->second;
  const int flags = font.getFlags();
  Face face = face_by_name(font.getNameWithoutSubsetTag());
  if (flags & fontItalic) face.italic = true;
  if (flags & fontBold || font.getWeight() >= GfxFont::W600) face.bold = true;
  // The flag alone is not to be trusted: fonts of East Asia have one width, too.
  if (flags & fontFixedWidth && !font.isCIDFont() && has_many_widths(font)) face.mono = true;
  if (page_->faces.size() >= 60'000) return 0;
  page_->faces.push_back(face);
  const auto index = static_cast<std::uint16_t>(page_->faces.size() - 1);
  faces_.emplace(&font, index);
  return index;
}

void Device::measure_font(GfxState* state) {
  font_changed_ = false;
  const auto& font = state->getFont();
  double size = state->getTransformedFontSize();
  if (font) {
    face_ = face_of(*font);
    if (font->getType() == fontType3) size *= type3_scale(static_cast<const Gfx8BitFont&>(*font));
  }
  double a, b, c, d;
  state->getFontTransMat(&a, &b, &c, &d);
  double angle = std::atan2(b, a);
  if (!std::isfinite(angle)) angle = 0;
  int degrees = static_cast<int>(std::lround(angle * 180 / M_PI));
  if (degrees < 0) degrees += 360;
  const int nearest = (degrees + 45) / 90 * 90 % 360;
  if (std::abs(degrees - nearest) <= 3 || degrees >= 357) { // slightly turned by a scanner
    degrees = nearest;
    angle = nearest * M_PI / 180;
  }
  angle_ = static_cast<std::int16_t>(degrees);
  angle_cos_ = static_cast<float>(std::cos(angle));
  angle_sin_ = static_cast<float>(std::sin(angle));
  if (degrees % 90 == 0) {
    angle_cos_ = std::round(angle_cos_);
    angle_sin_ = std::round(angle_sin_);
  }
  size_ = std::isfinite(size) ? static_cast<float>(std::clamp(size, 0.1, 5000.0)) : 1;
}

// Appends the text as it is to be read; false: there is none.
bool Device::append_text(const Unicode* unicode, int length) {
  const std::size_t before = page_->text.size();
  for (int i = 0; i < length; ++i) append_readable(page_->text, unicode[i], page_->faces[face_].symbol);
  return page_->text.size() > before;
}

void Device::drawChar(GfxState* state, double x, double y, double dx, double dy, double originX, double originY,
                      CharCode code, int bytes, const Unicode* unicode, int length) {
  if (hidden_ > 0 || !page_ || page_->glyphs.size() >= most_glyphs) return;
  (void)originX, (void)originY, (void)bytes;
  if (font_changed_) measure_font(state);
  Unicode fallback;
  const bool drawn = state->getFont() && state->getFont()->getType() == fontType3;
  // Names that only count the letters have become control characters.
  if (drawn && length == 1 && (unicode[0] < 0x20 || (unicode[0] >= 0x7f && unicode[0] < 0xa0))) length = 0;
  if (!unicode || length <= 0) { // a code without a meaning: a symbol font's bullet has one
    fallback = drawn ? tex_meaning(code) : 0xf000 + (code & 0xff);
    if (!drawn && (page_->faces.empty() || !page_->faces[face_].symbol)) return;
    if (fallback == 0) return;
    unicode = &fallback;
    length = 1;
  }
  add_glyph(state, x, y, dx, dy, unicode, length);
}

void Device::add_glyph(GfxState* state, double x, double y, double dx, double dy, const Unicode* unicode, int length) {
  if (page_->faces.empty()) page_->faces.emplace_back();
  double px, py, ex, ey;
  state->transform(x, y, &px, &py);
  state->transformDelta(dx, dy, &ex, &ey);
  if (!(std::fabs(px) < 1e5 && std::fabs(py) < 1e5 && std::fabs(ex) < 1e5 && std::fabs(ey) < 1e5)) return;
  if (px + std::max(ex, 0.0) < -2 || py < -2 || px > page_->width + 2 || py > page_->height + size_) return;

  if (length == 1 && is_blank_character(unicode[0])) {
    if (replaced_) return;
    if (!page_->glyphs.empty()) page_->glyphs.back().blank_after = true;
    return;
  }
  Glyph glyph{};
  glyph.size = size_;
  glyph.angle = angle_;
  glyph.x0 = static_cast<float>(px) * angle_cos_ + static_cast<float>(py) * angle_sin_;
  glyph.base = static_cast<float>(py) * angle_cos_ - static_cast<float>(px) * angle_sin_;
  glyph.x1 = glyph.x0 + static_cast<float>(ex) * angle_cos_ + static_cast<float>(ey) * angle_sin_;
  if (glyph.x1 < glyph.x0) std::swap(glyph.x0, glyph.x1);
  if (state->getFont() && state->getFont()->getWMode() == 1) { // one above the other: each is a square
    glyph.x1 = glyph.x0 + size_;
  }
  if (color_changed_) {
    color_ = rgb_of(state);
    color_changed_ = false;
  }
  glyph.color = color_;
  glyph.face = face_;
  glyph.link = -1;
  glyph.begins_string = string_begins_;
  string_begins_ = false;
  glyph.invisible = (state->getRender() & 3) == 3;
  glyph.artifact = !marked_.empty() && marked_.back().artifact;
  glyph.element = marked_.empty() ? no_element : marked_.back().element;
  if (replaced_) { // its text comes with the end of what is replaced
    if (!replaced_any_)
      replaced_glyph_ = glyph;
    else if (std::fabs(glyph.base - replaced_glyph_.base) < size_) {
      replaced_glyph_.x0 = std::min(replaced_glyph_.x0, glyph.x0);
      replaced_glyph_.x1 = std::max(replaced_glyph_.x1, glyph.x1);
    }
    replaced_any_ = true;
    return;
  }
  // A mark over or under a letter stands with it, wherever its own shape begins.
  auto& glyphs = page_->glyphs;
  const std::size_t offset = page_->text.size();
  if (!append_text(unicode, length)) return;
  if (length == 1 && is_combining(unicode[0]) && !glyphs.empty() &&
      glyphs.back().text + glyphs.back().text_bytes == offset && !glyphs.back().blank_after) {
    glyphs.back().text_bytes = static_cast<std::uint16_t>(page_->text.size() - glyphs.back().text);
    return;
  }
  glyph.text = static_cast<std::uint32_t>(offset);
  glyph.text_bytes = static_cast<std::uint16_t>(std::min<std::size_t>(page_->text.size() - offset, 60'000));
  glyphs.push_back(glyph);
}

void Device::beginActualText(GfxState*, const GooString* text) {
  if (!page_ || replaced_ || !text) return;
  replaced_ = true;
  replaced_any_ = false;
  replacement_ = text->toStr();
}

// The text is spread over the width of what it replaces, so that words in it have their places.
void Device::endActualText(GfxState*) {
  if (!page_ || !replaced_) return;
  replaced_ = false;
  if (!replaced_any_ || page_->glyphs.size() >= most_glyphs) return;
  Unicode* unicode = nullptr;
  const int length = TextStringToUCS4(replacement_, &unicode);
  if (length > 0 && length < 10'000) {
    const float step = (replaced_glyph_.x1 - replaced_glyph_.x0) / static_cast<float>(length);
    for (int i = 0; i < length; ++i) {
      if (is_blank_character(unicode[i])) {
        if (!page_->glyphs.empty()) page_->glyphs.back().blank_after = true;
        continue;
      }
      Glyph glyph = replaced_glyph_;
      glyph.x0 += step * static_cast<float>(i);
      glyph.x1 = glyph.x0 + step;
      glyph.text = static_cast<std::uint32_t>(page_->text.size());
      append_readable(page_->text, unicode[i], false);
      glyph.text_bytes = static_cast<std::uint16_t>(page_->text.size() - glyph.text);
      if (glyph.text_bytes > 0) page_->glyphs.push_back(glyph);
    }
  }
  gfree(unicode);
}

void Device::beginMarkedContent(const char* name, Dict* properties) {
  if (marked_.size() > 10'000) return;
  Marked marked = marked_.empty() ? Marked{false, no_element} : marked_.back();
  // Only what is said to belong to the page's head or foot: some programs mark notes and borders as artifacts, too.
  if (name && properties && std::string_view(name) == "Artifact") {
    const Object type = properties->lookup("Type");
    if (type.isName("Pagination")) marked.artifact = true;
  }
  if (properties) {
    const Object number = properties->lookup("MCID");
    if (number.isInt() && number.getInt() >= 0)
      marked.element = mark_number(forms_.empty() ? 0 : forms_.back(), number.getInt());
  }
  marked_.push_back(marked);
}

void Device::endMarkedContent(GfxState*) {
  if (!marked_.empty()) marked_.pop_back();
}

void Device::beginTransparencyGroup(GfxState*, const double*, GfxColorSpace*, bool, bool, bool for_soft_mask) {
  groups_.push_back(for_soft_mask);
  if (for_soft_mask) ++hidden_;
}

void Device::endTransparencyGroup(GfxState*) {
  if (groups_.empty()) return;
  if (groups_.back()) --hidden_;
  groups_.pop_back();
}

void Device::add_segment(const Box& box, float width) {
  if (page_->rules.size() >= most_rules || width > 6) return;
  if (box.width() < 4 && box.height() < 4) return;
  page_->rules.push_back({box});
}

namespace {

// The path's parts as polygons of corners on the page; curves have none.
template <class Action>
void each_polygon(GfxState* state, Action action) {
  const GfxPath* path = state->getPath();
  std::vector<std::pair<float, float>> points;
  for (int part = 0; part < path->getNumSubpaths() && part < 5'000; ++part) {
    const auto* one = path->getSubpath(part);
    const int count = one->getNumPoints();
    if (count < 2 || count > 64) continue;
    points.clear();
    bool curved = false;
    for (int i = 0; i < count; ++i) {
      curved = curved || one->getCurve(i);
      double x, y;
      state->transform(one->getX(i), one->getY(i), &x, &y);
      if (!(std::fabs(x) < 1e5 && std::fabs(y) < 1e5)) curved = true;
      points.emplace_back(static_cast<float>(x), static_cast<float>(y));
    }
    action(points, curved);
  }
}

} // namespace

void Device::add_dot(const std::vector<std::pair<float, float>>& points) {
  if (points.size() < 4 || page_->dots.size() >= 500) return;
  Box box{points[0].first, points[0].second, points[0].first, points[0].second};
  for (const auto& [x, y] : points) box.include({x, y, x, y});
  const float width = box.width(), height = box.height();
  if (width < 1.5f || width > 8 || height < 1.5f || height > 8 || width > 1.3f * height || height > 1.3f * width)
    return;
  page_->dots.push_back(box);
}

void Device::stroke(GfxState* state) {
  if (hidden_ > 0 || !page_ || page_->rules.size() >= most_rules) return;
  const auto width = static_cast<float>(state->getTransformedLineWidth());
  each_polygon(state, [this, width](const auto& points, bool curved) {
    if (curved) {
      add_dot(points);
      return;
    }
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
      const auto [ax, ay] = points[i];
      const auto [bx, by] = points[i + 1];
      const Box box{std::min(ax, bx), std::min(ay, by), std::max(ax, bx), std::max(ay, by)};
      if (box.height() < 1 && box.width() >= 4) {
        const float middle = (box.y0 + box.y1) / 2;
        add_segment({box.x0, middle, box.x1, middle}, width);
      } else if (box.width() < 1 && box.height() >= 4) {
        const float middle = (box.x0 + box.x1) / 2;
        add_segment({middle, box.y0, middle, box.y1}, width);
      }
    }
  });
}

void Device::fill(GfxState* state) {
  if (hidden_ > 0 || !page_ || page_->rules.size() >= most_rules) return;
  each_polygon(state, [this, state](const auto& points, bool curved) {
    add_dot(points);
    if (curved) return;
    if (points.size() < 4 || points.size() > 6) return;
    Box box{points[0].first, points[0].second, points[0].first, points[0].second};
    for (const auto& [x, y] : points) box.include({x, y, x, y});
    for (const auto& [x, y] : points) { // a corner that is none of the box's: no rectangle
      if (std::min(x - box.x0, box.x1 - x) > 1 || std::min(y - box.y0, box.y1 - y) > 1) return;
    }
    if (box.height() <= 3 && box.width() > 3 * box.height()) {
      const float middle = (box.y0 + box.y1) / 2;
      add_segment({box.x0, middle, box.x1, middle}, box.height());
    } else if (box.width() <= 3 && box.height() > 3 * box.width()) {
      const float middle = (box.x0 + box.x1) / 2;
      add_segment({middle, box.y0, middle, box.y1}, box.width());
    } else if (box.width() > 8 && box.height() > 4 && page_->areas.size() < most_rules) {
      page_->areas.push_back({box, rgb_of(state)});
    }
  });
}

// Where the picture is shown; false: it is not worth being kept.
bool Device::wants_picture(GfxState* state, Box& box) const {
  if (hidden_ > 0 || !page_ || page_->pictures.size() >= most_pictures) return false;
  const double* matrix = state->getCTM();
  const double xs[] = {matrix[4], matrix[4] + matrix[0], matrix[4] + matrix[2], matrix[4] + matrix[0] + matrix[2]};
  const double ys[] = {matrix[5], matrix[5] + matrix[1], matrix[5] + matrix[3], matrix[5] + matrix[1] + matrix[3]};
  box.x0 = static_cast<float>(*std::min_element(xs, xs + 4));
  box.x1 = static_cast<float>(*std::max_element(xs, xs + 4));
  box.y0 = static_cast<float>(*std::min_element(ys, ys + 4));
  box.y1 = static_cast<float>(*std::max_element(ys, ys + 4));
  if (!std::isfinite(box.width()) || !std::isfinite(box.height())) return false;
  if (box.width() < 6 || box.height() < 6) return false; // lines and dots
  return box.x1 > 0 && box.y1 > 0 && box.x0 < page_->width && box.y0 < page_->height;
}

void Device::add_picture(GfxState* state, const Object* ref, const ImageSource& source) {
  Box box;
  if (!wants_picture(state, box)) return;
  std::uint64_t identity = 0;
  if (ref && ref->isRef() && !source.inline_image)
    identity =
        static_cast<std::uint64_t>(ref->getRefNum()) << 20 | static_cast<std::uint64_t>(ref->getRefGen() & 0xfff);
  auto made = pictures_.make(source, identity);
  if (!made) return;
  auto image = std::make_shared<Image>(*made);
  image->width_pt = box.width();
  image->height_pt = box.height();
  Picture picture;
  picture.box = box;
  picture.image = std::move(image);
  picture.place = static_cast<std::uint32_t>(page_->glyphs.size());
  picture.identity = identity;
  if (!marked_.empty()) picture.element = marked_.back().element;
  page_->pictures.push_back(std::move(picture));
}

void Device::drawImageMask(GfxState* state, Object* ref, Stream* stream, int width, int height, bool invert, bool,
                           bool inline_image) {
  ImageSource source;
  source.stream = stream;
  source.width = width;
  source.height = height;
  source.stencil_color = rgb_of(state);
  source.stencil_invert = invert;
  source.inline_image = inline_image;
  // An inline picture stands in the page's own stream, which goes on behind it.
  Box box;
  if (inline_image && !wants_picture(state, box)) {
    OutputDev::drawImageMask(state, ref, stream, width, height, invert, false, inline_image);
    return;
  }
  add_picture(state, ref, source);
}

void Device::drawImage(GfxState* state, Object* ref, Stream* stream, int width, int height, GfxImageColorMap* colors,
                       bool, const int* mask_colors, bool inline_image) {
  ImageSource source;
  source.stream = stream;
  source.width = width;
  source.height = height;
  source.colors = colors;
  source.mask_colors = mask_colors;
  source.inline_image = inline_image;
  Box box;
  if (inline_image && !wants_picture(state, box)) {
    OutputDev::drawImage(state, ref, stream, width, height, colors, false, mask_colors, inline_image);
    return;
  }
  add_picture(state, ref, source);
}

void Device::drawMaskedImage(GfxState* state, Object* ref, Stream* stream, int width, int height,
                             GfxImageColorMap* colors, bool, Stream* mask, int mask_width, int mask_height,
                             bool mask_invert, bool) {
  ImageSource source;
  source.stream = stream;
  source.width = width;
  source.height = height;
  source.colors = colors;
  source.mask = mask;
  source.mask_width = mask_width;
  source.mask_height = mask_height;
  source.mask_invert = mask_invert;
  add_picture(state, ref, source);
}

void Device::drawSoftMaskedImage(GfxState* state, Object* ref, Stream* stream, int width, int height,
                                 GfxImageColorMap* colors, bool, Stream* mask, int mask_width, int mask_height,
                                 GfxImageColorMap* mask_colors, bool) {
  ImageSource source;
  source.stream = stream;
  source.width = width;
  source.height = height;
  source.colors = colors;
  source.mask = mask;
  source.mask_width = mask_width;
  source.mask_height = mask_height;
  source.mask_colors_map = mask_colors;
  add_picture(state, ref, source);
}

} // namespace doc::pdf
