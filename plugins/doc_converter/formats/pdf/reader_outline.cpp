#include "reader_outline.hpp"

#include "../../text/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace doc::pdf {

std::string title_key(std::string_view text) {
  std::string key;
  for (std::size_t position = 0; position < text.size();) {
    const auto c = static_cast<unsigned char>(text[position]);
    if (c < 0x80) {
      if (std::isalnum(c)) key += static_cast<char>(std::tolower(c));
      ++position;
      continue;
    }
    const std::uint32_t code_point = next_code_point(text, position);
    if (code_point == 0xa0 || code_point == 0xad || (code_point >= 0x2000 && code_point < 0x2070)) continue;
    append_utf8(key, code_point);
  }
  return key;
}

namespace {

std::string without_number(std::string_view title) {
  const std::size_t blank = title.find(' ');
  if (blank == std::string_view::npos || blank > 10) return {};
  for (const char c : title.substr(0, blank)) {
    if (!std::isdigit(static_cast<unsigned char>(c)) && c != '.' && !std::isupper(static_cast<unsigned char>(c)))
      return {};
  }
  return title_key(title.substr(blank));
}

} // namespace

void Bookmarks::add(int page, std::string_view title, int level) {
  std::string key = title_key(title);
  if (key.empty()) return;
  entries_[page].push_back({std::move(key), without_number(title), std::clamp(level, 1, 6)});
}

int Bookmarks::level_of(int page, std::string_view key) const {
  if (key.empty()) return 0;
  const auto found = entries_.find(page);
  if (found == entries_.end()) return 0;
  for (const Entry& entry : found->second) {
    if (entry.key == key || (!entry.unnumbered.empty() && entry.unnumbered == key)) return entry.level;
    // A number before the title that the bookmark leaves out: "1.2", "Chapter 3".
    if (key.size() > entry.key.size() && key.size() <= entry.key.size() + 10 && key.ends_with(entry.key) &&
        entry.key.size() >= 3) {
      const std::string_view number = key.substr(0, key.size() - entry.key.size());
      if (std::isdigit(static_cast<unsigned char>(number.back())) || number.size() == 1) return entry.level;
    }
  }
  return 0;
}

bool Bookmarks::begins(int page, std::string_view key) const {
  if (key.empty()) return false;
  const auto found = entries_.find(page);
  if (found == entries_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [key](const Entry& entry) {
    return (entry.key.size() > key.size() && entry.key.starts_with(key)) ||
           (entry.unnumbered.size() > key.size() && entry.unnumbered.starts_with(key));
  });
}

namespace {

// How many numbers "2.1. Results" begins with; 0 where no words in a title's way follow.
int section_numbers(std::string_view text) {
  int count = 0;
  std::size_t at = 0;
  for (;;) {
    std::size_t end = at;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end == at || end - at > 2) break;
    ++count;
    at = end;
    if (at >= text.size() || text[at] != '.') break;
    ++at;
  }
  if (at == 0 || at + 1 >= text.size() || text[at] != ' ') return 0;
  return std::isupper(static_cast<unsigned char>(text[at + 1])) ? count : 0;
}

// Words in capitals alone, with hardly anything but letters.
bool is_capitals(std::string_view text) {
  std::size_t letters = 0, others = 0;
  for (const char c : text) {
    if (std::islower(static_cast<unsigned char>(c)) || (c & 0x80)) return false;
    if (std::isupper(static_cast<unsigned char>(c)))
      ++letters;
    else if (c != ' ')
      ++others;
  }
  return letters >= 5 && letters > 4 * others;
}

} // namespace

int Looks::key_of(float size) const { return static_cast<int>(std::lround(size * 4)); }

void Looks::learn(const TextLine& line) {
  auto& counts = line.bold ? bold_ : plain_;
  counts[key_of(line.size)] += line.text.size();
  if (line.text.size() <= 160) ++large_lines_[key_of(line.size)];
  ++lines_;
  if (section_numbers(line.text) > 1) ++numbered_lines_;
  if (is_capitals(line.text)) ++capital_lines_;
}

void Looks::settle() {
  std::size_t most = 0;
  const auto vote = [&](const std::map<int, std::size_t>& counts, bool bold) {
    for (auto at = counts.begin(); at != counts.end(); ++at) {
      std::size_t near = 0; // sizes that differ by rounding are one
      for (auto other = counts.lower_bound(at->first - 1); other != counts.end() && other->first <= at->first + 1;
           ++other)
        near += other->second;
      if (near <= most) continue;
      most = near;
      body_ = static_cast<float>(at->first) / 4;
      body_bold_ = bold;
    }
  };
  vote(plain_, false);
  vote(bold_, true);
  sizes_.clear();
  for (auto at = large_lines_.rbegin(); at != large_lines_.rend(); ++at) {
    const float size = static_cast<float>(at->first) / 4;
    if (size < 1.12f * body_) break;
    if (sizes_.empty() || sizes_.back() - size > 0.06f * sizes_.back()) sizes_.push_back(size);
  }
}

// Without being larger or bolder than the text: by its number or by its capitals.
bool Looks::stands_out(const Group& group) const {
  const TextLine& line = group.lines.front();
  if (group.lines.size() > 1 || line.text.size() > 80 || group.indented || has_leaders(line.text)) return false;
  const int numbers = section_numbers(line.text);
  if (numbers > 0 && !std::isdigit(static_cast<unsigned char>(line.text.back())))
    return numbers > 1 ? numbered_lines_ * 8 < lines_ : line.italic; // clauses of a contract are numbered, too
  return is_capitals(line.text) && capital_lines_ * 12 < lines_;
}

int Looks::level_of(const Group& group, float space_before) const {
  const TextLine& first = group.lines.front();
  std::size_t bytes = 0, letters = 0;
  bool bold = true;
  for (const TextLine& line : group.lines) {
    bytes += line.text.size();
    bold = bold && line.bold;
    for (const char c : line.text) letters += std::isalpha(static_cast<unsigned char>(c)) || (c & 0x80) ? 1 : 0;
    if (line.mono) return 0;
  }
  if (group.lines.size() > 4 || bytes > 240 || letters < 2) return 0;
  if (first.label && first.label->numbering == Numbering::bullet) return 0;
  const char last = group.lines.back().text.back();
  if (last == ',' || last == ';') return 0;
  const bool sentence = last == '.';
  if (first.size >= 1.12f * body_) {
    if (sentence && bytes > 60) return 0;
    if (sizes_.size() > 5 && first.size < 1.16f * body_ && !bold) return 0;
    int level = 1;
    for (const float size : sizes_) {
      if (first.size > 0.97f * size) break;
      ++level;
    }
    return std::min(level, 6);
  }
  if (first.size < 0.94f * body_ || sentence || last == ':') return 0;
  if (group.lines.size() > 2 || bytes > 120 || space_before < 1.3f * first.size) return 0;
  if (!(bold && !body_bold_) && !stands_out(group)) return 0;
  return std::min(static_cast<int>(sizes_.size()) + 1, 6);
}

} // namespace doc::pdf
