// Text of old encodings as UTF-8. Single-byte code pages and UTF-16 are our own, since a slim system may lack iconv's
// modules; what East Asia used goes through iconv, and where that lacks it, all but ASCII becomes U+FFFD.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace doc {

// Numbers as Windows counts them.
inline constexpr std::uint32_t code_page_utf8 = 65001;
inline constexpr std::uint32_t code_page_utf16le = 1200;
inline constexpr std::uint32_t code_page_utf16be = 1201;
inline constexpr std::uint32_t code_page_windows_1252 = 1252;

// What a charset's name means in practice (encoding.spec.whatwg.org: "latin1" is windows-1252); letters of either case;
// nothing for unknown names.
std::optional<std::uint32_t> code_page_of(std::string_view charset);

// Whether each byte is a letter by itself, so that text in it has no way to be wrong.
bool is_single_byte(std::uint32_t code_page);

// Bytes that mean nothing become U+FFFD; an unknown code page is read as windows-1252. A byte order mark stays.
std::string to_utf8(std::string_view bytes, std::uint32_t code_page);
std::string to_utf8(std::string_view bytes, std::string_view charset);

// Whether the bytes are UTF-8 without fault; what ends within a character counts as UTF-8 where `is_head`.
bool is_utf8(std::string_view bytes, bool is_head = false);

} // namespace doc
