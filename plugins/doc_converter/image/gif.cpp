#include "decoders.hpp"

#include <algorithm>
#include <cstring>
#include <gif_lib.h>
#include <memory>

namespace doc {
namespace {

struct Source {
  std::string_view left;
};

int read_source(GifFileType* file, GifByteType* data, int length) {
  auto* source = static_cast<Source*>(file->UserData);
  const std::size_t count = std::min(source->left.size(), static_cast<std::size_t>(std::max(length, 0)));
  std::memcpy(data, source->left.data(), count);
  source->left.remove_prefix(count);
  return static_cast<int>(count);
}

void close(GifFileType* file) { DGifCloseFile(file, nullptr); }
using File = std::unique_ptr<GifFileType, void (*)(GifFileType*)>;

// Blocks of an extension; -1 or the index that is transparent, of a graphic control (GIF89a, 23).
bool read_extension(GifFileType* file, int& transparent) {
  int code = 0;
  GifByteType* block = nullptr;
  if (DGifGetExtension(file, &code, &block) == GIF_ERROR) return false;
  while (block) {
    if (code == GRAPHICS_EXT_FUNC_CODE && block[0] >= 4 && (block[1] & 1) != 0) transparent = block[4];
    if (DGifGetExtensionNext(file, &block) == GIF_ERROR) return false;
  }
  return true;
}

// Up to the first picture.
bool find_picture(GifFileType* file, int& transparent) {
  for (GifRecordType record; DGifGetRecordType(file, &record) != GIF_ERROR;) {
    if (record == IMAGE_DESC_RECORD_TYPE) return DGifGetImageDesc(file) != GIF_ERROR;
    if (record == TERMINATE_RECORD_TYPE) return false;
    if (record == EXTENSION_RECORD_TYPE && !read_extension(file, transparent)) return false;
  }
  return false;
}

void put_row(Bitmap& bitmap, const GifImageDesc& place, const ColorMapObject& colors,
             const std::vector<GifPixelType>& row, int y, int transparent) {
  for (int x = 0; x < place.Width; ++x) {
    const int index = row[static_cast<std::size_t>(x)];
    if (index == transparent || index >= colors.ColorCount) continue;
    std::uint8_t* pixel =
        bitmap.pixel(static_cast<std::uint32_t>(place.Left + x), static_cast<std::uint32_t>(place.Top + y));
    const GifColorType& color = colors.Colors[index];
    pixel[0] = color.Red;
    pixel[1] = color.Green;
    pixel[2] = color.Blue;
    pixel[3] = 255;
  }
}

} // namespace

std::optional<Bitmap> decode_gif(std::string_view bytes, std::uint64_t most_pixels) {
  Source source{bytes};
  const File file(DGifOpen(&source, read_source, nullptr), close);
  int transparent = -1;
  if (!file || !find_picture(file.get(), transparent)) return std::nullopt;
  const GifImageDesc& place = file->Image;
  const ColorMapObject* colors = place.ColorMap ? place.ColorMap : file->SColorMap;
  const int width = std::max(file->SWidth, place.Left + place.Width);
  const int height = std::max(file->SHeight, place.Top + place.Height);
  if (!colors || place.Left < 0 || place.Top < 0 || place.Width <= 0 || place.Height <= 0 ||
      !is_size(width, height, most_pixels))
    return std::nullopt;
  Bitmap bitmap(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height));
  bitmap.has_alpha = true;
  std::vector<GifPixelType> row(static_cast<std::size_t>(place.Width));
  // Rows of an interlaced picture come in four passes.
  struct Pass {
    int first, step;
  };
  static constexpr Pass interlaced[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  int rows = 0;
  for (const Pass& pass : interlaced) {
    const int step = place.Interlace ? pass.step : 1;
    for (int y = place.Interlace ? pass.first : 0; y < place.Height; y += step, ++rows) {
      if (DGifGetLine(file.get(), row.data(), place.Width) == GIF_ERROR)
        return rows > 0 ? std::optional(std::move(bitmap)) : std::nullopt;
      put_row(bitmap, place, *colors, row, y, transparent);
    }
    if (!place.Interlace) break;
  }
  return bitmap;
}

} // namespace doc
