#include "reader_lines.hpp"

#include "../../text/utf8.hpp"
#include "reader_characters.hpp"
#include "reader_direction.hpp"

#include <algorithm>
#include <cmath>

namespace doc::pdf {
namespace {

constexpr float ascent = 0.78f, descent = 0.22f; // of the size; what fonts say of themselves is often wrong
constexpr float word_gap = 0.13f;                // of the size: what is wider is a blank

Box box_of(const Glyph& glyph) {
  return {glyph.x0, glyph.base - ascent * glyph.size, glyph.x1, glyph.base + descent * glyph.size};
}

// Does the source write blanks, or does it only leave room for them?
bool writes_blanks(const Page& page) {
  std::size_t blanks = 0;
  for (const Glyph& glyph : page.glyphs) blanks += glyph.blank_after ? 1 : 0;
  return blanks * 20 > page.glyphs.size();
}

bool goes_on(const Fragment& fragment, const Glyph& last, const Glyph& next, bool blanks_written) {
  if (next.angle != fragment.angle) return false;
  const float larger = std::max(last.size, next.size);
  const float shift = std::fabs(next.base - fragment.base);
  const bool script = next.size < script_size * fragment.size || fragment.size < script_size * next.size;
  if (shift > (script ? 0.6f : 0.12f) * std::max(fragment.size, next.size)) return false;
  const float gap = next.x0 - last.x1;
  if (gap >= -0.5f * larger) {
    const bool placed = blanks_written && !last.blank_after && next.begins_string;
    if (placed && gap > 0.2f * larger) return false;
    if (next.element != last.element && gap > word_gap * larger) return false; // a cell ends, maybe
    const float most = blanks_written && !last.blank_after ? 0.4f : 0.85f;
    return gap <= most * larger;
  }
  // Right-to-left text that is drawn in the order of its letters.
  const float back = last.x0 - next.x1;
  return back >= -0.3f * larger && back <= 0.85f * larger && last.x0 > next.x0;
}

void begin_fragment(std::vector<Fragment>& fragments, const Glyph& glyph, std::uint32_t index) {
  Fragment fragment;
  fragment.box = box_of(glyph);
  fragment.base = glyph.base;
  fragment.size = glyph.size;
  fragment.first = index;
  fragment.count = 1;
  fragment.angle = glyph.angle;
  fragments.push_back(fragment);
}

// The size and baseline that most of the fragment has.
void settle(const Page& page, Fragment& fragment) {
  float best = 0, weight = 0, run = 0;
  float size = 0, base = fragment.base;
  for (std::uint32_t i = fragment.first; i < fragment.first + fragment.count; ++i) {
    const Glyph& glyph = page.glyphs[i];
    if (std::fabs(glyph.size - size) > 0.05f * size || std::fabs(glyph.base - base) > 0.05f * size) {
      size = glyph.size;
      base = glyph.base;
      run = 0;
    }
    run += glyph.size * glyph.size;
    if (run > weight) {
      weight = run;
      best = glyph.size;
      fragment.base = glyph.base;
    }
  }
  fragment.size = best;
  fragment.box = box_of(page.glyphs[fragment.first]);
  for (std::uint32_t i = fragment.first; i < fragment.first + fragment.count; ++i)
    fragment.box.include(box_of(page.glyphs[i]));
  fragment.box.y0 = fragment.base - ascent * fragment.size;
  fragment.box.y1 = fragment.base + descent * fragment.size;
}

// A shape that is drawn twice, a little aside, to look bold.
bool is_double(const Page& page, const Glyph& a, const Glyph& b) {
  return std::fabs(a.x0 - b.x0) < 0.12f * a.size && std::fabs(a.size - b.size) < 0.1f * a.size &&
         std::fabs(a.base - b.base) < 0.12f * a.size && page.text_of(a) == page.text_of(b);
}

void add_to_line(Line& line, const Fragment& fragment) {
  line.box.include(fragment.box);
  for (std::uint32_t i = 0; i < fragment.count; ++i) line.glyphs.push_back(fragment.first + i);
}

void finish_line(const Page& page, Line& line) {
  const auto& glyphs = page.glyphs;
  const auto before = [&glyphs](std::uint32_t a, std::uint32_t b) { return glyphs[a].x0 < glyphs[b].x0; };
  if (!std::is_sorted(line.glyphs.begin(), line.glyphs.end(), before))
    std::stable_sort(line.glyphs.begin(), line.glyphs.end(), before);
  const auto end = std::unique(line.glyphs.begin(), line.glyphs.end(),
                               [&](std::uint32_t a, std::uint32_t b) { return is_double(page, glyphs[a], glyphs[b]); });
  line.glyphs.erase(end, line.glyphs.end());
  to_reading_order(page, line.glyphs);
}

// A line of few small characters within the height of a neighbour, and beside it: super- and subscripts that were drawn
// apart from what they belong to.
bool is_script_of(const Fragment& small, const std::vector<Fragment>& line, float base, float size) {
  if (small.size > script_size * size || small.count > 16) return false;
  const float middle = small.base - 0.3f * small.size;
  if (middle < base - 1.05f * size || middle > base + 0.35f * size) return false;
  return std::any_of(line.begin(), line.end(), [&](const Fragment& other) {
    return small.box.x0 < other.box.x1 + 0.75f * size && small.box.x1 > other.box.x0 - 0.75f * size;
  });
}

struct Group {
  std::vector<Fragment> fragments;
  float base, size;
};

void attach_scripts(std::vector<Group>& groups) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const std::size_t near : {i - 1, i + 1}) {
      if (near >= groups.size() || groups[near].fragments.empty()) continue;
      Group& host = groups[near];
      auto& small = groups[i].fragments;
      if (groups[i].size > script_size * host.size) continue;
      const auto moved = std::stable_partition(small.begin(), small.end(), [&host](const Fragment& fragment) {
        return !is_script_of(fragment, host.fragments, host.base, host.size);
      });
      host.fragments.insert(host.fragments.end(), moved, small.end());
      small.erase(moved, small.end());
    }
  }
}

} // namespace

