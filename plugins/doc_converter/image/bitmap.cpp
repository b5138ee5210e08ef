#include "bitmap.hpp"

#include "decoders.hpp"
#include "probe.hpp"

#include <png.h>

namespace doc {

std::optional<Bitmap> decode_bitmap(std::string_view bytes, std::uint64_t most_pixels) {
  const auto info = probe_image(bytes);
  if (!info) return std::nullopt;
  if (info->media_type == "image/bmp") return decode_bmp(bytes, most_pixels);
  if (info->media_type == "image/gif") return decode_gif(bytes, most_pixels);
  if (info->media_type == "image/tiff") return decode_tiff(bytes, most_pixels);
  if (info->media_type == "image/webp") return decode_webp(bytes, most_pixels);
  return std::nullopt;
}

std::string png_of(const Bitmap& bitmap) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = bitmap.width;
  image.height = bitmap.height;
  image.format = PNG_FORMAT_RGBA;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string out(size, '\0');
  if (!png_image_write_to_memory(&image, out.data(), &size, 0, bitmap.rgba.data(), 0, nullptr)) return {};
  out.resize(size);
  return out;
}

} // namespace doc
