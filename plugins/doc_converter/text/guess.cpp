#include "guess.hpp"

#include "encoding.hpp"
#include "utf8.hpp"

#include <array>
#include <cstddef>

namespace doc {
namespace {

using Counts = std::array<std::size_t, 256>;

unsigned at(std::string_view bytes, std::size_t index) {
  return index < bytes.size() ? static_cast<unsigned char>(bytes[index]) : 0u;
}

bool is_in(unsigned byte, unsigned first, unsigned last) { return byte >= first && byte <= last; }

std::size_t sum(const Counts& counts, unsigned first, unsigned last) {
  std::size_t total = 0;
  for (unsigned byte = first; byte <= last; ++byte) total += counts[byte];
  return total;
}

// How text reads as one of the encodings of two bytes a character.
struct Pairs {
  std::size_t count = 0;
  std::size_t errors = 0;
  std::size_t kana = 0;         // of Japanese, which no text of it lacks
  std::size_t in_lead_rows = 0; // characters of the rows where the language's common ones are
  std::size_t low_trails = 0;   // second bytes that are ASCII

  // A few bytes may be damaged, and what ends within a character has an error for that.
  bool fits() const { return count >= 4 && errors * 50 <= count + 49; }
};

Pairs as_shift_jis(std::string_view bytes) {
  Pairs pairs;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned lead = at(bytes, i);
    if (lead < 0x80 || is_in(lead, 0xa1, 0xdf)) continue; // ASCII, and katakana of half a width
    const unsigned trail = at(bytes, i + 1);
    const bool is_lead = is_in(lead, 0x81, 0x9f) || is_in(lead, 0xe0, 0xfc);
    if (!is_lead || !is_in(trail, 0x40, 0xfc) || trail == 0x7f) {
      ++pairs.errors;
      continue;
    }
    ++i;
    ++pairs.count;
    if ((lead == 0x82 && is_in(trail, 0x9f, 0xf1)) || (lead == 0x83 && is_in(trail, 0x40, 0x96))) ++pairs.kana;
  }
  return pairs;
}

// Of EUC, GBK and Big5, whose first bytes are from 0x81 on; `first_row` and `last_row` are where common letters are.
Pairs as_pairs(std::string_view bytes, unsigned first_row, unsigned last_row) {
  Pairs pairs;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned lead = at(bytes, i);
    if (lead < 0x80) continue;
    const unsigned trail = at(bytes, i + 1);
    if (!is_in(lead, 0x81, 0xfe) || trail < 0x40 || trail == 0x7f || trail == 0xff) {
      ++pairs.errors;
      continue;
    }
    ++i;
    if (is_in(lead, 0xa1, 0xa3)) continue; // punctuation and signs, which all of them have
    ++pairs.count;
    if (is_in(lead, 0xa4, 0xa5) && trail > 0xa0) ++pairs.kana;
    if (is_in(lead, first_row, last_row)) ++pairs.in_lead_rows;
    if (trail < 0x80) ++pairs.low_trails;
  }
  return pairs;
}

// 0: none of them.
std::uint32_t east_asian(std::string_view bytes) {
  if (const Pairs japanese = as_shift_jis(bytes); japanese.fits() && japanese.kana * 5 >= japanese.count) return 932;
  const Pairs korean = as_pairs(bytes, 0xb0, 0xc8);
  if (!korean.fits()) return 0;
  const bool is_euc = korean.low_trails * 20 <= korean.count;
  if (is_euc && korean.kana * 5 >= korean.count) return 51932;
  if (is_euc && korean.in_lead_rows * 100 >= korean.count * 95) return 949;
  if (is_euc && as_pairs(bytes, 0xb0, 0xd7).in_lead_rows * 100 >= korean.count * 75) return 936;
  const bool is_big5 = korean.low_trails * 8 >= korean.count;
  if (is_big5 && as_pairs(bytes, 0xa4, 0xc6).in_lead_rows * 100 >= korean.count * 80) return 950;
  return 0;
}

// The share of the letters beyond ASCII, in percent, that stand with two others like them: what words of another
// alphabet consist of, and no word of the Latin one does.
std::size_t share_in_words(std::string_view bytes) {
  std::size_t all = 0, in_words = 0, run = 0;
  for (std::size_t i = 0; i <= bytes.size(); ++i) {
    if (at(bytes, i) >= 0xc0) {
      ++run;
      continue;
    }
    all += run;
    if (run >= 3) in_words += run;
    run = 0;
  }
  return all == 0 ? 0 : in_words * 100 / all;
}

// By which letters are common; 0: none of them.
std::uint32_t other_alphabet(const Counts& counts) {
  const std::size_t high = sum(counts, 0xc0, 0xff);
  if (high < 12) return 0;
  const auto share = [&](std::size_t count) { return count * 100 / high; };
  const std::size_t small = sum(counts, 0xe0, 0xff), great = sum(counts, 0xc0, 0xdf);
  if (share(counts[0xc1] + counts[0xc5] + counts[0xcf] + counts[0xd4]) >= 22 && great > small) return 20866; // а е о т
  if (great == 0 && sum(counts, 0xfb, 0xff) == 0 && share(counts[0xe5] + counts[0xe9] + counts[0xec]) >= 15)
    return 1255;                                                                           // ו י ל
  if (share(counts[0xe0] + counts[0xe8] + counts[0xee]) >= 12) return 1251;                // а и о
  if (share(counts[0xe1] + counts[0xe9] + counts[0xef] + counts[0xed]) >= 20) return 1253; // α ι ο ν
  return 0;
}

} // namespace

std::optional<std::uint32_t> guess_utf16(std::string_view head) {
  head = head.substr(0, 4096);
  std::size_t even = 0, odd = 0, controls = 0;
  for (std::size_t i = 0; i + 1 < head.size(); i += 2) {
    const unsigned first = at(head, i), second = at(head, i + 1), unit = first | second;
    if (first == 0) ++even;
    if (second == 0) ++odd;
    if ((first == 0 || second == 0) && unit < 0x20 && !is_in(unit, '\t', '\r')) ++controls;
  }
  const std::size_t units = head.size() / 2;
  if (units < 2 || controls * 50 > units) return std::nullopt;
  if (odd * 4 >= units && even * 50 <= units) return code_page_utf16le;
  if (even * 4 >= units && odd * 50 <= units) return code_page_utf16be;
  return std::nullopt;
}

std::uint32_t guess_code_page(std::string_view head) {
  if (const std::uint32_t found = east_asian(head)) return found;
  if (share_in_words(head) < 60) return code_page_windows_1252;
  Counts counts{};
  for (const char byte : head) ++counts[static_cast<unsigned char>(byte)];
  const std::uint32_t found = other_alphabet(counts);
  return found != 0 ? found : code_page_windows_1252;
}

bool is_mostly_utf8(std::string_view bytes) {
  std::size_t characters = 0, errors = 0;
  for (std::size_t position = 0; position < bytes.size();) {
    if (static_cast<unsigned char>(bytes[position]) < 0x80) {
      ++position;
      continue;
    }
    const std::size_t before = position;
    // A replacement character that is written as such takes three bytes.
    const bool is_error = next_code_point(bytes, position) == 0xfffd && position - before < 3;
    ++(is_error ? errors : characters);
  }
  return errors * 10 <= characters;
}

} // namespace doc
