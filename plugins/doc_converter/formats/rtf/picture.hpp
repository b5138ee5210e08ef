// A picture of an RTF document while its bytes come, as hexadecimal digits or as they are.
#pragma once

#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace doc::rtf {

struct Picture {
  std::int32_t width = 0, height = 0;           // \picw, \pich
  std::int32_t width_goal = 0, height_goal = 0; // twips
  std::int32_t scale_x = 100, scale_y = 100;    // per cent
  bool is_bitmap = false;                       // \dibitmap: a BMP without its file header
  std::string bytes = {};
  std::string alt = {};
  int high_digit = -1;

  void digits(std::string_view text, const Context& context);
  void binary(std::string_view data, const Context& context);
  // Null for what has no bytes.
  std::shared_ptr<const Image> finish(const Context& context);
};

} // namespace doc::rtf
