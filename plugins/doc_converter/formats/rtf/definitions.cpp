#include "definitions.hpp"

#include <algorithm>
#include <iterator>

namespace doc::rtf {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return out;
}

bool contains(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }

// "Heading" in the languages of Word's and LibreOffice's style names; ASCII letters are lower case.
constexpr std::string_view heading_words[] = {
    "heading",
    "\xc3\xbc"
    "berschrift",
    "\xc3\x9c"
    "berschrift",
    "titre",
    "t\xc3\xadtulo",
    "titolo",
    "kop",
    "rubrik",
    "overskrift",
    "otsikko",
    "nag\xc5\x82\xc3\xb3wek",
    "nadpis",
    "c\xc3\xadmsor",
    "titlu",
    "ba\xc5\x9fl\xc4\xb1k",
    "\xd0\x97\xd0\xb0\xd0\xb3\xd0\xbe\xd0\xbb\xd0\xbe\xd0\xb2\xd0\xbe\xd0\xba",
    "\xd0\xb7\xd0\xb0\xd0\xb3\xd0\xbe\xd0\xbb\xd0\xbe\xd0\xb2\xd0\xbe\xd0\xba",
    "\xe6\xa0\x87\xe9\xa2\x98",
    "\xe6\xa8\x99\xe9\xa1\x8c",
    "\xe8\xa6\x8b\xe5\x87\xba\xe3\x81\x97",
    "\xec\xa0\x9c\xeb\xaa\xa9",
    "\xce\x95\xcf\x80\xce\xb9\xce\xba\xce\xb5\xcf\x86\xce\xb1\xce\xbb\xce\xaf\xce\xb4\xce\xb1"};

int heading_level(const std::string& name) {
  for (const std::string_view word : heading_words) {
    if (name.compare(0, word.size(), word) != 0) continue;
    std::string_view rest = std::string_view(name).substr(word.size());
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == '_')) rest.remove_prefix(1);
    if (!rest.empty() && rest[0] >= '1' && rest[0] <= '9' && (rest.size() == 1 || rest[1] < '0' || rest[1] > '9'))
      return std::min(rest[0] - '0', 6);
  }
  return 0;
}

struct Charset {
  int number;
  std::uint32_t code_page;
};

constexpr Charset charsets[] = {
    {77, 10000}, {78, 10001}, {79, 10003}, {80, 10008}, {81, 10002}, {85, 10006}, {86, 10081}, {88, 10029}, {89, 10007},
    {128, 932},  {129, 949},  {130, 1361}, {134, 936},  {136, 950},  {161, 1253}, {162, 1254}, {163, 1258}, {177, 1255},
    {178, 1256}, {186, 1257}, {204, 1251}, {222, 874},  {238, 1250}, {254, 437},  {255, 850}};

// Adobe's Symbol encoding, 0x41 to 0x7a: Greek.
constexpr std::uint16_t symbol_letters[] = {
    0x391, 0x392,  0x3a7, 0x394, 0x395, 0x3a6, 0x393, 0x397, 0x399, 0x3d1, 0x39a, 0x39b, 0x39c,  0x39d, 0x39f,
    0x3a0, 0x398,  0x3a1, 0x3a3, 0x3a4, 0x3a5, 0x3c2, 0x3a9, 0x39e, 0x3a8, 0x396, 0x5b,  0x2234, 0x5d,  0x22a5,
    0x5f,  0x203e, 0x3b1, 0x3b2, 0x3c7, 0x3b4, 0x3b5, 0x3c6, 0x3b3, 0x3b7, 0x3b9, 0x3d5, 0x3ba,  0x3bb, 0x3bc,
    0x3bd, 0x3bf,  0x3c0, 0x3b8, 0x3c1, 0x3c3, 0x3c4, 0x3c5, 0x3d6, 0x3c9, 0x3be, 0x3c8, 0x3b6};

struct Sign {
  std::uint8_t byte;
  std::uint16_t code_point;
};

