#include "decoders.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <memory>
#include <tiffio.h>

namespace doc {
namespace {

constexpr tmsize_t most_memory = 512 << 20; // of one of libtiff's pieces

// A file in memory, as libtiff reads one.
struct Source {
  std::string_view bytes;
  std::size_t at = 0;
};

tmsize_t read_source(thandle_t handle, void* data, tmsize_t length) {
  auto* source = static_cast<Source*>(handle);
  const std::size_t at = std::min(source->at, source->bytes.size());
  const std::size_t count =
      std::min(source->bytes.size() - at, static_cast<std::size_t>(std::max<tmsize_t>(length, 0)));
  std::memcpy(data, source->bytes.data() + at, count);
  source->at = at + count;
  return static_cast<tmsize_t>(count);
}

tmsize_t write_nothing(thandle_t, void*, tmsize_t) { return 0; }

toff_t seek_source(thandle_t handle, toff_t offset, int from) {
  auto* source = static_cast<Source*>(handle);
  const std::size_t base = from == SEEK_CUR ? source->at : from == SEEK_END ? source->bytes.size() : 0;
  source->at = base + static_cast<std::size_t>(offset);
  return source->at;
}

int close_nothing(thandle_t) { return 0; }
toff_t size_of_source(thandle_t handle) { return static_cast<Source*>(handle)->bytes.size(); }
int be_silent(TIFF*, void*, const char*, const char*, va_list) { return 1; }

using Tiff = std::unique_ptr<TIFF, void (*)(TIFF*)>;

Tiff open(Source& source) {
  TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
  if (!options) return {nullptr, TIFFClose};
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, most_memory);
  TIFFOpenOptionsSetErrorHandlerExtR(options, be_silent, nullptr);
  TIFFOpenOptionsSetWarningHandlerExtR(options, be_silent, nullptr);
  // "m": no memory mapping.
  Tiff tiff(TIFFClientOpenExt("picture", "rm", &source, read_source, write_nothing, seek_source, close_nothing,
                              size_of_source, nullptr, nullptr, options),
            TIFFClose);
  TIFFOpenOptionsFree(options);
  return tiff;
}

// libtiff gives colours that are multiplied by alpha.
void divide_by_alpha(Bitmap& bitmap) {
  for (std::size_t i = 0; i + 3 < bitmap.rgba.size(); i += 4) {
    const unsigned alpha = bitmap.rgba[i + 3];
    if (alpha == 255) continue;
    bitmap.has_alpha = true;
    for (std::size_t c = i; c < i + 3 && alpha > 0; ++c)
      bitmap.rgba[c] = static_cast<std::uint8_t>(std::min(255u, bitmap.rgba[c] * 255u / alpha));
  }
}

} // namespace

std::optional<Bitmap> decode_tiff(std::string_view bytes, std::uint64_t most_pixels) {
  Source source{bytes};
  const Tiff tiff = open(source);
  std::uint32_t width = 0, height = 0;
  if (!tiff || !TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &width) ||
      !TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &height) || !is_size(width, height, most_pixels))
    return std::nullopt;
  std::vector<std::uint32_t> pixels(std::size_t{width} * height);
  if (!TIFFReadRGBAImageOriented(tiff.get(), width, height, pixels.data(), ORIENTATION_TOPLEFT, 1)) return std::nullopt;
  Bitmap bitmap(width, height);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    bitmap.rgba[i * 4] = static_cast<std::uint8_t>(TIFFGetR(pixels[i]));
    bitmap.rgba[i * 4 + 1] = static_cast<std::uint8_t>(TIFFGetG(pixels[i]));
    bitmap.rgba[i * 4 + 2] = static_cast<std::uint8_t>(TIFFGetB(pixels[i]));
    bitmap.rgba[i * 4 + 3] = static_cast<std::uint8_t>(TIFFGetA(pixels[i]));
  }
  divide_by_alpha(bitmap);
  return bitmap;
}

} // namespace doc
