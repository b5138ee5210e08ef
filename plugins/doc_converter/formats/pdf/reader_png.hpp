// Writes a PNG (ISO/IEC 15948) row by row.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <zlib.h>

namespace doc::pdf {

class PngWriter {
public:
  enum Kind { gray, rgb, rgba }; // 8 bits a sample

  PngWriter(int width, int height, Kind kind);
  // A bit for each pixel, and what the two values look like (0xRRGGBB).
  PngWriter(int width, int height, const std::uint32_t (&palette)[2]);
  ~PngWriter();
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  void row(const std::uint8_t* samples);
  std::string finish(); // after as many rows as were announced

private:
  void begin(int width, int height, int depth, int color_type);
  void chunk(const char (&type)[5], const void* data, std::size_t length);
  void deflate_all(int flush);

  std::string out_;
  z_stream stream_{};
  std::size_t row_bytes_ = 0, pixel_bytes_ = 1;
  bool filtered_ = false;
  std::vector<std::uint8_t> previous_, line_;
  std::vector<std::uint8_t> packed_;
};

} // namespace doc::pdf
