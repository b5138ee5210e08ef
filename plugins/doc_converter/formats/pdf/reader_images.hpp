// Pictures of a PDF as files: JPEG as it is stored, everything else as PNG, row by row.
#pragma once

#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

class GfxImageColorMap;
class Stream;

namespace doc::pdf {

// One picture as poppler hands it out; streams are valid only during the call.
struct ImageSource {
  Stream* stream = nullptr;
  int width = 0, height = 0;
  GfxImageColorMap* colors = nullptr; // null: a stencil, whose set bits have `stencil_color`
  std::uint32_t stencil_color = 0;
  bool stencil_invert = false;
  const int* mask_colors = nullptr; // ranges of the components that are transparent
  Stream* mask = nullptr;
  int mask_width = 0, mask_height = 0;
  GfxImageColorMap* mask_colors_map = nullptr; // null: the mask is a stencil
  bool mask_invert = false;
  bool inline_image = false;
};

// Makes the pictures of one reader. One thread.
class Pictures {
public:
  explicit Pictures(const Limits& limits) : limits_(limits) {}

  // Null where there is nothing to be had of it. `identity` is 0 for pictures that are no objects. Throws
  // LIMIT_EXCEEDED.
  std::shared_ptr<const Image> make(const ImageSource& source, std::uint64_t identity);

  std::uint64_t unpacked() const { return unpacked_; }

private:
  std::shared_ptr<const std::string> bytes_of(const ImageSource& source, std::string& media_type);

  struct Made {
    std::weak_ptr<const std::string> bytes;
    std::string media_type;
  };
  const Limits& limits_;
  std::uint64_t unpacked_ = 0;
  std::unordered_map<std::uint64_t, Made> made_;
};

} // namespace doc::pdf
