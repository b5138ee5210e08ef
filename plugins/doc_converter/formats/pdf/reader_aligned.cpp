// Tables without lines: text that stands in columns over several rows.
#include "reader_characters.hpp"
#include "reader_tables.hpp"
#include "reader_text.hpp"

#include <algorithm>
#include <cmath>

namespace doc::pdf {
namespace {

struct LineOfCells {
  float base = 0, size = 0;
  std::vector<std::vector<Fragment>> cells;
};

std::size_t column_of(float x0, const std::vector<Gutter>& gutters) {
  std::size_t column = 0;
  while (column < gutters.size() && x0 >= gutters[column].x0 - 0.5f) ++column;
  return column;
}

// How many columns the text reaches over from its first one.
std::uint32_t span_of(const std::vector<Fragment>& cell, std::size_t column, const std::vector<Gutter>& gutters) {
  float x1 = -1e6f;
  for (const Fragment& fragment : cell) x1 = std::max(x1, fragment.box.x1);
  std::uint32_t span = 1;
  while (column + span - 1 < gutters.size() && x1 > gutters[column + span - 1].x1 + 0.5f) ++span;
  return span;
}

std::vector<LineOfCells> lines_of_cells(std::vector<Fragment> fragments, const std::vector<Gutter>& gutters) {
  std::stable_sort(fragments.begin(), fragments.end(),
                   [](const Fragment& a, const Fragment& b) { return a.base < b.base; });
  std::vector<LineOfCells> lines;
  for (const Fragment& fragment : fragments) {
    if (lines.empty() || fragment.base - lines.back().base > 0.45f * std::max(fragment.size, lines.back().size)) {
      lines.emplace_back();
      lines.back().base = fragment.base;
      lines.back().cells.resize(gutters.size() + 1);
    }
    lines.back().size = std::max(lines.back().size, fragment.size);
    lines.back().cells[column_of(fragment.box.x0, gutters)].push_back(fragment);
  }
  return lines;
}

std::string text_of(const Page& page, const std::vector<Fragment>& cell) {
  std::string text;
  for (const Fragment& fragment : cell) {
    for (std::uint32_t i = 0; i < fragment.count; ++i) {
      const Glyph& glyph = page.glyphs[fragment.first + i];
      text += page.text_of(glyph);
      if (glyph.blank_after) text += ' ';
    }
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

// A column of bullets or numbers is the labels of a list.
bool are_labels(const Page& page, const std::vector<LineOfCells>& lines, std::size_t column) {
  std::size_t labels = 0, others = 0;
  bool bullet = false; // at the beginning
  for (const LineOfCells& line : lines) {
    if (line.cells[column].empty()) continue;
    const std::string text = text_of(page, line.cells[column]);
    const auto label = label_of(text + " x");
    if (label && label->bytes >= text.size()) {
      bullet = bullet || (labels + others == 0 && label->numbering == Numbering::bullet);
      ++labels;
    } else
      ++others;
  }
  return labels > 0 && others * (bullet ? 2 : 3) <= labels;
}

// Do most of the column's cells begin, end or have their middle at one place?
bool is_aligned(const std::vector<LineOfCells>& lines, std::size_t column) {
  std::vector<float> left, right, middle;
  for (const LineOfCells& line : lines) {
    const auto& cell = line.cells[column];
    if (cell.empty()) continue;
    float x0 = cell[0].box.x0, x1 = cell[0].box.x1;
    for (const Fragment& fragment : cell) {
      x0 = std::min(x0, fragment.box.x0);
      x1 = std::max(x1, fragment.box.x1);
    }
    left.push_back(x0);
    right.push_back(x1);
    middle.push_back((x0 + x1) / 2);
  }
  const auto agree = [](std::vector<float> places) {
    std::sort(places.begin(), places.end());
    std::size_t best = 0;
    for (std::size_t i = 0, k = 0; k < places.size(); ++k) {
      while (places[k] - places[i] > 3) ++i;
      best = std::max(best, k - i + 1);
    }
    return best * 10 >= places.size() * 6;
  };
  return left.size() >= 2 && (agree(left) || agree(right) || agree(middle));
}

bool is_rule_between(const Page& page, float upper, float lower, float x0, float x1) {
  return std::any_of(page.rules.begin(), page.rules.end(), [=](const RuleLine& rule) {
    return rule.box.width() > 0.5f * (x1 - x0) && rule.box.y0 > upper && rule.box.y0 < lower && rule.box.x0 < x1 &&
           rule.box.x1 > x0;
  });
}

std::size_t filled_of(const LineOfCells& line) {
  return static_cast<std::size_t>(
      std::count_if(line.cells.begin(), line.cells.end(), [](const auto& cell) { return !cell.empty(); }));
}

// Which lines begin a row? Those that have something in the first column, unless it only goes on there.
std::vector<bool> row_beginnings(const Page& page, const std::vector<LineOfCells>& lines, const Box& box,
                                 bool has_pictures) {
  std::vector<bool> begins(lines.size(), true);
  std::vector<float> row_gaps;
  float last_full = -1;
  for (const LineOfCells& line : lines) {
    if (line.cells[0].empty() || filled_of(line) < 2) continue;
    if (last_full >= 0) row_gaps.push_back(line.base - last_full);
    last_full = line.base;
  }
  float usual = 0;
  if (!row_gaps.empty()) {
    std::sort(row_gaps.begin(), row_gaps.end());
    usual = row_gaps[row_gaps.size() / 2];
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const float gap = lines[i].base - lines[i - 1].base;
    const std::size_t filled = filled_of(lines[i]);
    if (is_rule_between(page, lines[i - 1].base, lines[i].base, box.x0, box.x1)) continue;
    if (has_pictures) { // which may be all that a first column has
      begins[i] = gap > 1.6f * lines[i].size;
      continue;
    }
    if (!lines[i].cells[0].empty()) {
      const bool on = filled == 1 && gap < 1.4f * lines[i].size && usual > 1.08f * gap;
      begins[i] = !on;
      continue;
    }
    begins[i] = filled * 2 > lines[i].cells.size() && gap > 0.9f * usual && usual > 0;
    if (gap > 2.2f * lines[i].size && usual > 0 && gap > 0.9f * usual) begins[i] = true;
  }
  return begins;
}

// Two rows could be anything, unless their cells are far apart, or placed by themselves below each other.
bool are_two_rows(const Page& page, const std::vector<LineOfCells>& lines, const std::vector<Gutter>& gutters) {
  if (lines.size() != 2) return false;
  for (std::size_t i = 0; i < gutters.size(); ++i) {
    if (gutters[i].x1 - gutters[i].x0 >= 2.5f * lines[0].size) continue;
    const auto& upper = lines[0].cells[i + 1];
    const auto& lower = lines[1].cells[i + 1];
    if (upper.empty() || lower.empty() || std::fabs(upper[0].box.x0 - lower[0].box.x0) > 0.5f) return false;
    if (!page.glyphs[upper[0].first].begins_string || !page.glyphs[lower[0].first].begins_string) return false;
  }
  return true;
}

void add_rows(const Page& page, TablePiece& table, const std::vector<LineOfCells>& lines,
              const std::vector<bool>& begins, const std::vector<Gutter>& gutters,
              const std::vector<std::uint32_t>& pictures) {
  for (std::size_t i = 0; i < lines.size();) {
    std::size_t end = i + 1;
    while (end < lines.size() && !begins[end]) ++end;
    const float bottom = end < lines.size() ? lines[end].base - lines[end].size : 1e6f;
    for (std::uint32_t column = 0; column < table.columns;) {
      std::vector<Fragment> parts;
      for (std::size_t k = i; k < end; ++k)
        parts.insert(parts.end(), lines[k].cells[column].begin(), lines[k].cells[column].end());
      TableCell cell;
      cell.row = table.rows;
      cell.column = column;
      cell.columns = span_of(parts, column, gutters);
      for (std::uint32_t inner = column + 1; inner < column + cell.columns; ++inner) {
        for (std::size_t k = i; k < end; ++k)
          parts.insert(parts.end(), lines[k].cells[inner].begin(), lines[k].cells[inner].end());
      }
      cell.box = {table.column_edges[column], lines[i].base - lines[i].size, table.column_edges[column + cell.columns],
                  lines[end - 1].base};
      for (const std::uint32_t picture : pictures) {
        const Box& place = page.pictures[picture].box;
        const float middle = (place.y0 + place.y1) / 2;
        const std::size_t at = column_of(place.x0, gutters);
        if (at >= column && at < column + cell.columns && middle < bottom && (i == 0 || middle >= cell.box.y0))
          cell.pictures.push_back(picture);
      }
      cell.lines = lines_of(page, std::move(parts));
      column += cell.columns;
      table.cells.push_back(std::move(cell));
    }
    ++table.rows;
    i = end;
  }
}

} // namespace

std::optional<TablePiece> aligned_table(const Page& page, const std::vector<Fragment>& fragments,
                                        const std::vector<std::uint32_t>& pictures, const std::vector<Gutter>& given) {
  std::vector<Gutter> gutters = given;
  if (fragments.size() + pictures.size() < 4 || fragments.empty() || fragments.size() > 20'000 || gutters.size() > 60)
    return std::nullopt;
  std::vector<LineOfCells> lines = lines_of_cells(fragments, gutters);
  if (lines.size() + pictures.size() < 2) return std::nullopt;
  for (std::size_t column = 0; column < gutters.size();) {
    if (!are_labels(page, lines, column)) {
      ++column;
      continue;
    }
    if (column == 0 && gutters.size() == 1) return std::nullopt;
    gutters.erase(gutters.begin() + static_cast<std::ptrdiff_t>(column));
    lines = lines_of_cells(fragments, gutters);
  }
  if (gutters.empty()) return std::nullopt;

  std::size_t mono = 0, glyphs = 0, leaders = 0;
  Box box = fragments[0].box;
  for (const Fragment& fragment : fragments) {
    box.include(fragment.box);
    glyphs += fragment.count;
    if (page.faces[page.glyphs[fragment.first].face].mono) mono += fragment.count;
  }
  if (mono * 10 > glyphs * 9) return std::nullopt; // a listing
  std::size_t full = 0;
  for (const LineOfCells& line : lines) {
    std::size_t filled = 0;
    for (const auto& cell : line.cells) {
      filled += cell.empty() ? 0 : 1;
      if (has_leaders(text_of(page, cell))) ++leaders;
    }
    if (filled >= 2) ++full;
  }
  if (leaders * 4 > lines.size()) return std::nullopt;
  // Titles beside a picture, as the head of an article has them.
  const auto [smallest, largest] = std::minmax_element(
      lines.begin(), lines.end(), [](const LineOfCells& a, const LineOfCells& b) { return a.size < b.size; });
  if (!pictures.empty() && largest->size > 1.35f * smallest->size) return std::nullopt;
  const bool small = full < 3;
  if (small && pictures.empty() && (full != lines.size() || !are_two_rows(page, lines, gutters))) return std::nullopt;
  for (std::size_t column = 0; column <= gutters.size(); ++column) {
    if (pictures.empty() && !small && !is_aligned(lines, column)) return std::nullopt;
  }

  for (const std::uint32_t picture : pictures) box.include(page.pictures[picture].box);
  const std::vector<bool> begins = row_beginnings(page, lines, box, !pictures.empty());
  if (std::count(begins.begin(), begins.end(), true) < (small ? 2 : 3) && pictures.empty()) return std::nullopt;
  TablePiece table;
  table.box = box;
  table.ruled_head = lines.size() > 1 && is_rule_between(page, lines[0].base, lines[1].base, box.x0, box.x1);
  table.columns = static_cast<std::uint32_t>(gutters.size() + 1);
  table.column_edges.push_back(box.x0);
  for (const Gutter& gutter : gutters) table.column_edges.push_back((gutter.x0 + gutter.x1) / 2);
  table.column_edges.push_back(box.x1);
  add_rows(page, table, lines, begins, gutters, pictures);
  return table;
}

} // namespace doc::pdf
