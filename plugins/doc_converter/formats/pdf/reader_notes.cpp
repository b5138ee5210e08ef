#include "reader_notes.hpp"

#include "../../model/walk.hpp"
#include "reader_blocks.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

namespace doc::pdf {
namespace {

bool is_raised(const Line& line, const Glyph& glyph) {
  return glyph.size < script_size * line.size && glyph.base < line.base - 0.15f * line.size;
}

bool is_mark(std::string_view text) {
  if (text.empty() || text.size() > 6) return false;
  if (std::all_of(text.begin(), text.end(), [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }))
    return text.size() <= 4;
  return text == "*" || text == "**" || text == "†" || text == "‡" || text == "§" || text == "¶" || text == "∗" ||
         text == "††" || (text.size() == 1 && std::islower(static_cast<unsigned char>(text[0])));
}

// The raised sign that begins at the glyph, as text; `end` is behind it.
std::string raised_at(const Page& page, const Line& line, std::size_t begin, std::size_t& end) {
  std::string text;
  end = begin;
  while (end < line.glyphs.size() && is_raised(line, page.glyphs[line.glyphs[end]])) {
    text += page.text_of(page.glyphs[line.glyphs[end]]);
    ++end;
    if (page.glyphs[line.glyphs[end - 1]].blank_after) break;
  }
  return text;
}

std::string mark_of_note(const Page& page, const Line& line, std::size_t& end) {
  std::string text = raised_at(page, line, 0, end);
  return is_mark(text) && end < line.glyphs.size() ? text : std::string();
}

struct MarkPlace {
  std::vector<std::uint32_t> glyphs;
  float y = 0;
};

// Raised marks in the running text, by what they say.
std::map<std::string, MarkPlace> marks_in_text(const PageLayout& layout) {
  std::map<std::string, MarkPlace> places;
  const Page& page = *layout.page;
  const auto look = [&](const Line& line) {
    for (std::size_t i = 1; i < line.glyphs.size();) { // never at the line's beginning
      std::size_t end = i;
      const std::string text = raised_at(page, line, i, end);
      if (end == i) {
        ++i;
        continue;
      }
      if (is_mark(text) && places.size() < 500) {
        MarkPlace& place = places[text];
        if (place.glyphs.empty()) {
          place.glyphs.assign(line.glyphs.begin() + static_cast<std::ptrdiff_t>(i),
                              line.glyphs.begin() + static_cast<std::ptrdiff_t>(end));
          place.y = line.base;
        }
      }
      i = end;
    }
  };
  for (const Piece& piece : layout.pieces) {
    if (const auto* region = std::get_if<Region>(&piece)) {
      for (const Line& line : region->lines) look(line);
    } else if (const auto* table = std::get_if<TablePiece>(&piece)) {
      for (const TableCell& cell : table->cells)
        for (const Line& line : cell.lines) look(line);
    }
  }
  return places;
}

bool has_rule_above(const Page& page, const Line& line) {
  return std::any_of(page.rules.begin(), page.rules.end(), [&line](const RuleLine& rule) {
    return rule.box.width() > 20 && rule.box.y0 < line.base && rule.box.y0 > line.base - 3.5f * line.size &&
           rule.box.x0 < line.box.x0 + 30 && rule.box.y1 - rule.box.y0 < 2;
  });
}

// Where the notes of a region begin; the number of its lines where it has none.
std::size_t first_note(const Page& page, const Region& region, float body,
                       const std::map<std::string, MarkPlace>& marks) {
  const auto& lines = region.lines;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::size_t end = 0;
    const std::string mark = mark_of_note(page, lines[i], end);
    const auto found = marks.find(mark);
    if (mark.empty() || found == marks.end() || found->second.y >= lines[i].base) continue;
    const bool small = lines[i].size < 0.95f * body;
    if (!small && !has_rule_above(page, lines[i])) continue;
    const bool rest = std::all_of(lines.begin() + static_cast<std::ptrdiff_t>(i), lines.end(),
                                  [&](const Line& line) { return line.size <= 1.08f * lines[i].size; });
    if (rest && lines[i].base > 0.3f * page.height) return i;
  }
  return lines.size();
}

} // namespace

Marks take_notes(PageLayout& layout, float body_size, const KeepsHyphen& keeps) {
  Marks marks;
  const Page& page = *layout.page;
  const std::map<std::string, MarkPlace> places = marks_in_text(layout);
  if (places.empty()) return marks;
  for (Piece& piece : layout.pieces) {
    auto* region = std::get_if<Region>(&piece);
    if (!region || region->turned) continue;
    const std::size_t first = first_note(page, *region, body_size, places);
    std::vector<Line> kept(std::make_move_iterator(region->lines.begin()),
                           std::make_move_iterator(region->lines.begin() + static_cast<std::ptrdiff_t>(first)));
    for (std::size_t i = first; i < region->lines.size();) {
      std::size_t mark_end = 0, next_end = 0;
      const std::string mark = mark_of_note(page, region->lines[i], mark_end);
      std::size_t end = i + 1;
      while (end < region->lines.size() && mark_of_note(page, region->lines[end], next_end).empty()) ++end;
      const auto place = places.find(mark);
      std::vector<Line> lines(std::make_move_iterator(region->lines.begin() + static_cast<std::ptrdiff_t>(i)),
                              std::make_move_iterator(region->lines.begin() + static_cast<std::ptrdiff_t>(end)));
      i = end;
      if (place == places.end() || marks.contains(place->second.glyphs.front())) {
        std::move(lines.begin(), lines.end(), std::back_inserter(kept));
        continue;
      }
      lines[0].glyphs.erase(lines[0].glyphs.begin(), lines[0].glyphs.begin() + static_cast<std::ptrdiff_t>(mark_end));
      auto blocks = std::make_shared<Blocks>();
      simple_blocks(page, lines, *blocks, keeps, nullptr, false);
      for (const std::uint32_t glyph : place->second.glyphs) marks[glyph] = Inline{std::string(), {}, {}};
      marks[place->second.glyphs.front()] = Inline{Note{std::move(blocks), false}, {}, {}};
    }
    region->lines = std::move(kept);
  }
  std::erase_if(layout.pieces, [](const Piece& piece) {
    const auto* region = std::get_if<Region>(&piece);
    return region && region->lines.empty();
  });
  return marks;
}

} // namespace doc::pdf
