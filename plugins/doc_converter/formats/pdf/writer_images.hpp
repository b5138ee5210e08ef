// Pictures as cairo's surfaces. JPEG goes into the PDF as it is; PNG, GIF, WebP, TIFF and BMP are decoded, within the
// limits.
#pragma once

#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <cairo.h>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

namespace doc::pdf {

using Surface = std::shared_ptr<cairo_surface_t>;

// The same picture as another surface, with the pixels and bytes of the first.
Surface twin_of(const Surface& picture);

class Images {
public:
  explicit Images(Context& context) : context_(context) {}

  // Null for what cannot be shown: a format that is not known here, damaged, or without bytes. The last ones are kept,
  // so that a picture that is repeated is in the PDF once.
  Surface surface_of(const Image& image);

private:
  struct Known {
    std::shared_ptr<const std::string> bytes;
    Surface surface;
  };

  Surface decode(const Image& image);

  Context& context_;
  std::list<Known> known_; // the latest first
};

} // namespace doc::pdf
