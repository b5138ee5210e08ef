#include "log/escape.hpp"

#include <cstdint>

namespace crank {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD

struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0; // bytes; 0: ill-formed
};

// The well-formed sequence at the start of `text` (Unicode 15, table 3-7): no overlong forms, surrogates or values
// above U+10FFFF.
Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0u) == 0x80u; };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first >= 0xc2 && first <= 0xdf && continues(1)) return {(first & 0x1fu) << 6 | (byte(1) & 0x3fu), 2};
  if ((first & 0xf0u) == 0xe0 && continues(1) && continues(2)) {
    const std::uint32_t code = (first & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
    if (code >= 0x800 && (code < 0xd800 || code > 0xdfff)) return {code, 3};
  }
  if (first >= 0xf0 && first <= 0xf4 && continues(1) && continues(2) && continues(3)) {
    const std::uint32_t code =
        (first & 0x07u) << 18 | (byte(1) & 0x3fu) << 12 | (byte(2) & 0x3fu) << 6 | (byte(3) & 0x3fu);
    if (code >= 0x10000 && code <= 0x10ffff) return {code, 4};
  }
  return {};
}

void append_hex(std::string& out, std::string_view prefix, int digits, std::uint32_t code) {
  out += prefix;
  while (--digits >= 0) out += "0123456789abcdef"[(code >> (4 * digits)) & 0xfu];
}

bool is_control(std::uint32_t code) { return code < 0x20 || (code >= 0x7f && code <= 0x9f); }

// Walks `text`; `special` appends a character itself and returns true, or leaves it to be copied.
template <class Special>
void append_escaped(std::string& out, std::string_view text, Special special) {
  out.reserve(out.size() + text.size());
  while (!text.empty()) {
    const Character character = decode(text);
    if (character.length == 0) {
      out += kReplacement;
      text.remove_prefix(1);
      continue;
    }
    if (!special(character.code)) out.append(text.substr(0, character.length));
    text.remove_prefix(character.length);
  }
}

} // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  append_escaped(out, text, [&out](std::uint32_t code) {
    switch (code) {
    case '"': out += "\\\""; return true;
    case '\\': out += "\\\\"; return true;
    case '\n': out += "\\n"; return true;
    case '\r': out += "\\r"; return true;
    case '\t': out += "\\t"; return true;
    default: break;
    }
    if (!is_control(code)) return false;
    append_hex(out, "\\u", 4, code);
    return true;
  });
}

void append_console_escaped(std::string& out, std::string_view text) {
  append_escaped(out, text, [&out](std::uint32_t code) {
    switch (code) {
    case '\n': out += "\\n"; return true;
    case '\r': out += "\\r"; return true;
    case '\t': out += "\\t"; return true;
    default: break;
    }
    if (!is_control(code)) return false;
    if (code < 0x80)
      append_hex(out, "\\x", 2, code);
    else
      append_hex(out, "\\u", 4, code);
    return true;
  });
}

} // namespace crank
