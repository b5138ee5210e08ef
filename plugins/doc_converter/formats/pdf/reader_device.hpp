// The device that poppler draws a page on: it keeps what was drawn as a Page instead of colouring pixels.
#pragma once

#include "reader_images.hpp"
#include "reader_page.hpp"

#include <OutputDev.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace doc::pdf {

class Device : public OutputDev {
public:
  explicit Device(Pictures& pictures) : pictures_(pictures) {}

  // What displayPage() has drawn since the last call.
  std::unique_ptr<Page> take();

  bool upsideDown() override { return true; }
  bool useDrawChar() override { return true; }
  bool interpretType3Chars() override { return false; }
  bool useTilingPatternFill() override { return true; }
  bool useShadedFills(int) override { return true; }
  bool useFillColorStop() override { return false; }

  // Patterns and shadings are decoration: they would be cut into thousands of areas otherwise.
  bool tilingPatternFill(GfxState*, Gfx*, Catalog*, GfxTilingPattern*, const double*, int, int, int, int, double,
                         double) override {
    return true;
  }
  bool functionShadedFill(GfxState*, GfxFunctionShading*) override { return true; }
  bool axialShadedFill(GfxState*, GfxAxialShading*, double, double) override { return true; }
  bool radialShadedFill(GfxState*, GfxRadialShading*, double, double) override { return true; }
  bool gouraudTriangleShadedFill(GfxState*, GfxGouraudTriangleShading*) override { return true; }
  bool patchMeshShadedFill(GfxState*, GfxPatchMeshShading*) override { return true; }

  void startPage(int number, GfxState* state, XRef* xref) override;
  void updateFont(GfxState* state) override;
  void updateTextMat(GfxState*) override { font_changed_ = true; }
  void updateCTM(GfxState*, double, double, double, double, double, double) override { font_changed_ = true; }
  void updateHorizScaling(GfxState*) override { font_changed_ = true; }
  void restoreState(GfxState*) override { font_changed_ = color_changed_ = true; }
  void updateFillColor(GfxState*) override { color_changed_ = true; }
  void updateFillColorSpace(GfxState*) override { color_changed_ = true; }
  void updateStrokeColor(GfxState*) override { color_changed_ = true; }
  void updateRender(GfxState*) override { color_changed_ = true; }

  void beginString(GfxState*, const GooString*) override { string_begins_ = true; }
  void drawChar(GfxState* state, double x, double y, double dx, double dy, double originX, double originY,
                CharCode code, int bytes, const Unicode* unicode, int length) override;
  void beginActualText(GfxState* state, const GooString* text) override;
  void endActualText(GfxState* state) override;

  void stroke(GfxState* state) override;
  void fill(GfxState* state) override;
  void eoFill(GfxState* state) override { fill(state); }

  void drawImageMask(GfxState* state, Object* ref, Stream* stream, int width, int height, bool invert, bool interpolate,
                     bool inline_image) override;
  void drawImage(GfxState* state, Object* ref, Stream* stream, int width, int height, GfxImageColorMap* colors,
                 bool interpolate, const int* mask_colors, bool inline_image) override;
  void drawMaskedImage(GfxState* state, Object* ref, Stream* stream, int width, int height, GfxImageColorMap* colors,
                       bool interpolate, Stream* mask, int mask_width, int mask_height, bool mask_invert,
                       bool mask_interpolate) override;
  void drawSoftMaskedImage(GfxState* state, Object* ref, Stream* stream, int width, int height,
                           GfxImageColorMap* colors, bool interpolate, Stream* mask, int mask_width, int mask_height,
                           GfxImageColorMap* mask_colors, bool mask_interpolate) override;

  void beginMarkedContent(const char* name, Dict* properties) override;
  void endMarkedContent(GfxState* state) override;
  // Marked content is numbered anew in every form.
  void beginForm(Ref id) override { forms_.push_back(id.num); }
  void endForm(Ref) override {
    if (!forms_.empty()) forms_.pop_back();
  }
  void beginTransparencyGroup(GfxState*, const double*, GfxColorSpace*, bool, bool, bool for_soft_mask) override;
  void endTransparencyGroup(GfxState*) override;

private:
  struct Marked {
    bool artifact;
    std::uint32_t element;
  };

  void measure_font(GfxState* state);
  std::uint16_t face_of(const GfxFont& font);
  void add_glyph(GfxState* state, double x, double y, double dx, double dy, const Unicode* unicode, int length);
  bool append_text(const Unicode* unicode, int length);
  void add_picture(GfxState* state, const Object* ref, const ImageSource& source);
  void add_dot(const std::vector<std::pair<float, float>>& points);
  void add_segment(const Box& box, float width);
  bool wants_picture(GfxState* state, Box& box) const;

  Pictures& pictures_;
  std::unique_ptr<Page> page_;
  std::vector<Marked> marked_;
  std::vector<int> forms_;                                  // that are being drawn, by their objects' numbers
  std::unordered_map<const GfxFont*, std::uint16_t> faces_; // of this page
  int hidden_ = 0;                                          // groups that are drawn for their brightness only
  std::vector<bool> groups_;

  // Of the text that is drawn now.
  bool font_changed_ = true, color_changed_ = true, string_begins_ = false;
  float size_ = 0;
  float angle_cos_ = 1, angle_sin_ = 0;
  std::int16_t angle_ = 0;
  std::uint16_t face_ = 0;
  std::uint32_t color_ = 0;

  // While the source gives the text of what it draws.
  bool replaced_ = false;
  std::string replacement_;
  Glyph replaced_glyph_{};
  bool replaced_any_ = false;
};

} // namespace doc::pdf