void remove_hidden(Page& page) {
  std::size_t shown = 0, artifacts = 0, invisible = 0;
  for (const Glyph& glyph : page.glyphs) {
    if (glyph.artifact)
      ++artifacts;
    else if (glyph.invisible)
      ++invisible;
    else
      ++shown;
  }
  const bool drop_artifacts = artifacts > 0 && shown + invisible > 0;
  const bool drop_invisible = invisible > 0 && shown * 2 > invisible;
  if (!drop_artifacts && !drop_invisible) return;
  const auto gone = [&](const Glyph& glyph) {
    return (drop_artifacts && glyph.artifact) || (drop_invisible && glyph.invisible);
  };
  std::vector<std::uint32_t> kept_before(page.glyphs.size() + 1, 0);
  for (std::size_t i = 0; i < page.glyphs.size(); ++i)
    kept_before[i + 1] = kept_before[i] + (gone(page.glyphs[i]) ? 0 : 1);
  for (Picture& picture : page.pictures)
    picture.place = kept_before[std::min<std::size_t>(picture.place, page.glyphs.size())];
  page.glyphs.erase(std::remove_if(page.glyphs.begin(), page.glyphs.end(), gone), page.glyphs.end());
}

std::vector<Fragment> fragments_of(const Page& page) {
  std::vector<Fragment> fragments;
  const bool blanks_written = writes_blanks(page);
  for (std::uint32_t i = 0; i < page.glyphs.size(); ++i) {
    const Glyph& glyph = page.glyphs[i];
    if (fragments.empty() || !goes_on(fragments.back(), page.glyphs[i - 1], glyph, blanks_written)) {
      begin_fragment(fragments, glyph, i);
      continue;
    }
    Fragment& fragment = fragments.back();
    ++fragment.count;
    if (glyph.size > fragment.size) {
      fragment.size = glyph.size;
      fragment.base = glyph.base;
    }
  }
  for (Fragment& fragment : fragments) settle(page, fragment);
  return fragments;
}

Fragment cut_left(const Page& page, Fragment& fragment, float x) {
  Fragment left = fragment;
  left.count = 0;
  while (left.count < fragment.count) {
    const Glyph& glyph = page.glyphs[fragment.first + left.count];
    if ((glyph.x0 + glyph.x1) / 2 > x) break;
    ++left.count;
  }
  fragment.first += left.count;
  fragment.count -= left.count;
  if (left.count > 0) settle(page, left);
  if (fragment.count > 0) settle(page, fragment);
  return left;
}

std::vector<Line> lines_of(const Page& page, std::vector<Fragment> fragments) {
  std::stable_sort(fragments.begin(), fragments.end(),
                   [](const Fragment& a, const Fragment& b) { return a.base < b.base; });
  std::vector<Group> groups;
  for (const Fragment& fragment : fragments) {
    if (!groups.empty()) {
      Group& group = groups.back();
      const float larger = std::max(group.size, fragment.size), smaller = std::min(group.size, fragment.size);
      if (std::fabs(fragment.base - group.base) <= std::min(0.3f * larger, 0.5f * smaller)) {
        if (fragment.size > group.size) {
          group.size = fragment.size;
          group.base = fragment.base;
        }
        group.fragments.push_back(fragment);
        continue;
      }
    }
    groups.push_back({{fragment}, fragment.base, fragment.size});
  }
  attach_scripts(groups);
  std::vector<Line> lines;
  for (const Group& group : groups) {
    if (group.fragments.empty()) continue;
    Line line;
    line.box = group.fragments.front().box;
    line.base = group.base;
    line.size = group.size;
    for (const Fragment& fragment : group.fragments) add_to_line(line, fragment);
    finish_line(page, line);
    lines.push_back(std::move(line));
  }
  return lines;
}

bool blank_between(const Page& page, const Line& line, std::size_t left_index) {
  const std::uint32_t first = line.glyphs[left_index], second = line.glyphs[left_index + 1];
  const Glyph& a = page.glyphs[first];
  const Glyph& b = page.glyphs[second];
  // What was drawn from left to right and is read from right to left has its blanks before it.
  if (second + 1 == first ? b.blank_after : a.blank_after) return true;
  const float size = std::max(a.size, b.size);
  const float gap = b.x0 >= a.x0 ? b.x0 - a.x1 : a.x0 - b.x1;
  if (gap <= word_gap * size) return false;
  std::size_t position = 0;
  const bool wide = is_east_asian(next_code_point(page.text_of(a), position));
  position = 0;
  if (wide && is_east_asian(next_code_point(page.text_of(b), position))) return gap > 0.8f * size;
  return true;
}

} // namespace doc::pdf
