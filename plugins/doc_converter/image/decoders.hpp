// One decoder for each format, for decode_bitmap() alone. They take any bytes.
#pragma once

#include "bitmap.hpp"

namespace doc {

std::optional<Bitmap> decode_bmp(std::string_view bytes, std::uint64_t most_pixels);
std::optional<Bitmap> decode_gif(std::string_view bytes, std::uint64_t most_pixels);
std::optional<Bitmap> decode_tiff(std::string_view bytes, std::uint64_t most_pixels);
std::optional<Bitmap> decode_webp(std::string_view bytes, std::uint64_t most_pixels);

// Sizes that pictures have.
inline bool is_size(std::int64_t width, std::int64_t height, std::uint64_t most_pixels) {
  return width > 0 && height > 0 && width <= 65535 && height <= 65535 &&
         static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) <= most_pixels;
}

} // namespace doc