constexpr Sign symbol_signs[] = {
    {0x22, 0x2200}, {0x24, 0x2203}, {0x27, 0x220b}, {0x2d, 0x2212}, {0x40, 0x2245}, {0x7e, 0x223c}, {0xa0, 0x20ac},
    {0xa2, 0x2032}, {0xa3, 0x2264}, {0xa5, 0x221e}, {0xab, 0x2194}, {0xac, 0x2190}, {0xad, 0x2191}, {0xae, 0x2192},
    {0xaf, 0x2193}, {0xb0, 0xb0},   {0xb1, 0xb1},   {0xb2, 0x2033}, {0xb3, 0x2265}, {0xb4, 0xd7},   {0xb5, 0x221d},
    {0xb6, 0x2202}, {0xb7, 0x2022}, {0xb8, 0xf7},   {0xb9, 0x2260}, {0xba, 0x2261}, {0xbb, 0x2248}, {0xbc, 0x2026},
    {0xc5, 0x2295}, {0xc6, 0x2205}, {0xc7, 0x2229}, {0xc8, 0x222a}, {0xc9, 0x2283}, {0xcc, 0x2282}, {0xce, 0x2208},
    {0xcf, 0x2209}, {0xd0, 0x2220}, {0xd1, 0x2207}, {0xd5, 0x220f}, {0xd6, 0x221a}, {0xd7, 0x22c5}, {0xd8, 0xac},
    {0xd9, 0x2227}, {0xda, 0x2228}, {0xdb, 0x21d4}, {0xdc, 0x21d0}, {0xde, 0x21d2}, {0xe5, 0x2211}, {0xf2, 0x222b}};

constexpr Sign wingdings_signs[] = {{0x6c, 0x25cf}, {0x6e, 0x25a0}, {0x6f, 0x25a1}, {0x71, 0x2751}, {0x76, 0x2756},
                                    {0x77, 0x25c6}, {0x9f, 0x2022}, {0xa7, 0x25aa}, {0xa8, 0x25fb}, {0xd8, 0x27a2},
                                    {0xe0, 0x2192}, {0xfb, 0x2717}, {0xfc, 0x2713}, {0xfd, 0x2612}, {0xfe, 0x2611}};

template <std::size_t count>
std::uint32_t find(const Sign (&signs)[count], std::uint32_t byte) {
  for (const Sign& one : signs) {
    if (one.byte == byte) return one.code_point;
  }
  return 0;
}

struct Language {
  std::int32_t identifier;
  const char* tag;
};

constexpr Language languages[] = {{1025, "ar-SA"}, {1026, "bg-BG"}, {1027, "ca-ES"}, {1028, "zh-TW"}, {1029, "cs-CZ"},
                                  {1030, "da-DK"}, {1031, "de-DE"}, {1032, "el-GR"}, {1033, "en-US"}, {1034, "es-ES"},
                                  {1035, "fi-FI"}, {1036, "fr-FR"}, {1037, "he-IL"}, {1038, "hu-HU"}, {1040, "it-IT"},
                                  {1041, "ja-JP"}, {1042, "ko-KR"}, {1043, "nl-NL"}, {1044, "nb-NO"}, {1045, "pl-PL"},
                                  {1046, "pt-BR"}, {1048, "ro-RO"}, {1049, "ru-RU"}, {1050, "hr-HR"}, {1051, "sk-SK"},
                                  {1053, "sv-SE"}, {1054, "th-TH"}, {1055, "tr-TR"}, {1057, "id-ID"}, {1058, "uk-UA"},
                                  {1060, "sl-SI"}, {1061, "et-EE"}, {1062, "lv-LV"}, {1063, "lt-LT"}, {1066, "vi-VN"},
                                  {2052, "zh-CN"}, {2055, "de-CH"}, {2057, "en-GB"}, {2058, "es-MX"}, {2060, "fr-BE"},
                                  {2064, "it-CH"}, {2067, "nl-BE"}, {2070, "pt-PT"}, {3079, "de-AT"}, {3081, "en-AU"},
                                  {3082, "es-ES"}, {3084, "fr-CA"}, {4105, "en-CA"}, {4108, "fr-CH"}};

} // namespace

