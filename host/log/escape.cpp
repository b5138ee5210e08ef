#include "log/escape.hpp"

#include "base/text.hpp"

#include <cstdint>

namespace crank {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD

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
    const CodePoint character = first_code_point(text);
    if (character.size == 0) {
      out += kReplacement;
      text.remove_prefix(1);
      continue;
    }
    if (!special(character.value)) out.append(text.substr(0, character.size));
    text.remove_prefix(character.size);
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
