#include "reader_characters.hpp"

#include "../../text/utf8.hpp"

#include <UnicodeTypeTable.h>
#include <goo/gmem.h>

#include <algorithm>
#include <cctype>

namespace doc::pdf {
namespace {

bool has(std::string_view name, std::string_view word) { return name.find(word) != std::string_view::npos; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// Codes of Symbol and Wingdings, as word processors use them for the labels of lists and for boxes and arrows.
std::uint32_t symbol_meaning(std::uint32_t low_byte) {
  switch (low_byte) {
  case 0xb7:
  case 0x6c:
  case 0x9f: return 0x2022; // bullet
  case 0xa7:
  case 0x6e: return 0x25aa; // small square
  case 0xa8:
  case 0x6f:
  case 0x71: return 0x25a1; // empty square
  case 0xd8: return 0x27a2; // arrow head
  case 0xfc: return 0x2713; // tick
  case 0x76: return 0x2756; // four diamonds
  case 0xe0: return 0x2192; // arrow
  case 0xfe: return 0x2611; // ticked box
  case 0x2d: return 0x2212;
  case 0xbe: return 0x2014;
  default: return 0;
  }
}

} // namespace

Face face_by_name(std::string_view given) {
  const std::string name = lower(given);
  Face face;
  face.bold = has(name, "bold") || has(name, "black") || has(name, "heavy") || has(name, "-demi") ||
              has(name, "semibold") || has(name, "cmbx") || has(name, "cmssbx") || has(name, "sfbx") ||
              has(name, "-medi") || name.ends_with("-bd") || name.ends_with(",bd") || name.ends_with(".b") ||
              name.ends_with(".bi");
  face.italic = has(name, "italic") || has(name, "oblique") || has(name, "cmti") || has(name, "cmsl") ||
                has(name, "sfti") || has(name, "cmmi") || name.ends_with("-it") || has(name, "-ital") ||
                has(name, "slanted") || has(name, "cmbxti") || name.ends_with(".i") || name.ends_with(".bi");
  face.mono = has(name, "mono") || has(name, "courier") || has(name, "consol") || has(name, "typewriter") ||
              has(name, "cmtt") || has(name, "sftt") || has(name, "lmtt") || has(name, "nimbusmonl") ||
              has(name, "inconsolata") || has(name, "menlo") || has(name, "code");
  face.symbol = has(name, "symbol") || has(name, "wingdings") || has(name, "dingbats") || has(name, "webdings");
  return face;
}

bool is_blank_character(std::uint32_t c) {
  return c == 0x20 || c == 0xa0 || c == 0x09 || c == 0x0a || c == 0x0d || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

bool is_combining(std::uint32_t c) {
  return (c >= 0x300 && c <= 0x36f) || (c >= 0x591 && c <= 0x5bd) || c == 0x5bf || c == 0x5c1 || c == 0x5c2 ||
         c == 0x5c4 || c == 0x5c5 || c == 0x5c7 || (c >= 0x610 && c <= 0x61a) || (c >= 0x64b && c <= 0x65f) ||
         c == 0x670 || (c >= 0x6d6 && c <= 0x6dc) || (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe20 && c <= 0xfe2f);
}

bool is_right_to_left(std::uint32_t c) {
  return (c >= 0x590 && c <= 0x8ff && !(c >= 0x660 && c <= 0x669) && !(c >= 0x6f0 && c <= 0x6f9)) || c == 0x200f ||
         (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfeff) || (c >= 0x10800 && c <= 0x10fff);
}

bool is_east_asian(std::uint32_t c) {
  return (c >= 0x2e80 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xff01 && c <= 0xff60) ||
         (c >= 0x20000 && c <= 0x3ffff);
}

void append_readable(std::string& out, std::uint32_t c, bool symbol_font) {
  if (c >= 0xf000 && c <= 0xf0ff) {
    if (const std::uint32_t meaning = symbol_meaning(c & 0xff)) append_utf8(out, meaning);
    return;
  }
  if (symbol_font && c < 0x100 && (c == 0xb7 || c == 0xa7)) c = symbol_meaning(c);
  if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfeff || c == 0xfffd || c == 0x200b || c == 0x2060) return;
  if (c >= 0xe000 && c <= 0xf8ff) return; // private: means nothing outside its font
  if (c >= 0xffff && c < 0x10000) return;
  const bool presentation = (c >= 0xfb00 && c <= 0xfdff && c != 0xfd3e && c != 0xfd3f) || (c >= 0xfe70 && c < 0xfeff);
  if (!presentation) {
    append_utf8(out, c);
    return;
  }
  int length = 0;
  Unicode* normal = unicodeNormalizeNFKC(&c, 1, &length, nullptr);
  for (int i = 0; i < length; ++i) {
    if (normal[i] >= 0x20) append_utf8(out, normal[i]);
  }
  gfree(normal);
}

} // namespace doc::pdf
