// What a picture's bytes are, from their first bytes; nothing is decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace doc {

struct ImageInfo {
  std::string media_type;
  std::uint32_t width_px = 0; // 0: the file does not say
  std::uint32_t height_px = 0;
  double dots_per_inch = 0; // 0: the file does not say
};

// PNG, JPEG, GIF, BMP, TIFF, WebP, SVG, EMF, WMF; nothing for anything else.
std::optional<ImageInfo> probe_image(std::string_view bytes);

// "png" for "image/png"; "bin" for what probe_image() does not know.
std::string_view image_extension(std::string_view media_type);

} // namespace doc
