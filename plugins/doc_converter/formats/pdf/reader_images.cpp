#include "reader_images.hpp"

#include "../../image/probe.hpp"
#include "../../model/error.hpp"
#include "reader_png.hpp"

#include <GfxState.h>
#include <Stream.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

namespace doc::pdf {
namespace {

[[noreturn]] void too_large() {
  throw ConversionError(ErrorCode::limit_exceeded, "a picture of the document is larger than is allowed");
}

// JPEG can be taken as it is where its colours are what the file says they are.
bool is_plain_jpeg(const ImageSource& source) {
  if (!source.colors || source.mask || source.mask_colors || source.stream->getKind() != strDCT) return false;
  if (source.inline_image || source.colors->getBits() != 8) return false;
  const int components = source.colors->getNumPixelComps();
  if (components != 1 && components != 3) return false;
  const GfxColorSpaceMode mode = source.colors->getColorSpace()->getMode();
  if (mode == csIndexed || mode == csLab || mode == csSeparation || mode == csDeviceN) return false;
  for (int i = 0; i < components; ++i) {
    if (source.colors->getDecodeLow(i) != 0 || source.colors->getDecodeHigh(i) != 1) return false;
  }
  return true;
}

std::string stored_bytes(Stream* stream, std::uint64_t most) {
  std::string bytes;
  char buffer[16384];
  stream->reset();
  for (int count; (count = stream->doGetChars(sizeof buffer, reinterpret_cast<unsigned char*>(buffer))) > 0;) {
    bytes.append(buffer, static_cast<std::size_t>(count));
    if (bytes.size() > most) too_large();
  }
  stream->close();
  return bytes;
}

// The rows of a mask as opacities, at the size of the picture that it belongs to.
class MaskRows {
public:
  explicit MaskRows(const ImageSource& source)
      : source_(source), bits_(source.mask_colors_map ? source.mask_colors_map->getBits() : 1),
        stream_(source.mask, source.mask_width, 1, bits_) {
    stream_.reset();
    const std::size_t values = static_cast<std::size_t>(source.mask_width);
    row_.resize(values + 8, 255);
  }
  ~MaskRows() { stream_.close(); }

  // Of row `y`, which only grows.
  void opacity(int y, std::uint8_t* out) {
    const auto wanted = static_cast<int>(static_cast<std::int64_t>(y) * source_.mask_height / source_.height);
    while (next_ <= wanted) {
      ++next_;
      unsigned char* line = stream_.getLine();
      if (!line) break;
      if (next_ <= wanted) continue;
      decode(line);
    }
    for (int x = 0; x < source_.width; ++x)
      out[x] = row_[static_cast<std::size_t>(static_cast<std::int64_t>(x) * source_.mask_width / source_.width)];
  }

private:
  void decode(unsigned char* line) {
    if (source_.mask_colors_map) {
      source_.mask_colors_map->getGrayLine(line, row_.data(), source_.mask_width);
      return;
    }
    for (int x = 0; x < source_.mask_width; ++x) // a set bit hides, if nothing else is said
      row_[static_cast<std::size_t>(x)] = (line[x] != 0) != source_.mask_invert ? 0 : 255;
  }

