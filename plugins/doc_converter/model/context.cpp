#include "context.hpp"

namespace doc {
namespace {

[[noreturn]] void exceeded(const std::string& sentence) { throw ConversionError(ErrorCode::limit_exceeded, sentence); }

} // namespace

void Context::spend_unpacked(std::uint64_t bytes) {
  unpacked_ += bytes;
  if (unpacked_ > limits_.unpacked_bytes) {
    exceeded("the document unpacks to more than " + std::to_string(limits_.unpacked_bytes >> 20) + " MiB");
  }
}

void Context::spend_inlines(std::uint64_t count) {
  inlines_ += count;
  if (inlines_ > limits_.inlines)
    exceeded("the document has more than " + std::to_string(limits_.inlines) + " runs of text");
}

void Context::check_image(std::uint64_t width_px, std::uint64_t height_px) const {
  if (width_px == 0 || height_px <= limits_.image_pixels / width_px) return;
  exceeded("a picture of " + std::to_string(width_px) + " by " + std::to_string(height_px) +
           " pixels is larger than the limit of " + std::to_string(limits_.image_pixels));
}

void Context::check_depth(std::uint32_t depth) const {
  if (depth > limits_.depth) exceeded("the document nests more than " + std::to_string(limits_.depth) + " levels deep");
}

} // namespace doc
