// What a JPEG is, before it goes into a PDF as it is; and the pixels of one in CMYK, whose inks cairo would show
// inverted.
#pragma once

#include <cairo.h>
#include <memory>
#include <string_view>

namespace doc::pdf {

enum class JpegKind { damaged, plain, cmyk };

// By decoding the header alone.
JpegKind jpeg_kind(std::string_view bytes);

// Null where it is damaged.
std::shared_ptr<cairo_surface_t> decode_jpeg(std::string_view bytes);

} // namespace doc::pdf
