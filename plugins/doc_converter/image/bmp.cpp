#include "decoders.hpp"

#include <algorithm>
#include <array>

namespace doc {
namespace {

using Bytes = std::string_view;

std::uint32_t byte(Bytes bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
}
std::uint32_t little16(Bytes bytes, std::size_t at) { return byte(bytes, at) | byte(bytes, at + 1) << 8; }
std::uint32_t little32(Bytes bytes, std::size_t at) { return little16(bytes, at) | little16(bytes, at + 2) << 16; }

enum Compression : std::uint32_t { plain = 0, rle8 = 1, rle4 = 2, bit_fields = 3, alpha_bit_fields = 6 };

// BITMAPCOREHEADER or BITMAPINFOHEADER and what follows it ([MS-WMF] 2.2.2.2, 2.2.2.3).
struct Header {
  std::int64_t width = 0, height = 0;
  bool is_upside_down = true; // the last row is first
  std::uint32_t bits = 0, compression = plain;
  std::size_t pixels = 0; // where they are in the file
  std::array<std::uint32_t, 4> masks = {};
  std::vector<std::uint32_t> palette; // 0x00RRGGBB
};

Header header_of(Bytes file) {
  Header header;
  header.pixels = little32(file, 10);
  const std::uint32_t size = little32(file, 14);
  const bool is_core = size == 12;
  header.width = is_core ? little16(file, 18) : static_cast<std::int32_t>(little32(file, 18));
  header.height = is_core ? little16(file, 20) : static_cast<std::int32_t>(little32(file, 22));
  header.is_upside_down = header.height >= 0;
  header.height = std::max(header.height, -header.height);
  header.bits = little16(file, is_core ? 24 : 28);
  header.compression = is_core ? 0 : little32(file, 30);
  const bool has_masks = header.compression == bit_fields || header.compression == alpha_bit_fields;
  if (has_masks) {
    for (std::size_t i = 0; i < 3; ++i) header.masks[i] = little32(file, 54 + i * 4);
    if (size >= 56 || header.compression == alpha_bit_fields) header.masks[3] = little32(file, 66);
  } else if (header.bits == 16) {
    header.masks = {0x7c00, 0x3e0, 0x1f, 0};
  } else {
    header.masks = {0xff0000, 0xff00, 0xff, 0};
  }
  if (header.bits > 8) return header;
  const std::size_t begin = std::size_t{14} + size + (has_masks && size == 40 ? 12 : 0);
  const std::size_t each = is_core ? 3 : 4;
  const std::uint32_t said = is_core ? 0 : little32(file, 46);
  const std::size_t count = said == 0 || said > 256 ? std::size_t{1} << header.bits : said;
  for (std::size_t i = 0; i < count && begin + i * each + 3 <= file.size(); ++i)
    header.palette.push_back(little32(file, begin + i * each) & 0xffffff);
  return header;
}

// The bits of the mask, spread over eight.
std::uint8_t channel(std::uint32_t value, std::uint32_t mask) {
  if (mask == 0) return 0;
  int shift = 0;
  while ((mask >> shift & 1) == 0) ++shift;
  const std::uint64_t most = mask >> shift;
  return static_cast<std::uint8_t>(
      (value & mask) >> shift == most ? 255 : std::uint64_t{(value & mask) >> shift} * 255 / most);
}

class Decoder {
public:
  Decoder(Bytes file, const Header& header)
      : file_(file), header_(header),
        bitmap_(static_cast<std::uint32_t>(header.width), static_cast<std::uint32_t>(header.height)) {}

  std::optional<Bitmap> decode() {
    if (header_.compression == rle8 || header_.compression == rle4)
      runs();
    else
      rows();
    return std::move(bitmap_);
  }

private:
  void put(std::uint32_t x, std::uint32_t y, std::uint32_t index) {
    if (x >= bitmap_.width || y >= bitmap_.height) return;
    const std::uint32_t color = index < header_.palette.size() ? header_.palette[index] : 0;
    set(x, y, static_cast<std::uint8_t>(color >> 16), static_cast<std::uint8_t>(color >> 8),
        static_cast<std::uint8_t>(color), 255);
  }
  void set(std::uint32_t x, std::uint32_t y, std::uint8_t red, std::uint8_t green, std::uint8_t blue,
           std::uint8_t alpha) {
    std::uint8_t* pixel = bitmap_.pixel(x, header_.is_upside_down ? bitmap_.height - 1 - y : y);
    pixel[0] = red;
    pixel[1] = green;
    pixel[2] = blue;
    pixel[3] = alpha;
  }