std::optional<std::uint32_t> Definitions::color(std::int32_t index) const {
  if (index <= 0 || static_cast<std::size_t>(index) >= colors.size()) return std::nullopt;
  return colors[static_cast<std::size_t>(index)];
}

const ListLevel* Definitions::level(std::int32_t override_number, int level) const {
  const auto found = overrides.find(override_number);
  if (found == overrides.end()) return nullptr;
  const auto list = lists.find(found->second.list_id);
  if (list == lists.end() || level < 0 || static_cast<std::size_t>(level) >= list->second.levels.size()) return nullptr;
  const ListLevel& one = list->second.levels[static_cast<std::size_t>(level)];
  return one.number_format == 255 ? nullptr : &one;
}

void classify(Style& style) {
  const std::string name = lower(style.name);
  if (const int level = heading_level(name); level > 0) {
    style.kind = StyleKind::heading;
    style.level = level;
    return;
  }
  if (name == "title" || name == "titel") {
    style.kind = StyleKind::heading;
    style.level = 1;
  }
  for (const std::string_view one :
       {"source code", "sourcecode", "code", "code block", "preformatted text", "html preformatted", "plain code",
        "html vorformatiert", "preformatted", "macro text"}) {
    if (name == one) style.kind = StyleKind::code;
  }
  for (const std::string_view one : {"quote", "intense quote", "block text", "quotations", "block quote", "blockquote",
                                     "zitat", "citation", "intensives zitat", "block quotation"}) {
    if (name == one) style.kind = StyleKind::quote;
  }
}

void classify(Font& font) {
  const std::string name = lower(font.name);
  if (name == "symbol" || name.compare(0, 9, "wingdings") == 0) font.is_symbol = true;
  for (const std::string_view one : {"courier", "consolas", "mono", "menlo", "typewriter", "lucida console"}) {
    if (contains(name, one)) font.is_fixed_width = true;
  }
}

std::uint32_t code_page_of_charset(int charset) {
  for (const Charset& one : charsets) {
    if (one.number == charset) return one.code_page;
  }
  return 0;
}

Numbering numbering_of(int number_format) {
  switch (number_format) {
  case 1: return Numbering::upper_roman;
  case 2: return Numbering::lower_roman;
  case 3: return Numbering::upper_alpha;
  case 4: return Numbering::lower_alpha;
  case 23: return Numbering::bullet;
  default: return Numbering::decimal;
  }
}

std::uint32_t symbol(const std::string& font, std::uint32_t byte) {
  if (byte >= 0xf000 && byte <= 0xf0ff) byte -= 0xf000;
  if (byte > 0xff) return byte;
  if (lower(font).compare(0, 9, "wingdings") == 0) {
    const std::uint32_t found = find(wingdings_signs, byte);
    return found != 0 ? found : byte <= 0x20 ? byte : 0x2022;
  }
  if (byte >= 0x41 && byte < 0x41 + std::size(symbol_letters)) return symbol_letters[byte - 0x41];
  const std::uint32_t found = find(symbol_signs, byte);
  return found != 0 ? found : byte;
}

std::string language_of(std::int32_t identifier) {
  for (const Language& one : languages) {
    if (one.identifier == identifier) return one.tag;
  }
  return {};
}

std::int32_t language_identifier(std::string_view tag) {
  for (const Language& one : languages) {
    if (one.tag == tag) return one.identifier;
  }
  // "de" is the German of Germany.
  for (const Language& one : languages) {
    if (tag.size() == 2 && std::string_view(one.tag).substr(0, 2) == tag) return one.identifier;
  }
  return 0;
}

} // namespace doc::rtf
