#include "reader_furniture.hpp"

#include "reader_text.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace doc::pdf {
namespace {

constexpr float zone = 0.15f;    // of the page's height, at either end
constexpr int pages_around = 8;  // that are looked at for the same line
constexpr float same_height = 4; // points
constexpr std::size_t kept_back = 10;

bool is_roman_word(std::string_view word) {
  return !word.empty() && word.size() <= 6 && std::all_of(word.begin(), word.end(), [](char c) {
    return std::string_view("ivxlc").find(c) != std::string_view::npos;
  });
}

std::string key_of(std::string_view text) {
  std::string key;
  bool digits = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isdigit(byte)) {
      if (!digits) key += '#';
      digits = true;
      continue;
    }
    digits = false;
    if (std::isalpha(byte) || byte >= 0x80) key += static_cast<char>(std::tolower(byte));
  }
  return key;
}

// The numbers that the words at the ends of the line are. At a page's foot, notes begin with one.
std::vector<int> end_numbers(std::string_view text, bool first_too) {
  std::vector<int> numbers;
  const auto take = [&numbers](std::string_view word) {
    while (!word.empty() && !std::isalnum(static_cast<unsigned char>(word.front()))) word.remove_prefix(1);
    while (!word.empty() && !std::isalnum(static_cast<unsigned char>(word.back()))) word.remove_suffix(1);
    const bool number = !word.empty() && word.size() <= 5 && std::all_of(word.begin(), word.end(), [](char c) {
      return std::isdigit(static_cast<unsigned char>(c)) != 0;
    });
    if (number) numbers.push_back(std::stoi(std::string(word)));
  };
  if (first_too || text.find(' ') == std::string_view::npos) take(text.substr(0, text.find(' ')));
  const std::size_t blank = text.rfind(' ');
  if (blank != std::string_view::npos) take(text.substr(blank + 1));
  return numbers;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

struct Place {
  float y;
  Region* region;
  std::size_t line;
};

// The two outermost rows of text at each end of the page.
std::vector<Place> outermost(const PageLayout& layout, bool top) {
  std::vector<Place> places;
  const float height = layout.page->height;
  for (const Piece& piece : layout.pieces) {
    const auto* region = std::get_if<Region>(&piece);
    if (!region || region->turned) continue;
    for (std::size_t i = 0; i < region->lines.size(); ++i) {
      const float y = region->lines[i].base;
      if (top ? y < zone * height : y > (1 - zone) * height) places.push_back({y, const_cast<Region*>(region), i});
    }
  }
  std::sort(places.begin(), places.end(),
            [top](const Place& a, const Place& b) { return top ? a.y < b.y : a.y > b.y; });
  std::size_t rows = 0, kept = 0;
  for (; kept < places.size(); ++kept) {
    if (kept == 0 || std::fabs(places[kept].y - places[kept - 1].y) > 3) ++rows;
    if (rows > 3) break;
  }
  places.resize(kept);
  return places;
}

} // namespace

std::vector<Furniture::Candidate> Furniture::candidates_of(const PageLayout& layout) {
  std::vector<Candidate> result;
  for (const bool top : {true, false}) {
    for (const Place& place : outermost(layout, top)) {
      const std::string text = text_line(*layout.page, place.region->lines[place.line]).text;
      Candidate candidate;
      candidate.key = key_of(text);
      candidate.y = place.y;
      candidate.top = top;
      candidate.roman = is_roman_word(lower(text));
      if (candidate.roman) candidate.key = "#roman";
      for (const int number : end_numbers(text, top)) candidate.offsets.push_back(number - layout.page->number);
      result.push_back(std::move(candidate));
    }
  }
  return result;
}

void Furniture::note(const PageLayout& layout) { noted_.push_back({layout.page->number, candidates_of(layout)}); }

bool Furniture::is_furniture(const Candidate& candidate, int page, bool apart) const {
  if (pages_ == 1) {
    const bool number = candidate.key == "#" && candidate.offsets.size() == 1 && candidate.offsets[0] == 0;
    return apart && !candidate.top && (number || candidate.key == "page#" || candidate.key == "page#of#");
  }
  const std::size_t needed = pages_ <= 3 ? 1 : 2;
  std::size_t same_key = 0, same_number = 0;
  for (const Noted& other : noted_) {
    if (other.page == page || std::abs(other.page - page) > pages_around) continue;
    bool key = false, number = false;
    for (const Candidate& one : other.candidates) {
      if (one.top != candidate.top || std::fabs(one.y - candidate.y) > same_height) continue;
      if (one.key == candidate.key && (candidate.key != "#" || candidate.offsets.empty())) key = true;
      for (const int offset : one.offsets)
        number =
            number || std::find(candidate.offsets.begin(), candidate.offsets.end(), offset) != candidate.offsets.end();
    }
    same_key += key ? 1 : 0;
    same_number += number ? 1 : 0;
  }
  return same_key >= needed || same_number >= needed;
}

void Furniture::remove(PageLayout& layout) {
  const int number = layout.page->number;
  while (noted_.size() > kept_back && noted_.front().page < number - pages_around) noted_.pop_front();
  const auto noted =
      std::find_if(noted_.begin(), noted_.end(), [number](const Noted& one) { return one.page == number; });
  if (noted != noted_.end()) {
    std::size_t index = 0;
    std::vector<Line*> gone;
    for (const bool top : {true, false}) {
      const std::vector<Place> places = outermost(layout, top);
      for (std::size_t i = 0; i < places.size() && index < noted->candidates.size(); ++i, ++index) {
        const Line& line = places[i].region->lines[places[i].line];
        const bool apart = i + 1 >= places.size() || std::fabs(places[i + 1].y - places[i].y) > 2 * line.size;
        if (is_furniture(noted->candidates[index], number, apart))
          gone.push_back(&places[i].region->lines[places[i].line]);
      }
    }
    for (Line* line : gone) line->glyphs.clear();
    for (Piece& piece : layout.pieces) {
      if (auto* region = std::get_if<Region>(&piece))
        std::erase_if(region->lines, [](const Line& line) { return line.glyphs.empty(); });
    }
  }
  // A mark that stands at the same place of every page is shown once.
  std::erase_if(layout.pieces, [&](const Piece& piece) {
    const auto* shown = std::get_if<PicturePiece>(&piece);
    if (!shown || pages_ < 3) return false;
    const Picture& picture = layout.page->pictures[shown->picture];
    if (picture.identity == 0) return false;
    std::uint64_t key = picture.identity;
    for (const float place : {picture.box.x0, picture.box.y0, picture.box.x1, picture.box.y1})
      key = key * 1099511628211ull + static_cast<std::uint64_t>(std::lround(place));
    if (pictures_.size() > 100'000) pictures_.clear();
    return !pictures_.insert(key).second;
  });
}

} // namespace doc::pdf
