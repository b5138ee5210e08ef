#include "writer_images.hpp"

#include "../../image/bitmap.hpp"
#include "../../image/probe.hpp"
#include "writer_jpeg.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace doc::pdf {
namespace {

constexpr std::size_t most_known = 8;

struct Source {
  const char* next;
  std::size_t left;
};

cairo_status_t read_source(void* closure, unsigned char* data, unsigned length) {
  auto* source = static_cast<Source*>(closure);
  if (length > source->left) return CAIRO_STATUS_READ_ERROR;
  std::memcpy(data, source->next, length);
  source->next += length;
  source->left -= length;
  return CAIRO_STATUS_SUCCESS;
}

// Takes over the surface; null where it failed.
Surface owned(cairo_surface_t* surface) {
  Surface result(surface, cairo_surface_destroy);
  return cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS ? result : nullptr;
}

Surface decode_png(const std::string& bytes) {
  Source source{bytes.data(), bytes.size()};
  return owned(cairo_image_surface_create_from_png_stream(read_source, &source));
}

// The bytes stay with the surface, which has no pixels of its own: cairo writes the bytes.
Surface pass_jpeg(const Image& image, int width, int height) {
  Surface surface = owned(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  if (!surface) return nullptr;
  auto* kept = new std::shared_ptr<const std::string>(image.bytes);
  const auto release = [](void* data) { delete static_cast<std::shared_ptr<const std::string>*>(data); };
  const auto* data = reinterpret_cast<const unsigned char*>(image.bytes->data());
  const cairo_status_t status =
      cairo_surface_set_mime_data(surface.get(), CAIRO_MIME_TYPE_JPEG, data, image.bytes->size(), release, kept);
  if (status == CAIRO_STATUS_SUCCESS) return surface;
  release(kept);
  return nullptr;
}

// As cairo has pixels: four bytes in the machine's order, colours multiplied by alpha.
void to_cairo(Bitmap& bitmap) {
  for (std::size_t i = 0; i < bitmap.rgba.size(); i += 4) {
    const std::uint8_t* from = &bitmap.rgba[i];
    const std::uint32_t alpha = bitmap.has_alpha ? from[3] : 255;
    const auto channel = [&](int which) { return (from[which] * alpha + 127) / 255; };
    const std::uint32_t pixel = alpha << 24 | channel(0) << 16 | channel(1) << 8 | channel(2);
    std::memcpy(&bitmap.rgba[i], &pixel, sizeof pixel);
  }
}

// The surface owns the pixels.
Surface surface_of_bitmap(Bitmap bitmap) {
  to_cairo(bitmap);
  auto* kept = new Bitmap(std::move(bitmap));
  const auto release = [](void* data) { delete static_cast<Bitmap*>(data); };
  static const cairo_user_data_key_t key = {};
  Surface surface = owned(cairo_image_surface_create_for_data(
      kept->rgba.data(), kept->has_alpha ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24, static_cast<int>(kept->width),
      static_cast<int>(kept->height), static_cast<int>(kept->width * 4)));
  if (surface && cairo_surface_set_user_data(surface.get(), &key, kept, release) == CAIRO_STATUS_SUCCESS)
    return surface;
  release(kept);
  return nullptr;
}

} // namespace

Surface twin_of(const Surface& picture) {
  static const cairo_user_data_key_t key = {};
  cairo_surface_t* first = picture.get();
  const auto release = [](void* data) { cairo_surface_destroy(static_cast<cairo_surface_t*>(data)); };
  cairo_surface_flush(first);
  Surface twin = owned(cairo_image_surface_create_for_data(
      cairo_image_surface_get_data(first), cairo_image_surface_get_format(first), cairo_image_surface_get_width(first),
      cairo_image_surface_get_height(first), cairo_image_surface_get_stride(first)));
  if (!twin) return picture;
  if (cairo_surface_set_user_data(twin.get(), &key, cairo_surface_reference(first), release) != CAIRO_STATUS_SUCCESS) {
    release(first);
    return picture;
  }
  const unsigned char* bytes = nullptr;
  unsigned long length = 0;
  cairo_surface_get_mime_data(first, CAIRO_MIME_TYPE_JPEG, &bytes, &length);
  if (!bytes) return twin;
  const cairo_status_t status = cairo_surface_set_mime_data(twin.get(), CAIRO_MIME_TYPE_JPEG, bytes, length, release,
                                                            cairo_surface_reference(first));
  if (status == CAIRO_STATUS_SUCCESS) return twin;
  release(first);
  return picture;
}

Surface Images::surface_of(const Image& image) {
  if (image.bytes->empty()) return nullptr;
  for (auto known = known_.begin(); known != known_.end(); ++known) {
    if (known->bytes != image.bytes && *known->bytes != *image.bytes) continue;
    known_.splice(known_.begin(), known_, known);
    return known_.front().surface;
  }
  known_.push_front({image.bytes, decode(image)});
  if (known_.size() > most_known) known_.pop_back();
  return known_.front().surface;
}

Surface Images::decode(const Image& image) {
  const auto info = probe_image(*image.bytes);
  if (!info) return nullptr;
  if (info->media_type != "image/png" && info->media_type != "image/jpeg") {
    auto bitmap = decode_bitmap(*image.bytes, context_.limits().image_pixels);
    if (!bitmap || bitmap->width > 32767 || bitmap->height > 32767) return nullptr;
    return surface_of_bitmap(std::move(*bitmap));
  }
  if (info->width_px == 0 || info->height_px == 0) return nullptr;
  context_.check_image(info->width_px, info->height_px);
  if (info->width_px > 32767 || info->height_px > 32767) return nullptr; // cairo's own limit
  if (info->media_type == "image/png") return decode_png(*image.bytes);
  const JpegKind kind = jpeg_kind(*image.bytes);
  if (kind == JpegKind::damaged) return nullptr;
  if (kind == JpegKind::cmyk) return decode_jpeg(*image.bytes);
  return pass_jpeg(image, static_cast<int>(info->width_px), static_cast<int>(info->height_px));
}

} // namespace doc::pdf
