#include "writer_jpeg.hpp"

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <jpeglib.h>

namespace doc::pdf {
namespace {

// libjpeg leaves by longjmp: nothing with a destructor is made between setjmp and what may fail.
struct Failure {
  jpeg_error_mgr base;
  std::jmp_buf place;
};

[[noreturn]] void fail(j_common_ptr info) { std::longjmp(reinterpret_cast<Failure*>(info->err)->place, 1); }

void begin(jpeg_decompress_struct& info, Failure& failure) {
  info.err = jpeg_std_error(&failure.base);
  failure.base.error_exit = fail;
  failure.base.output_message = [](j_common_ptr) {};
}

void read_header(jpeg_decompress_struct& info, std::string_view bytes) {
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&info, TRUE);
}

// Adobe's programs write the inks inverted, and say so by their marker.
std::uint32_t pixel(const std::uint8_t* inks, bool is_inverted) {
  const auto ink = [&](int i) { return is_inverted ? std::uint32_t{inks[i]} : 255u - inks[i]; };
  const std::uint32_t key = ink(3);
  return 0xff000000u | ink(0) * key / 255 << 16 | ink(1) * key / 255 << 8 | ink(2) * key / 255;
}

} // namespace

JpegKind jpeg_kind(std::string_view bytes) {
  jpeg_decompress_struct info = {};
  Failure failure;
  begin(info, failure);
  if (setjmp(failure.place)) {
    jpeg_destroy_decompress(&info);
    return JpegKind::damaged;
  }
  read_header(info, bytes);
  const int components = info.num_components;
  jpeg_destroy_decompress(&info);
  return components == 4 ? JpegKind::cmyk : components == 1 || components == 3 ? JpegKind::plain : JpegKind::damaged;
}

std::shared_ptr<cairo_surface_t> decode_jpeg(std::string_view bytes) {
  jpeg_decompress_struct info = {};
  Failure failure;
  cairo_surface_t* volatile surface = nullptr;
  std::uint8_t* volatile row = nullptr;
  begin(info, failure);
  if (setjmp(failure.place)) {
    jpeg_destroy_decompress(&info);
    delete[] row;
    if (surface) cairo_surface_destroy(surface);
    return nullptr;
  }
  read_header(info, bytes);
  info.out_color_space = JCS_CMYK;
  jpeg_start_decompress(&info);
  surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(info.output_width),
                                       static_cast<int>(info.output_height));
  if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) fail(reinterpret_cast<j_common_ptr>(&info));
  row = new std::uint8_t[static_cast<std::size_t>(info.output_width) * 4];
  while (info.output_scanline < info.output_height) {
    unsigned char* target = cairo_image_surface_get_data(surface) +
                            static_cast<std::size_t>(cairo_image_surface_get_stride(surface)) * info.output_scanline;
    std::uint8_t* rows[] = {row};
    if (jpeg_read_scanlines(&info, rows, 1) != 1) break;
    for (JDIMENSION x = 0; x < info.output_width; ++x) {
      reinterpret_cast<std::uint32_t*>(target)[x] = pixel(row + std::size_t{x} * 4, info.saw_Adobe_marker);
    }
  }
  jpeg_abort_decompress(&info);
  jpeg_destroy_decompress(&info);
  delete[] row;
  cairo_surface_mark_dirty(surface);
  return {surface, cairo_surface_destroy};
}

} // namespace doc::pdf