  void rows() {
    const std::size_t stride = (static_cast<std::size_t>(header_.width) * header_.bits + 31) / 32 * 4;
    bitmap_.has_alpha = header_.masks[3] != 0;
    for (std::uint32_t y = 0; y < bitmap_.height; ++y) {
      const std::size_t begin = header_.pixels + y * stride;
      if (begin >= file_.size()) break;
      for (std::uint32_t x = 0; x < bitmap_.width; ++x) pixel(begin, x, y);
    }
  }
  void pixel(std::size_t row, std::uint32_t x, std::uint32_t y) {
    if (header_.bits <= 8) {
      const std::size_t bit = std::size_t{x} * header_.bits;
      const std::uint32_t shift = 8 - header_.bits - static_cast<std::uint32_t>(bit % 8);
      return put(x, y, byte(file_, row + bit / 8) >> shift & ((1u << header_.bits) - 1));
    }
    const std::size_t at = row + std::size_t{x} * (header_.bits / 8);
    const std::uint32_t value = header_.bits == 16   ? little16(file_, at)
                                : header_.bits == 24 ? little32(file_, at) & 0xffffff
                                                     : little32(file_, at);
    const auto& masks = header_.masks;
    set(x, y, channel(value, masks[0]), channel(value, masks[1]), channel(value, masks[2]),
        masks[3] == 0 ? std::uint8_t{255} : channel(value, masks[3]));
  }

  // A count and an index that repeats; or 0 and an order: 0 ends the row, 1 the picture, 2 moves, more are as many
  // indices ([MS-WMF] 3.1.6).
  void runs() {
    const bool is_half = header_.compression == rle4;
    bitmap_.has_alpha = true; // what is moved over stays transparent
    std::uint32_t x = 0, y = 0;
    for (std::size_t at = header_.pixels; at + 1 < file_.size() && y < bitmap_.height;) {
      const std::uint32_t count = byte(file_, at), value = byte(file_, at + 1);
      at += 2;
      if (count > 0) {
        for (std::uint32_t i = 0; i < count; ++i) put(x++, y, is_half ? (i % 2 == 0 ? value >> 4 : value & 15) : value);
      } else if (value == 0) {
        x = 0;
        ++y;
      } else if (value == 1) {
        return;
      } else if (value == 2) {
        x += byte(file_, at);
        y += byte(file_, at + 1);
        at += 2;
      } else {
        for (std::uint32_t i = 0; i < value; ++i) {
          const std::uint32_t index = byte(file_, at + (is_half ? i / 2 : i));
          put(x++, y, is_half ? (i % 2 == 0 ? index >> 4 : index & 15) : index);
        }
        const std::size_t length = is_half ? (value + 1) / 2 : value;
        at += length + length % 2;
      }
    }
  }

  Bytes file_;
  const Header& header_;
  Bitmap bitmap_;
};

} // namespace

std::optional<Bitmap> decode_bmp(Bytes bytes, std::uint64_t most_pixels) {
  const Header header = header_of(bytes);
  const std::uint32_t bits = header.bits;
  const bool is_known = bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
  const bool is_known_compression =
      header.compression == plain || (header.compression == rle8 && bits == 8) ||
      (header.compression == rle4 && bits == 4) ||
      ((header.compression == bit_fields || header.compression == alpha_bit_fields) && (bits == 16 || bits == 32));
  if (!is_known || !is_known_compression || !is_size(header.width, header.height, most_pixels) ||
      header.pixels >= bytes.size())
    return std::nullopt;
  return Decoder(bytes, header).decode();
}

} // namespace doc
