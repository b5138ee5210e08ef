#include "pictures.hpp"

#include "../image/probe.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace doc::package {
namespace {

std::string digest(const std::string& bytes) {
  const std::string_view all(bytes);
  // Two independent hashes and the length: pictures that differ share them by no accident.
  return std::to_string(std::hash<std::string_view>()(all)) + "-" +
         std::to_string(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size())) + "-" +
         std::to_string(bytes.size());
}

bool is_packed(std::string_view media_type) {
  return media_type == "image/png" || media_type == "image/jpeg" || media_type == "image/gif" ||
         media_type == "image/webp";
}

} // namespace

std::string Pictures::add(const Image& image) {
  const std::string extension(image_extension(image.media_type));
  if (!image.bytes || image.bytes->empty() || extension == "bin") return {};
  std::string& name = names_[digest(*image.bytes)];
  if (!name.empty()) return name;
  name = folder_ + "image" + std::to_string(entries_.size() + 1) + "." + extension;
  if (is_packed(image.media_type)) {
    archive_.add_stored(name, *image.bytes);
  } else {
    archive_.add(name, *image.bytes);
  }
  types_[extension] = image.media_type;
  entries_.emplace_back(name, image.media_type);
  return name;
}

ShownSize shown_size(const Image& image, ShownSize most) {
  constexpr double points_per_pixel = 72.0 / 96;
  std::uint32_t width_px = image.width_px, height_px = image.height_px;
  if ((width_px == 0 || height_px == 0) && image.bytes) {
    if (const auto info = probe_image(*image.bytes)) width_px = info->width_px, height_px = info->height_px;
  }
  if (width_px == 0 || height_px == 0) width_px = 300, height_px = 150; // what HTML gives to what has no size
  ShownSize size{image.width_pt, image.height_pt};
  const double ratio = static_cast<double>(height_px) / width_px;
  if (!(size.width > 0) && !(size.height > 0)) size.width = width_px * points_per_pixel;
  if (!(size.width > 0)) size.width = size.height / ratio;
  if (!(size.height > 0)) size.height = size.width * ratio;
  const double scale = std::min({1.0, most.width / size.width, most.height / size.height});
  return {std::max(size.width * scale, 1.0), std::max(size.height * scale, 1.0)};
}

} // namespace doc::package