  const ImageSource& source_;
  int bits_;
  ImageStream stream_;
  std::vector<std::uint8_t> row_;
  int next_ = 0;
};

std::uint32_t packed(const GfxRGB& rgb) {
  return static_cast<std::uint32_t>(colToByte(rgb.r)) << 16 | static_cast<std::uint32_t>(colToByte(rgb.g)) << 8 |
         colToByte(rgb.b);
}

// Two colours: a bit for each pixel. Stencils are white where they do not colour.
std::string two_colours(const ImageSource& source) {
  std::uint32_t palette[2];
  if (source.colors) {
    for (unsigned char value = 0; value < 2; ++value) {
      GfxRGB rgb;
      source.colors->getRGB(&value, &rgb);
      palette[value] = packed(rgb);
    }
  } else {
    palette[source.stencil_invert ? 1 : 0] = source.stencil_color;
    palette[source.stencil_invert ? 0 : 1] = source.stencil_color >= 0xf0f0f0 ? 0x000000 : 0xffffff;
  }
  ImageStream stream(source.stream, source.width, 1, 1);
  stream.reset();
  PngWriter png(source.width, source.height, palette);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(source.width + 7) / 8);
  for (int y = 0; y < source.height; ++y) {
    const unsigned char* line = stream.getLine();
    std::fill(row.begin(), row.end(), std::uint8_t{0});
    for (int x = 0; line && x < source.width; ++x) {
      if (line[x]) row[static_cast<std::size_t>(x) / 8] |= static_cast<std::uint8_t>(0x80 >> (x % 8));
    }
    png.row(row.data());
  }
  stream.close();
  return png.finish();
}

bool is_masked_color(const ImageSource& source, const unsigned char* pixel, int components) {
  for (int i = 0; i < components; ++i) {
    if (pixel[i] < source.mask_colors[2 * i] || pixel[i] > source.mask_colors[2 * i + 1]) return false;
  }
  return true;
}

std::string many_colours(const ImageSource& source) {
  const int components = source.colors->getNumPixelComps();
  const bool gray = components == 1 && source.colors->getColorSpace()->getMode() != csIndexed &&
                    source.colors->getColorSpace()->getMode() != csSeparation && !source.mask && !source.mask_colors;
  const bool alpha = source.mask || source.mask_colors;
  ImageStream stream(source.stream, source.width, components, source.colors->getBits());
  stream.reset();
  const auto width = static_cast<std::size_t>(source.width);
  std::optional<MaskRows> mask;
  if (source.mask) mask.emplace(source);
  PngWriter png(source.width, source.height, gray ? PngWriter::gray : alpha ? PngWriter::rgba : PngWriter::rgb);
  std::vector<std::uint8_t> row(width * 4), opacity(width, 255);
  std::vector<std::uint8_t> rgb(width * 3, 255);
  for (int y = 0; y < source.height; ++y) {
    unsigned char* line = stream.getLine();
    if (!line) {
      std::fill(row.begin(), row.end(), std::uint8_t{255});
      png.row(row.data());
      continue;
    }
    if (gray) {
      source.colors->getGrayLine(line, row.data(), source.width);
    } else {
      if (mask) mask->opacity(y, opacity.data());
      if (source.mask_colors) {
        for (std::size_t x = 0; x < width; ++x)
          opacity[x] = is_masked_color(source, line + x * static_cast<std::size_t>(components), components) ? 0 : 255;
      }
      if (source.colors->useRGBLine()) {
        source.colors->getRGBLine(line, rgb.data(), source.width);
      } else {
        for (std::size_t x = 0; x < width; ++x) {
          GfxRGB one;
          source.colors->getRGB(line + x * static_cast<std::size_t>(components), &one);
          rgb[3 * x] = colToByte(one.r), rgb[3 * x + 1] = colToByte(one.g), rgb[3 * x + 2] = colToByte(one.b);
        }
      }
      if (alpha) {
        for (std::size_t x = 0; x < width; ++x) {
          std::memcpy(&row[4 * x], &rgb[3 * x], 3);
          row[4 * x + 3] = opacity[x];
        }
      } else {
        std::memcpy(row.data(), rgb.data(), width * 3);
      }
    }
    png.row(row.data());
  }
  stream.close();
  return png.finish();
}

} // namespace

std::shared_ptr<const std::string> Pictures::bytes_of(const ImageSource& source, std::string& media_type) {
  if (is_plain_jpeg(source)) {
    std::string bytes = stored_bytes(source.stream->getNextStream(), limits_.image_bytes);
    const auto info = probe_image(bytes);
    if (info && info->media_type == "image/jpeg") {
      media_type = info->media_type;
      return std::make_shared<const std::string>(std::move(bytes));
    }
  }
  if (static_cast<std::uint64_t>(source.width) * static_cast<std::uint64_t>(source.height) > limits_.image_pixels)
    too_large();
  media_type = "image/png";
  const bool bits = !source.colors || (source.colors->getBits() == 1 && source.colors->getNumPixelComps() == 1 &&
                                       !source.mask && !source.mask_colors);
  std::string bytes = bits ? two_colours(source) : many_colours(source);
  unpacked_ += static_cast<std::uint64_t>(source.width) * static_cast<std::uint64_t>(source.height) * (bits ? 1 : 3);
  if (unpacked_ > limits_.unpacked_bytes * 4)
    throw ConversionError(ErrorCode::limit_exceeded, "the pictures of the document unpack to more than is allowed");
  if (bytes.size() > limits_.image_bytes) too_large();
  return std::make_shared<const std::string>(std::move(bytes));
}

std::shared_ptr<const Image> Pictures::make(const ImageSource& source, std::uint64_t identity) {
  if (source.width <= 0 || source.height <= 0) return nullptr;
  if (source.width == 1 && source.height == 1) return nullptr; // an area of one colour
  if (source.mask && (source.mask_width <= 0 || source.mask_height <= 0)) return nullptr;
  auto image = std::make_shared<Image>();
  image->width_px = static_cast<std::uint32_t>(source.width);
  image->height_px = static_cast<std::uint32_t>(source.height);
  const auto found = identity ? made_.find(identity) : made_.end();
  if (found != made_.end()) {
    image->bytes = found->second.bytes.lock();
    image->media_type = found->second.media_type;
  }
  if (!image->bytes) {
    image->bytes = bytes_of(source, image->media_type);
    if (identity) {
      if (made_.size() > 100'000) made_.clear();
      made_[identity] = {image->bytes, image->media_type};
    }
  }
  return image;
}

} // namespace doc::pdf
