// Pictures as pixels: what writers do with formats that theirs does not know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace doc {

struct Bitmap {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  bool has_alpha = false;
  std::vector<std::uint8_t> rgba; // rows from the top, four bytes a pixel, colours not multiplied by alpha

  Bitmap() = default;
  // Transparent.
  Bitmap(std::uint32_t columns, std::uint32_t rows)
      : width(columns), height(rows), rgba(std::size_t{columns} * rows * 4) {}
  std::uint8_t* pixel(std::uint32_t x, std::uint32_t y) { return rgba.data() + (std::size_t{y} * width + x) * 4; }
};

// The first picture of a GIF, WebP, TIFF or BMP file. Nothing for other formats, for what is damaged beyond showing,
// and for more than `most_pixels`; of what is damaged behind some rows, these.
std::optional<Bitmap> decode_bitmap(std::string_view bytes, std::uint64_t most_pixels);

// As a PNG file; empty where it cannot be made.
std::string png_of(const Bitmap& bitmap);

} // namespace doc
