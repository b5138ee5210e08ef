#include "picture.hpp"

#include "../../image/probe.hpp"
#include "../../model/error.hpp"
#include "tokens.hpp"

namespace doc::rtf {
namespace {

void check_size(std::size_t size, const Context& context) {
  if (size > context.limits().image_bytes)
    throw ConversionError(ErrorCode::limit_exceeded, "a picture of the document is larger than is allowed");
}

std::uint32_t little32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;)
    value = value << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u);
  return value;
}

void put_little32(std::string& out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

// BITMAPFILEHEADER, and where the pixels begin: behind the BITMAPINFOHEADER and its colours.
std::string with_file_header(const std::string& bitmap) {
  const std::uint32_t header = little32(bitmap, 0);
  const std::uint32_t bits = little32(bitmap, 12) >> 16;
  std::uint32_t colors = little32(bitmap, 32);
  if (colors == 0 && bits <= 8) colors = 1u << bits;
  std::string out = "BM";
  put_little32(out, static_cast<std::uint32_t>(bitmap.size() + 14));
  put_little32(out, 0);
  put_little32(out, 14 + header + 4 * (colors & 0xffff));
  return out + bitmap;
}

double shown(std::int32_t goal, std::int32_t scale) {
  if (goal <= 0 || goal > 1'000'000) return 0;
  return goal / 20.0 * (scale > 0 && scale < 10'000 ? scale : 100) / 100;
}

} // namespace

void Picture::digits(std::string_view text, const Context& context) {
  check_size(bytes.size() + text.size() / 2, context);
  for (const char letter : text) {
    const int digit = hex_digit(letter);
    if (digit < 0) continue;
    if (high_digit < 0) {
      high_digit = digit;
    } else {
      bytes.push_back(static_cast<char>(high_digit * 16 + digit));
      high_digit = -1;
    }
  }
}

void Picture::binary(std::string_view data, const Context& context) {
  check_size(bytes.size() + data.size(), context);
  bytes.append(data);
}

std::shared_ptr<const Image> Picture::finish(const Context& context) {
  if (bytes.empty()) return nullptr;
  if (is_bitmap) bytes = with_file_header(bytes);
  const auto info = probe_image(bytes);
  auto image = std::make_shared<Image>();
  image->media_type = info ? info->media_type : "application/octet-stream";
  if (info) {
    context.check_image(info->width_px, info->height_px);
    image->width_px = info->width_px;
    image->height_px = info->height_px;
  }
  image->width_pt = shown(width_goal, scale_x);
  image->height_pt = shown(height_goal, scale_y);
  image->alt = std::move(alt);
  image->bytes = std::make_shared<const std::string>(std::move(bytes));
  return image;
}

} // namespace doc::rtf
