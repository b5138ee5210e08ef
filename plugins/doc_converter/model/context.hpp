// What one conversion may cost, and how it tells of its progress. One thread at a time.
#pragma once

#include "document.hpp"
#include "error.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace doc {

class Input;

struct Limits {
  std::uint64_t unpacked_bytes = 2ull << 30; // of all that a reader decompresses
  std::uint64_t xml_bytes = 256ull << 20;    // of one XML part, which is held as a tree
  std::uint64_t image_pixels = 100'000'000;  // of one picture that is decoded
  std::uint64_t image_bytes = 128ull << 20;  // of one picture as a file
  std::uint64_t output_bytes = 2ull << 30;
  std::uint64_t pages = 50'000;
  std::uint64_t inlines = 50'000'000;    // runs of text in all
  std::uint32_t table_cells = 1'000'000; // of one table, as its grid
  std::uint32_t depth = 100;             // blocks inside blocks, elements inside elements that count
};

// Counts what is spent, and throws LIMIT_EXCEEDED with a sentence that names the limit.
class Context {
public:
  using Progress =
      std::function<void(double fraction, std::string_view note)>; // fraction in [0,1], or negative if unknown

  explicit Context(const Limits& limits, Progress progress = {}) : limits_(limits), progress_(std::move(progress)) {}

  const Limits& limits() const { return limits_; }

  // Cheap enough for every page and every hundredth paragraph.
  void progress(double fraction, std::string_view note = {}) const {
    if (progress_) progress_(fraction, note);
  }
  // Bytes that came out of a decompressor.
  void spend_unpacked(std::uint64_t bytes);
  void spend_inlines(std::uint64_t count);
  // Refuses a picture before it is decoded.
  void check_image(std::uint64_t width_px, std::uint64_t height_px) const;
  void check_depth(std::uint32_t depth) const;

  // How a document is read that is a part of another one. It throws ConversionError.
  using Embedded = std::function<void(const Input&, BlockSink&, Context&)>;
  void read_embedded_with(Embedded read) { embedded_ = std::move(read); }
  // The blocks of the document that `bytes` are, of whatever format. What is none that can be read has none, what is
  // damaged those before the damage; a limit that it exceeds is exceeded.
  std::vector<Block> embedded(std::string bytes, std::string name);

private:
  Limits limits_;
  Progress progress_;
  std::uint64_t unpacked_ = 0;
  std::uint64_t inlines_ = 0;
  Embedded embedded_;
  std::uint32_t embedded_depth_ = 0, embedded_count_ = 0;
};

// One level deeper for as long as it lives.
class Deeper {
public:
  Deeper(const Context& context, std::uint32_t& depth) : depth_(depth) { context.check_depth(++depth_); }
  ~Deeper() { --depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

private:
  std::uint32_t& depth_;
};

} // namespace doc
