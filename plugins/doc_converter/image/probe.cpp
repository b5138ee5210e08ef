#include "probe.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace doc {
namespace {

using Bytes = std::string_view;

std::uint32_t byte(Bytes bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0u;
}
std::uint32_t big16(Bytes bytes, std::size_t at) { return byte(bytes, at) << 8 | byte(bytes, at + 1); }
std::uint32_t big32(Bytes bytes, std::size_t at) { return big16(bytes, at) << 16 | big16(bytes, at + 2); }
std::uint32_t little16(Bytes bytes, std::size_t at) { return byte(bytes, at + 1) << 8 | byte(bytes, at); }
std::uint32_t little32(Bytes bytes, std::size_t at) { return little16(bytes, at + 2) << 16 | little16(bytes, at); }

// As much of it as there is.
Bytes part(Bytes bytes, std::size_t at, std::size_t length) { return bytes.substr(std::min(at, bytes.size()), length); }

bool begins(Bytes bytes, Bytes with) { return bytes.substr(0, with.size()) == with; }

// PNG (ISO/IEC 15948): IHDR is first; pHYs, in dots per metre, before the picture's data.
ImageInfo png(Bytes bytes) {
  ImageInfo info{"image/png", big32(bytes, 16), big32(bytes, 20), 0};
  for (std::size_t at = 8; at + 12 <= bytes.size();) {
    const std::uint32_t length = big32(bytes, at);
    const Bytes type = part(bytes, at + 4, 4);
    if (type == "pHYs" && byte(bytes, at + 16) == 1) info.dots_per_inch = big32(bytes, at + 8) * 0.0254;
    if (type == "IDAT" || length > bytes.size() - at - 12) break;
    at += 12 + length;
  }
  return info;
}

bool is_frame(std::uint32_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// JPEG (ITU-T T.81): the size is in the frame header; the density in JFIF's APP0.
ImageInfo jpeg(Bytes bytes) {
  ImageInfo info{"image/jpeg", 0, 0, 0};
  for (std::size_t at = 2; at + 4 <= bytes.size();) {
    if (byte(bytes, at) != 0xff) break;
    const std::uint32_t marker = byte(bytes, at + 1);
    if (marker == 0xff || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker == 0xff ? 1 : 2;
      continue;
    }
    if (marker == 0xda || marker == 0xd9) break;
    if (marker == 0xe0 && part(bytes, at + 4, 4) == "JFIF") {
      const double density = big16(bytes, at + 12);
      if (byte(bytes, at + 11) == 1) info.dots_per_inch = density;
      if (byte(bytes, at + 11) == 2) info.dots_per_inch = density * 2.54;
    }
    if (is_frame(marker)) {
      info.height_px = big16(bytes, at + 5);
      info.width_px = big16(bytes, at + 7);
      break;
    }
    at += 2 + big16(bytes, at + 2);
  }
  return info;
}

ImageInfo bmp(Bytes bytes) {
  const auto height = static_cast<std::int32_t>(little32(bytes, 22));
  return {"image/bmp", little32(bytes, 18), static_cast<std::uint32_t>(std::abs(static_cast<std::int64_t>(height))), 0};
}

ImageInfo tiff(Bytes bytes) {
  ImageInfo info{"image/tiff", 0, 0, 0};
  const bool is_big = bytes[0] == 'M';
  const auto two = [&](std::size_t at) { return is_big ? big16(bytes, at) : little16(bytes, at); };
  const auto four = [&](std::size_t at) { return is_big ? big32(bytes, at) : little32(bytes, at); };
  const std::size_t directory = four(4);
  for (std::uint32_t i = 0; i < two(directory); ++i) {
    const std::size_t entry = directory + 2 + 12ull * i;
    if (entry + 12 > bytes.size()) break;
    const std::uint32_t value = two(entry + 2) == 3 ? two(entry + 8) : four(entry + 8);
    if (two(entry) == 256) info.width_px = value;
    if (two(entry) == 257) info.height_px = value;
  }
  return info;
}

ImageInfo webp(Bytes bytes) {
  const Bytes kind = part(bytes, 12, 4);
  if (kind == "VP8X") {
    return {"image/webp", (little32(bytes, 24) & 0xffffff) + 1, (little32(bytes, 26) >> 8 & 0xffffff) + 1, 0};
  }
  if (kind == "VP8L") {
    const std::uint32_t bits = little32(bytes, 21);
    return {"image/webp", (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1, 0};
  }
  return {"image/webp", little16(bytes, 26) & 0x3fff, little16(bytes, 28) & 0x3fff, 0};
}

// The number that `name`="… of the root element begins with; 0 for per cents and other units than pixels and points.
double svg_length(Bytes root, Bytes name) {
  std::size_t at = 0;
  while ((at = root.find(name, at)) != Bytes::npos) {
    const bool is_name = at > 0 && std::isspace(static_cast<unsigned char>(root[at - 1])) != 0;
    at += name.size();
    if (!is_name || at + 2 >= root.size() || root[at] != '=') continue;
    const std::string value(root.substr(at + 2, 32));
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    const Bytes unit(end, value.find_first_of("\"'") == std::string::npos
                              ? 0
                              : value.find_first_of("\"'") - static_cast<std::size_t>(end - value.c_str()));
    if (!std::isfinite(number) || number <= 0 || number > 1e6) return 0;
    if (unit.empty() || unit == "px") return number;
    if (unit == "pt") return number * 96 / 72;
    if (unit == "mm") return number * 96 / 25.4;
    if (unit == "cm") return number * 96 / 2.54;
    if (unit == "in") return number * 96;
    return 0;
  }
  return 0;
}

std::optional<ImageInfo> svg(Bytes bytes) {
  const Bytes head = bytes.substr(0, 4096);
  const std::size_t root = head.find("<svg");
  const std::size_t first = head.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (root == Bytes::npos || first == Bytes::npos || head[first] != '<') return std::nullopt;
  const Bytes element = bytes.substr(root, bytes.find('>', root) - root);
  return ImageInfo{"image/svg+xml", static_cast<std::uint32_t>(svg_length(element, "width")),
                   static_cast<std::uint32_t>(svg_length(element, "height")), 0};
}

// Bounds and device size of an Enhanced Metafile ([MS-EMF] 2.3.4.2), in hundredths of a millimetre.
ImageInfo emf(Bytes bytes) {
  const auto span = [&](std::size_t low, std::size_t high) {
    const std::int64_t hundredths = static_cast<std::int64_t>(static_cast<std::int32_t>(little32(bytes, high))) -
                                    static_cast<std::int32_t>(little32(bytes, low));
    return hundredths > 0 && hundredths < 10'000'000
               ? static_cast<std::uint32_t>(static_cast<double>(hundredths) / 2540 * 96)
               : 0u;
  };
  return {"image/emf", span(24, 32), span(28, 36), 0};
}

} // namespace

std::optional<ImageInfo> probe_image(Bytes bytes) {
  if (begins(bytes, "\x89PNG\r\n\x1a\n")) return png(bytes);
  if (begins(bytes, "\xff\xd8\xff")) return jpeg(bytes);
  if (begins(bytes, "GIF87a") || begins(bytes, "GIF89a"))
    return ImageInfo{"image/gif", little16(bytes, 6), little16(bytes, 8), 0};
  if (begins(bytes, "BM") && bytes.size() > 26) return bmp(bytes);
  if (begins(bytes, Bytes("II*\0", 4)) || begins(bytes, Bytes("MM\0*", 4))) return tiff(bytes);
  if (begins(bytes, "RIFF") && part(bytes, 8, 4) == "WEBP") return webp(bytes);
  if (begins(bytes, Bytes("\x01\0\0\0", 4)) && part(bytes, 40, 4) == " EMF") return emf(bytes);
  if (begins(bytes, "\xd7\xcd\xc6\x9a") || begins(bytes, Bytes("\x01\0\x09\0\0", 5)))
    return ImageInfo{"image/wmf", 0, 0, 0};
  return svg(bytes);
}

std::string_view image_extension(std::string_view media_type) {
  static constexpr std::string_view known[][2] = {
      {"image/png", "png"},     {"image/jpeg", "jpeg"}, {"image/gif", "gif"},
      {"image/bmp", "bmp"},     {"image/tiff", "tiff"}, {"image/webp", "webp"},
      {"image/svg+xml", "svg"}, {"image/emf", "emf"},   {"image/wmf", "wmf"},
  };
  for (const auto& one : known) {
    if (one[0] == media_type) return one[1];
  }
  return "bin";
}

} // namespace doc
