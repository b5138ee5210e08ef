#include "picture_reader.hpp"

#include "../image/probe.hpp"
#include "../model/error.hpp"

namespace doc::package {
namespace {

constexpr std::uint64_t most_kept_bytes = 32ull << 20;

} // namespace

const PictureReader::Kept& PictureReader::load(const std::string& name) {
  static const std::shared_ptr<const std::string> nothing = std::make_shared<const std::string>();
  const auto found = kept_.find(name);
  if (found != kept_.end()) return found->second;
  if (kept_bytes_ > most_kept_bytes) {
    kept_.clear();
    kept_bytes_ = 0;
  }
  Kept& kept = kept_[name];
  kept.bytes = nothing;
  try {
    auto bytes = archive_.read(name, context_.limits().image_bytes);
    const auto info = bytes ? probe_image(*bytes) : std::nullopt;
    if (!info) return kept;
    kept.media_type = info->media_type;
    kept.width_px = info->width_px;
    kept.height_px = info->height_px;
    kept_bytes_ += bytes->size();
    kept.bytes = std::make_shared<const std::string>(std::move(*bytes));
  } catch (const ConversionError& error) {
    if (error.code() != ErrorCode::corrupt_document) throw; // one damaged picture does not damage the text
  }
  return kept;
}

std::shared_ptr<Image> PictureReader::read(const std::string& name) {
  const Kept& kept = load(name);
  auto image = std::make_shared<Image>();
  image->media_type = kept.media_type;
  image->bytes = kept.bytes;
  image->width_px = kept.width_px;
  image->height_px = kept.height_px;
  return image;
}

} // namespace doc::package
