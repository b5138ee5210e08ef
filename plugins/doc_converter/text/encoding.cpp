#include "encoding.hpp"

#include "encoding_tables.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <cerrno>
#include <iconv.h>

namespace doc {
namespace {

struct Name {
  std::string_view name; // lower case, without '-', '_' and ':'
  std::uint32_t code_page;
};

// The labels of encoding.spec.whatwg.org that are met, and those of MIME for what it leaves out.
constexpr Name charset_names[] = {
    {"utf8", code_page_utf8},
    {"unicode11utf8", code_page_utf8},
    {"utf16", code_page_utf16le},
    {"utf16le", code_page_utf16le},
    {"unicode", code_page_utf16le},
    {"ucs2", code_page_utf16le},
    {"utf16be", code_page_utf16be},
    {"ascii", 1252},
    {"usascii", 1252},
    {"ansix3.41968", 1252},
    {"latin1", 1252},
    {"l1", 1252},
    {"iso88591", 1252},
    {"iso885911987", 1252},
    {"cp819", 1252},
    {"latin2", 28592},
    {"l2", 28592},
    {"latin3", 28593},
    {"latin4", 28594},
    {"cyrillic", 28595},
    {"arabic", 28596},
    {"greek", 28597},
    {"hebrew", 28598},
    {"iso88598i", 28598},
    {"iso88599", 1254},
    {"latin5", 1254},
    {"latin6", 28600},
    {"iso885911", 874},
    {"tis620", 874},
    {"latin9", 28605},
    {"koi8r", 20866},
    {"koi8", 20866},
    {"koi", 20866},
    {"koi8u", 21866},
    {"koi8ru", 21866},
    {"macintosh", 10000},
    {"mac", 10000},
    {"macroman", 10000},
    {"xmacroman", 10000},
    {"xmaccyrillic", 10007},
    {"shiftjis", 932},
    {"sjis", 932},
    {"xsjis", 932},
    {"mskanji", 932},
    {"windows31j", 932},
    {"gb2312", 936},
    {"gbk", 936},
    {"xgbk", 936},
    {"chinese", 936},
    {"gb18030", 54936},
    {"big5", 950},
    {"big5hkscs", 950},
    {"cnbig5", 950},
    {"euckr", 949},
    {"korean", 949},
    {"ksc56011987", 949},
    {"ksc5601", 949},
    {"uhc", 949},
    {"eucjp", 51932},
    {"xeucjp", 51932},
    {"iso2022jp", 50220},
};

struct IconvName {
  std::uint32_t code_page;
  const char* name;
};

constexpr IconvName iconv_names[] = {
    {932, "CP932"},    {936, "GBK"},       {949, "CP949"},    {950, "CP950"},
    {1361, "JOHAB"},   {54936, "GB18030"}, {51932, "EUC-JP"}, {50220, "ISO-2022-JP"},
    {20932, "EUC-JP"}, {51949, "EUC-KR"},  {10001, "CP932"},  {10002, "BIG5"},
    {10003, "EUC-KR"}, {10008, "EUC-CN"},  {20936, "EUC-CN"}, {50221, "ISO-2022-JP"},
};

constexpr std::string_view replacement = "\xef\xbf\xbd";

std::string plain_name(std::string_view charset) {
  std::string out;
  for (const char letter : charset.substr(0, 64)) {
    if (letter == '-' || letter == '_' || letter == ':' || letter == ' ' || letter == '"' || letter == '\'') continue;
    out.push_back(letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter);
  }
  return out;
}

std::uint32_t number(std::string_view digits) {
  if (digits.empty() || digits.size() > 5) return 0;
  std::uint32_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return 0;
    value = value * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return value;
}

const SingleByteCodePage* single_byte(std::uint32_t code_page) {
  for (std::size_t i = 0; i < single_byte_code_page_count; ++i) {
    if (single_byte_code_pages[i].number == code_page) return &single_byte_code_pages[i];
  }
  return nullptr;
}

const char* iconv_name(std::uint32_t code_page) {
  for (const IconvName& one : iconv_names) {
    if (one.code_page == code_page) return one.name;
  }
  return nullptr;
}

// "windows-1251", "cp866", "ibm850", "iso-8859-5", or a number alone.
std::uint32_t numbered(std::string_view name) {
  for (const std::string_view prefix : {"windows", "xcp", "cp", "ibm", "ms", ""}) {
    if (name.substr(0, prefix.size()) != prefix) continue;
    const std::uint32_t value = number(name.substr(prefix.size()));
    if (value != 0 && (single_byte(value) || iconv_name(value) || value == code_page_utf8)) return value;
  }
  if (name.substr(0, 7) == "iso8859") {
    const std::uint32_t part = number(name.substr(7));
    if (part >= 2 && part <= 16 && single_byte(28590 + part)) return 28590 + part;
  }
  return 0;
}

std::string from_single_byte(std::string_view bytes, const SingleByteCodePage& page) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 4);
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x80) {
      out.push_back(byte);
    } else {
      const std::uint16_t code_point = page.upper[value - 0x80];
      append_utf8(out, code_point != 0 ? code_point : 0xfffd);
    }
  }
  return out;
}

