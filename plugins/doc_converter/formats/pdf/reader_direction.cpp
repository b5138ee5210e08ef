#include "reader_direction.hpp"

#include "../../text/utf8.hpp"
#include "reader_characters.hpp"

#include <algorithm>

namespace doc::pdf {
namespace {

enum class Direction : std::uint8_t { left, right, number, neutral };

Direction direction_of(const Page& page, const Glyph& glyph) {
  const std::string_view text = page.text_of(glyph);
  if (static_cast<unsigned char>(text[0]) < 0x80) {
    const char c = text[0];
    if (c >= '0' && c <= '9') return Direction::number;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Direction::left;
    return Direction::neutral;
  }
  std::size_t position = 0;
  const std::uint32_t code_point = next_code_point(text, position);
  if (is_right_to_left(code_point)) return Direction::right;
  if ((code_point >= 0x660 && code_point <= 0x669) || (code_point >= 0x6f0 && code_point <= 0x6f9))
    return Direction::number;
  if (code_point < 0xc0 || (code_point >= 0x2000 && code_point < 0x2c00)) return Direction::neutral;
  return Direction::left;
}

using Positions = std::vector<std::uint32_t>;

void keep_runs(const std::vector<Direction>& directions, Positions& order, std::size_t begin, std::size_t end) {
  // The stretch is reversed already: what is written from left to right in it is turned back.
  for (std::size_t i = begin; i < end;) {
    if (directions[order[i]] != Direction::left && directions[order[i]] != Direction::number) {
      ++i;
      continue;
    }
    std::size_t stop = i + 1, last = i;
    bool letters = directions[order[i]] == Direction::left;
    for (; stop < end; ++stop) {
      const Direction direction = directions[order[stop]];
      if (direction == Direction::right) break;
      if (direction == Direction::left) letters = true;
      if (direction == Direction::left || direction == Direction::number) {
        if (!letters && stop > last + 2) break;
        last = stop;
      }
    }
    // A number alone reaches over one sign between its digits, no further.
    if (!letters) {
      last = i;
      for (std::size_t k = i + 1; k < end; ++k) {
        if (directions[order[k]] == Direction::number)
          last = k;
        else if (!(k + 1 < end && directions[order[k + 1]] == Direction::number && k == last + 1))
          break;
      }
    }
    std::reverse(order.begin() + static_cast<std::ptrdiff_t>(i), order.begin() + static_cast<std::ptrdiff_t>(last) + 1);
    i = last + 1;
  }
}

} // namespace

void to_reading_order(const Page& page, std::vector<std::uint32_t>& glyphs) {
  std::size_t left = 0, right = 0;
  for (const std::uint32_t index : glyphs) {
    const unsigned char first = static_cast<unsigned char>(page.text_of(page.glyphs[index])[0]);
    if (first >= 0xd6) ++right; // where the first right-to-left script begins
  }
  if (right == 0) return;
  std::vector<Direction> directions(glyphs.size());
  right = 0;
  for (std::size_t i = 0; i < glyphs.size(); ++i) {
    directions[i] = direction_of(page, page.glyphs[glyphs[i]]);
    if (directions[i] == Direction::right) ++right;
    if (directions[i] == Direction::left) ++left;
  }
  if (right == 0) return;
  Positions order(glyphs.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
  const auto at = [&order](std::size_t i) { return order.begin() + static_cast<std::ptrdiff_t>(i); };
  if (right >= left) {
    std::reverse(order.begin(), order.end());
    keep_runs(directions, order, 0, order.size());
  } else {
    for (std::size_t i = 0; i < order.size();) {
      if (directions[i] != Direction::right) {
        ++i;
        continue;
      }
      std::size_t last = i;
      for (std::size_t k = i + 1; k < order.size() && directions[k] != Direction::left; ++k) {
        if (directions[k] == Direction::right) last = k;
      }
      std::reverse(at(i), at(last + 1));
      keep_runs(directions, order, i, last + 1);
      i = last + 1;
    }
  }
  std::vector<std::uint32_t> result(glyphs.size());
  for (std::size_t i = 0; i < order.size(); ++i) result[i] = glyphs[order[i]];
  glyphs = std::move(result);
}

} // namespace doc::pdf
