#include "reader_bands.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace doc::pdf {
namespace {

constexpr float unlimited = 1e6f;

// The least distance of two lines in one column: of a cell's lines, where a cell has several.
float leading_of(const std::vector<BandLine>& lines, const std::vector<Gutter>& gutters) {
  std::vector<float> last(gutters.size() + 1, -unlimited);
  float least = unlimited;
  for (const BandLine& line : lines) {
    for (const Fragment& fragment : line.fragments) {
      float& above = last[columns_of(fragment, gutters).first];
      if (fragment.base - above > 0.5f * line.size) least = std::min(least, fragment.base - above);
      above = fragment.base;
    }
  }
  return least;
}

// Lines that have more than one cell stand for a row each, and the others are the rest of their cells.
std::vector<std::size_t> starts_by_anchors(const std::vector<BandLine>& lines, const std::vector<Gutter>& gutters,
                                           const std::vector<std::size_t>& anchors, float leading) {
  float most = 0;
  for (std::size_t i = 1; i < anchors.size(); ++i)
    most = std::max(most, lines[anchors[i]].base - lines[anchors[i - 1]].base);
  const bool are_wrapped = leading < 1.75f * lines[0].size && most > 1.3f * leading;
  std::vector<std::size_t> rows; // the anchor of each line's row
  std::size_t next = 0;          // of `anchors`
  for (std::size_t i = 0; i < lines.size(); ++i) {
    while (next < anchors.size() && anchors[next] < i) ++next;
    if (next < anchors.size() && anchors[next] == i) {
      const bool goes_on = i > 0 && are_wrapped && rows.back() != i &&
                           lines[i].base - lines[i - 1].base < 1.12f * leading && next > 0 &&
                           lines[i].base - lines[anchors[next - 1]].base < 1.12f * leading;
      rows.push_back(goes_on ? rows.back() : i);
      continue;
    }
    const float near = std::max(1.3f * std::min(leading, 2 * lines[i].size), 1.6f * lines[i].size);
    const float above = i > 0 ? lines[i].base - lines[i - 1].base : unlimited;
    const float below = next < anchors.size() ? lines[anchors[next]].base - lines[i].base : unlimited;
    const bool alone = crosses(lines[i], gutters) || std::min(above, below) > near;
    if (alone)
      rows.push_back(i);
    else
      rows.push_back(above <= below + 0.5f ? rows.back() : anchors[next]);
  }
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || rows[i] != rows[i - 1]) starts.push_back(i);
  }
  return starts;
}

} // namespace

std::vector<BandLine> band_lines(std::vector<Fragment> fragments) {
  std::stable_sort(fragments.begin(), fragments.end(),
                   [](const Fragment& a, const Fragment& b) { return a.base < b.base; });
  std::vector<BandLine> lines;
  for (const Fragment& fragment : fragments) {
    if (lines.empty() || fragment.base - lines.back().base > 0.3f * std::max(fragment.size, lines.back().size)) {
      lines.emplace_back();
      lines.back().base = fragment.base;
    }
    lines.back().size = std::max(lines.back().size, fragment.size);
    lines.back().fragments.push_back(fragment);
  }
  return lines;
}

std::vector<Gutter> gutters_of(const std::vector<BandLine>& lines) {
  struct Change {
    float x;
    int by;
  };
  std::vector<Change> changes;
  float size = 0;
  for (const BandLine& line : lines) {
    size = std::max(size, line.size);
    std::vector<std::pair<float, float>> taken;
    for (const Fragment& fragment : line.fragments) taken.emplace_back(fragment.box.x0, fragment.box.x1);
    std::sort(taken.begin(), taken.end());
    float end = -unlimited;
    for (const auto& [x0, x1] : taken) {
      if (x1 <= end) continue;
      changes.push_back({std::max(x0, end), 1});
      changes.push_back({x1, -1});
      end = x1;
    }
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.x < b.x; });
  const int few = lines.size() >= 4 ? std::max(1, static_cast<int>(lines.size() / 5)) : 0;
  const float least = std::max(2.5f, 0.45f * size);
  std::vector<Gutter> gutters;
  int count = 0;
  float free_from = -unlimited;
  for (const Change& change : changes) {
    const bool was_free = count <= few;
    count += change.by;
    const bool is_free = count <= few;
    if (was_free && !is_free && free_from > -unlimited && change.x - free_from >= least)
      gutters.push_back({free_from, change.x});
    if (!was_free && is_free) free_from = change.x;
  }
  return gutters;
}

ColumnSpan columns_of(const Fragment& fragment, const std::vector<Gutter>& gutters) {
  std::size_t first = 0;
  while (first < gutters.size() && fragment.box.x0 > gutters[first].x0 - 0.5f) ++first;
  std::size_t last = first;
  while (last < gutters.size() && fragment.box.x1 > gutters[last].x1 + 0.5f) ++last;
  return {first, last};
}

std::size_t filled_columns(const BandLine& line, const std::vector<Gutter>& gutters) {
  std::vector<bool> filled(gutters.size() + 1);
  for (const Fragment& fragment : line.fragments) filled[columns_of(fragment, gutters).first] = true;
  return static_cast<std::size_t>(std::count(filled.begin(), filled.end(), true));
}

bool crosses(const BandLine& line, const std::vector<Gutter>& gutters) {
  return std::any_of(line.fragments.begin(), line.fragments.end(), [&gutters](const Fragment& fragment) {
    const ColumnSpan span = columns_of(fragment, gutters);
    return span.last > span.first;
  });
}

std::vector<std::size_t> row_starts(const std::vector<BandLine>& lines, const std::vector<Gutter>& gutters) {
  if (lines.empty()) return {};
  const float leading = leading_of(lines, gutters);
  std::vector<std::size_t> anchors;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (filled_columns(lines[i], gutters) >= 2) anchors.push_back(i);
  }
  if (anchors.size() >= 2 && anchors.size() * 2 >= lines.size())
    return starts_by_anchors(lines, gutters, anchors, leading);
  std::vector<std::size_t> starts = {0};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const float most = leading < 1.9f * lines[i].size ? 1.25f * leading : 1.2f * lines[i].size;
    if (lines[i].base - lines[i - 1].base > most) starts.push_back(i);
  }
  return starts;
}

} // namespace doc::pdf
