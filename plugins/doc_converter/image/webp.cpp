#include "decoders.hpp"

#include <memory>
#include <webp/decode.h>
#include <webp/demux.h>

namespace doc {
namespace {

std::optional<Bitmap> decode_still(const std::uint8_t* data, std::size_t size, std::uint64_t most_pixels) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, size, &features) != VP8_STATUS_OK || features.has_animation ||
      !is_size(features.width, features.height, most_pixels))
    return std::nullopt;
  Bitmap bitmap(static_cast<std::uint32_t>(features.width), static_cast<std::uint32_t>(features.height));
  bitmap.has_alpha = features.has_alpha;
  if (!WebPDecodeRGBAInto(data, size, bitmap.rgba.data(), bitmap.rgba.size(), features.width * 4)) return std::nullopt;
  return bitmap;
}

} // namespace

std::optional<Bitmap> decode_webp(std::string_view bytes, std::uint64_t most_pixels) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) return std::nullopt;
  if (!features.has_animation) return decode_still(data, bytes.size(), most_pixels);
  // The first frame of what moves.
  const WebPData whole{data, bytes.size()};
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> frames(WebPDemux(&whole), WebPDemuxDelete);
  WebPIterator frame;
  if (!frames || !WebPDemuxGetFrame(frames.get(), 1, &frame)) return std::nullopt;
  auto bitmap = decode_still(frame.fragment.bytes, frame.fragment.size, most_pixels);
  WebPDemuxReleaseIterator(&frame);
  return bitmap;
}

} // namespace doc
