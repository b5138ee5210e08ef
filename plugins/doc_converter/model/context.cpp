#include "context.hpp"

#include "../io/input.hpp"

#include <utility>

namespace doc {
namespace {

constexpr std::uint32_t most_embedded_deep = 3; // documents inside of documents
constexpr std::uint32_t most_embedded = 1'000;  // in all

class Collector final : public BlockSink {
public:
  explicit Collector(Blocks& blocks) : blocks_(blocks) {}
  void begin(const Metadata&) override {}
  void block(Block block) override { blocks_.push_back(std::move(block)); }
  void end() override {}

private:
  Blocks& blocks_;
};

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

Blocks Context::embedded(std::string bytes, std::string name) {
  Blocks blocks;
  if (!embedded_ || embedded_depth_ == most_embedded_deep) return blocks;
  if (++embedded_count_ > most_embedded)
    exceeded("the document has more than " + std::to_string(most_embedded) + " documents inside");
  spend_unpacked(bytes.size());
  const Input input(std::move(bytes), std::move(name));
  Collector collector(blocks);
  const Deeper deeper(*this, embedded_depth_);
  Progress outer; // what a part tells is not how far the whole is
  std::swap(outer, progress_);
  try {
    embedded_(input, collector, *this);
  } catch (const ConversionError& error) {
    if (error.code() == ErrorCode::limit_exceeded || error.code() == ErrorCode::conversion_failed) throw;
  }
  std::swap(outer, progress_);
  return blocks;
}

} // namespace doc
