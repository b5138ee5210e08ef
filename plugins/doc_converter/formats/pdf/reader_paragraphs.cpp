#include "reader_paragraphs.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace doc::pdf {
namespace {

// Measures of a region, seen from the side where its lines begin.
struct Margins {
  float left = 0, right = 0;
};

float begin_of(const TextLine& line) { return line.right_to_left ? -line.x1 : line.x0; }
float end_of(const TextLine& line) { return line.right_to_left ? -line.x0 : line.x1; }

Margins margins_of(const std::vector<TextLine>& lines, float size, bool right_to_left) {
  Margins margins{1e6f, -1e6f};
  for (const TextLine& line : lines) {
    if (line.right_to_left != right_to_left || std::fabs(line.size - size) > 0.15f * size) continue;
    margins.left = std::min(margins.left, begin_of(line));
    margins.right = std::max(margins.right, end_of(line));
  }
  return margins;
}

// The usual distance of two lines of this size in the region.
float leading_of(const std::vector<TextLine>& lines, float size) {
  std::vector<float> gaps;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const float gap = lines[i].base - lines[i - 1].base;
    if (std::fabs(lines[i].size - size) < 0.1f * size && std::fabs(lines[i - 1].size - size) < 0.1f * size &&
        gap > 0.8f * size && gap < 2.2f * size)
      gaps.push_back(gap);
  }
  if (gaps.size() < 3)
    return gaps.empty() ? 1.3f * size : std::min(*std::min_element(gaps.begin(), gaps.end()), 1.5f * size);
  // The lower part: paragraphs of one line have only the space between paragraphs.
  std::sort(gaps.begin(), gaps.end());
  return gaps[gaps.size() / 4];
}

class Splitter {
public:
  explicit Splitter(const std::vector<TextLine>& lines) : lines_(lines) {}

  bool begins(std::size_t i, std::size_t first) const;
  bool reaches_margin(std::size_t i, float first_word) const;
  bool is_centered(std::size_t i) const;
  const Margins& margins(const TextLine& line) const;
  float leading(float size) const;

private:
  bool begins_by_indent(std::size_t i, std::size_t first) const;
  bool begins_by_label(std::size_t i, std::size_t first) const;

  const std::vector<TextLine>& lines_;
  struct Known {
    float size;
    bool right_to_left;
    Margins margins;
    float leading;
  };
  mutable std::vector<Known> known_;
  const Known& known(float size, bool right_to_left) const {
    for (const Known& one : known_) {
      if (one.right_to_left == right_to_left && std::fabs(one.size - size) < 0.02f * size) return one;
    }
    if (known_.size() > 20) known_.clear();
    known_.push_back({size, right_to_left, margins_of(lines_, size, right_to_left), leading_of(lines_, size)});
    return known_.back();
  }
};

const Margins& Splitter::margins(const TextLine& line) const { return known(line.size, line.right_to_left).margins; }
float Splitter::leading(float size) const { return known(size, false).leading; }

// A word of this width would not have found room at the line's end.
bool Splitter::reaches_margin(std::size_t i, float first_word) const {
  const TextLine& line = lines_[i];
  return end_of(line) + 0.25f * line.size + first_word > margins(line).right - 0.3f * line.size;
}

bool Splitter::is_centered(std::size_t i) const {
  const TextLine& line = lines_[i];
  const Margins& edges = margins(line);
  const float left = begin_of(line) - edges.left, right = edges.right - end_of(line);
  return left > 1.5f * line.size && right > 1.5f * line.size && std::fabs(left - right) < 0.15f * (left + right) + 2;
}

bool Splitter::begins_by_label(std::size_t i, std::size_t first) const {
  const TextLine& line = lines_[i];
  if (!line.label) return false;
  if (line.label->bytes == 0) return true;
  if (line.label->numbering == Numbering::bullet) {
    const char sign = line.text[0];
    if (sign != '-' && sign != '*' && static_cast<unsigned char>(sign) != 0xe2) return true;
    // A dash at a line's beginning may be one of the sentence.
    return lines_[first].label.has_value() || begin_of(line) > begin_of(lines_[i - 1]) + 2 ||
           !reaches_margin(i - 1, line.first_word) || static_cast<unsigned char>(sign) == 0xe2;
  }
  return std::fabs(begin_of(line) - begin_of(lines_[i - 1])) > 2 || lines_[first].label.has_value() ||
         !reaches_margin(i - 1, line.first_word);
}

bool Splitter::begins_by_indent(std::size_t i, std::size_t first) const {
  const TextLine& above = lines_[i - 1];
  const TextLine& line = lines_[i];
  const float shift = begin_of(line) - begin_of(above);
  const float least = 0.7f * line.size;
  const bool second = i - 1 == first;
  if (shift > least) {
    if (!second) return true;
    if (above.label) return false; // text behind its label
    const bool hanging = i + 1 < lines_.size() && std::fabs(begin_of(lines_[i + 1]) - begin_of(line)) < 1.5f;
    return !hanging && !reaches_margin(i - 1, line.first_word);
  }
  return shift < -least && !second;
}

bool Splitter::begins(std::size_t i, std::size_t first) const {
  const TextLine& above = lines_[i - 1];
  const TextLine& line = lines_[i];
  if (above.page != line.page || above.right_to_left != line.right_to_left) return true;
  const float larger = std::max(above.size, line.size), smaller = std::min(above.size, line.size);
  if (larger > 1.1f * smaller) return true;
  const float gap = line.base - above.base;
  if (gap < 0) return true;
  if (gap > 1.28f * leading(line.size) && gap > leading(line.size) + 1.5f) return true;
  if (above.mono != line.mono) return true;
  if (has_leaders(above.text) && std::isalnum(static_cast<unsigned char>(above.text.back()))) return true;
  if (above.bold != line.bold && (!reaches_margin(i - 1, line.first_word) || above.bold)) return true;
  if (begins_by_label(i, first)) return true;
  if (is_centered(i) && is_centered(i - 1)) return false;
  if (begins_by_indent(i, first)) return true;
  return !reaches_margin(i - 1, line.first_word);
}

} // namespace

std::vector<Group> groups_of(std::vector<TextLine> lines) {
  std::vector<Group> groups;
  const Splitter splitter(lines);
  std::vector<std::size_t> firsts;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (firsts.empty() || splitter.begins(i, firsts.back())) firsts.push_back(i);
  }
  for (std::size_t k = 0; k < firsts.size(); ++k) {
    const std::size_t first = firsts[k], end = k + 1 < firsts.size() ? firsts[k + 1] : lines.size();
    Group group;
    group.centered = true;
    for (std::size_t i = first; i < end; ++i) group.centered = group.centered && splitter.is_centered(i);
    group.full = splitter.reaches_margin(end - 1, 3 * lines[end - 1].size);
    group.indented = begin_of(lines[first]) > splitter.margins(lines[first]).left + 0.7f * lines[first].size;
    if (first > 0) group.space_before = lines[first].base - lines[first - 1].base;
    groups.push_back(std::move(group));
  }
  for (std::size_t k = 0; k < firsts.size(); ++k) {
    const std::size_t end = k + 1 < firsts.size() ? firsts[k + 1] : lines.size();
    for (std::size_t i = firsts[k]; i < end; ++i) groups[k].lines.push_back(std::move(lines[i]));
  }
  return groups;
}

} // namespace doc::pdf