std::string from_utf16(std::string_view bytes, bool is_big) {
  std::string out;
  out.reserve(bytes.size());
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<unsigned char>(bytes[at]), second = static_cast<unsigned char>(bytes[at + 1]);
    return static_cast<std::uint32_t>(is_big ? first << 8 | second : second << 8 | first);
  };
  for (std::size_t at = 0; at + 2 <= bytes.size(); at += 2) {
    std::uint32_t code_point = unit(at);
    if (code_point >= 0xd800 && code_point < 0xdc00 && at + 4 <= bytes.size()) {
      const std::uint32_t low = unit(at + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
        at += 2;
      }
    }
    append_utf8(out, code_point);
  }
  return out;
}

std::string only_ascii(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    if ((static_cast<unsigned char>(byte) & 0x80) == 0)
      out.push_back(byte);
    else
      out.append(replacement);
  }
  return out;
}

// Closes what iconv_open() gave.
struct Converter {
  explicit Converter(const char* from) : handle(iconv_open("UTF-8", from)) {}
  ~Converter() {
    if (is_open()) iconv_close(handle);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  bool is_open() const { return handle != reinterpret_cast<iconv_t>(-1); } // NOLINT: as POSIX has it

  iconv_t handle;
};

std::string from_iconv(std::string_view bytes, const char* name) {
  const Converter converter(name);
  if (!converter.is_open()) return only_ascii(bytes);
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 2);
  char buffer[4096];
  char* in = const_cast<char*>(bytes.data()); // iconv() does not write to it
  std::size_t left = bytes.size();
  while (left > 0) {
    char* to = buffer;
    std::size_t room = sizeof buffer;
    const std::size_t result = iconv(converter.handle, &in, &left, &to, &room);
    const int error = errno;
    out.append(buffer, static_cast<std::size_t>(to - buffer));
    if (result != static_cast<std::size_t>(-1) || left == 0) continue;
    if (error == E2BIG) continue;
    out.append(replacement); // a byte that means nothing, or a character that ends too early
    ++in;
    --left;
  }
  return out;
}

} // namespace

std::optional<std::uint32_t> code_page_of(std::string_view charset) {
  const std::string name = plain_name(charset);
  for (const Name& one : charset_names) {
    if (one.name == name) return one.code_page;
  }
  const std::uint32_t value = numbered(name);
  return value != 0 ? std::optional(value) : std::nullopt;
}

bool is_single_byte(std::uint32_t code_page) { return single_byte(code_page) != nullptr; }

std::string to_utf8(std::string_view bytes, std::uint32_t code_page) {
  if (code_page == code_page_utf8) {
    if (is_utf8(bytes)) return std::string(bytes);
    std::string out;
    for (std::size_t at = 0; at < bytes.size();) append_utf8(out, next_code_point(bytes, at));
    return out;
  }
  if (code_page == code_page_utf16le || code_page == code_page_utf16be)
    return from_utf16(bytes, code_page == code_page_utf16be);
  if (const SingleByteCodePage* page = single_byte(code_page)) return from_single_byte(bytes, *page);
  if (const char* name = iconv_name(code_page)) return from_iconv(bytes, name);
  return from_single_byte(bytes, *single_byte(code_page_windows_1252));
}

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  return to_utf8(bytes, code_page_of(charset).value_or(code_page_windows_1252));
}

bool is_utf8(std::string_view bytes, bool is_head) {
  for (std::size_t at = 0; at < bytes.size();) {
    if ((static_cast<unsigned char>(bytes[at]) & 0x80) == 0) {
      ++at;
      continue;
    }
    const std::size_t before = at;
    if (next_code_point(bytes, at) != 0xfffd) continue;
    if (bytes.substr(before, 3) == replacement) continue;
    return is_head && bytes.size() - before < 4 && static_cast<unsigned char>(bytes[before]) >= 0xc2;
  }
  return true;
}

} // namespace doc
