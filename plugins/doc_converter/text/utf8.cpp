#include "utf8.hpp"

namespace doc {
namespace {

constexpr std::uint32_t replacement = 0xfffd;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

bool is_kept(std::uint32_t code_point) {
  return code_point == '\t' || (code_point >= 0x20 && code_point < 0x7f) ||
         (code_point > 0x9f && code_point != 0xfffe && code_point != 0xffff);
}

} // namespace

void append_utf8(std::string& out, std::uint32_t code_point) {
  if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point < 0xe000)) code_point = replacement;
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | code_point >> 6);
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3f));
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
}

std::uint32_t next_code_point(std::string_view text, std::size_t& position) {
  const auto first = static_cast<unsigned char>(text[position]);
  ++position;
  if (first < 0x80) return first;
  const int more = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
  if (more == 0 || first >= 0xf5 || text.size() - position < static_cast<std::size_t>(more)) return replacement;
  std::uint32_t code_point = first & (0x3fu >> more);
  for (int i = 0; i < more; ++i) {
    if (!is_continuation(text[position + static_cast<std::size_t>(i)])) return replacement;
    code_point = code_point << 6 | (static_cast<unsigned char>(text[position + static_cast<std::size_t>(i)]) & 0x3fu);
  }
  const bool is_overlong = (more == 2 && code_point < 0x800) || (more == 3 && code_point < 0x10000);
  if (is_overlong || code_point > 0x10ffff || (code_point >= 0xd800 && code_point < 0xe000)) return replacement;
  position += static_cast<std::size_t>(more);
  return code_point;
}

std::string clean_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t position = 0; position < text.size();) {
    const std::uint32_t code_point = next_code_point(text, position);
    if (is_kept(code_point)) {
      append_utf8(out, code_point);
    } else if (code_point == '\n' || code_point == '\r' || code_point == 0x0b || code_point == 0x0c) {
      out.push_back(' ');
    }
  }
  return out;
}

std::string collapse_blanks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool pending = false;
  for (const char byte : text) {
    if (byte == ' ' || (byte >= '\t' && byte <= '\r')) {
      pending = !out.empty();
      continue;
    }
    if (pending) out.push_back(' ');
    pending = false;
    out.push_back(byte);
  }
  return out;
}

} // namespace doc
