#include "reader_columns.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace doc::pdf {
namespace {

constexpr int most_columns_deep = 8;
constexpr std::size_t most_rows_of_band = 300;

} // namespace

// Atoms from top to bottom, in rows that no horizontal line parts.
std::vector<RowOfAtoms> Arranger::rows_of(Atoms& atoms) const {
  std::stable_sort(atoms.begin(), atoms.end(), [](const Atom& a, const Atom& b) { return a.box.y0 < b.box.y0; });
  std::vector<RowOfAtoms> rows;
  float bottom = 0;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    const float shrink = atoms[i].kind == Atom::text ? 0.12f * atoms[i].box.height() : 0.5f;
    if (rows.empty() || atoms[i].box.y0 + shrink >= bottom) {
      rows.push_back({i, i + 1, {}, 0, 0, 0, 0, 0});
      bottom = atoms[i].box.y1 - shrink;
    } else {
      rows.back().end = i + 1;
      bottom = std::max(bottom, atoms[i].box.y1 - shrink);
    }
  }
  std::vector<std::pair<float, float>> taken;
  for (RowOfAtoms& row : rows) {
    taken.clear();
    for (std::size_t i = row.begin; i < row.end; ++i) taken.emplace_back(atoms[i].box.x0, atoms[i].box.x1);
    std::sort(taken.begin(), taken.end());
    float x = -1e6f;
    for (const auto& [x0, x1] : taken) {
      if (x0 > x) row.free.push_back({x, x0});
      x = std::max(x, x1);
    }
    row.free.push_back({x, 1e6f});
    row.x0 = taken.front().first;
    row.x1 = x;
    row.y0 = atoms[row.begin].box.y0;
    for (std::size_t i = row.begin; i < row.end; ++i) {
      row.y1 = std::max(row.y1, atoms[i].box.y1);
      if (atoms[i].kind == Atom::text) row.height = std::max(row.height, atoms[i].box.height());
    }
  }
  return rows;
}

static std::vector<Gutter> intersection(const std::vector<Gutter>& a, const std::vector<Gutter>& b, float least) {
  std::vector<Gutter> result;
  for (std::size_t i = 0, k = 0; i < a.size() && k < b.size();) {
    const Gutter both{std::max(a[i].x0, b[k].x0), std::min(a[i].x1, b[k].x1)};
    if (both.x1 - both.x0 >= least) result.push_back(both);
    if (a[i].x1 < b[k].x1)
      ++i;
    else
      ++k;
  }
  return result;
}

// The stretches that have something on both sides.
static std::vector<Gutter> interior(float x0, float x1, const std::vector<Gutter>& free) {
  std::vector<Gutter> result;
  for (const Gutter& gutter : free) {
    if (gutter.x0 >= x0 && gutter.x1 <= x1) result.push_back(gutter);
  }
  return result;
}

std::size_t Arranger::lines_in(const Atoms& atoms) const {
  std::vector<float> bases;
  for (const Atom& atom : atoms) {
    if (atom.kind == Atom::text)
      bases.push_back(fragments_[atom.index].base);
    else
      bases.push_back(atom.box.y0), bases.push_back(atom.box.y1);
  }
  std::sort(bases.begin(), bases.end());
  std::size_t count = 0;
  float last = -1e6f;
  for (const float base : bases) {
    if (base - last > 0.5f * size_) ++count;
    last = base;
  }
  return count;
}

// Columns are drawn one after the other; cells of a table row by row. Where the order says nothing, columns are long
// and have long lines.
bool Arranger::are_columns(const Atoms& atoms, std::size_t begin, std::size_t end, const Gutter& gutter) const {
  Atoms sides[2];
  std::vector<std::pair<std::uint32_t, bool>> order;
  for (std::size_t i = begin; i < end; ++i) {
    const bool right = atoms[i].box.x0 >= gutter.x0;
    sides[right ? 1 : 0].push_back(atoms[i]);
    order.emplace_back(atoms[i].order, right);
  }
  std::sort(order.begin(), order.end());
  std::size_t changes = 0;
  for (std::size_t i = 1; i < order.size(); ++i) changes += order[i].second != order[i - 1].second ? 1 : 0;

  std::array<std::size_t, 2> lines{}, characters{};
  std::array<float, 2> width{};
  for (const int side : {0, 1}) {
    const Atoms& own = sides[side];
    if (own.empty()) return false;
    lines[side] = lines_in(own);
    float x0 = own[0].box.x0, x1 = own[0].box.x1;
    for (const Atom& atom : own) {
      x0 = std::min(x0, atom.box.x0);
      x1 = std::max(x1, atom.box.x1);
      if (atom.kind == Atom::text) characters[side] += fragments_[atom.index].count;
    }
    width[side] = x1 - x0;
  }
  const auto only_figures = [](const Atoms& own) {
    return std::none_of(own.begin(), own.end(), [](const Atom& atom) { return atom.kind == Atom::text; });
  };
  if (only_figures(sides[0]) || only_figures(sides[1])) return changes <= 1 && lines[0] >= 2 && lines[1] >= 2;
  if (lines[0] < 2 || lines[1] < 2) return false;
  const float narrow = std::min(width[0], width[1]), wide = std::max(width[0], width[1]);
  if (narrow < 0.12f * wide || narrow < 3 * size_) return false;
  if (changes <= 1) return gutter.x1 - gutter.x0 >= 0.6f * size_;
  const std::size_t fewer = std::min(lines[0], lines[1]);
  if (changes <= 3 && fewer >= 12) return true;
  const bool prose = fewer >= 8 && characters[0] >= 18 * lines[0] && characters[1] >= 18 * lines[1];
  return prose && gutter.x1 - gutter.x0 >= 0.9f * size_;
}

bool Arranger::try_columns(const Atoms& atoms, const std::vector<RowOfAtoms>& rows, std::size_t first, std::size_t last,
                           const std::vector<Gutter>& gutters, int depth) {
  const std::size_t begin = rows[first].begin, end = rows[last].end;
  std::vector<Gutter> columns;
  for (const Gutter& gutter : gutters) {
    const std::size_t cost = end - begin;
    if (columns_budget_ < cost) return false;
    columns_budget_ -= cost;
    if (are_columns(atoms, begin, end, gutter)) columns.push_back(gutter);
  }
  if (columns.empty()) return false;
  flush_plain();
  std::vector<Atoms> parts(columns.size() + 1);
  for (std::size_t i = begin; i < end; ++i) {
    std::size_t part = 0;
    while (part < columns.size() && atoms[i].box.x0 >= columns[part].x0) ++part;
    parts[part].push_back(atoms[i]);
  }
  for (Atoms& part : parts) {
    arrange(std::move(part), depth + 1);
    flush_plain();
  }
  return true;
}

bool Arranger::try_table(const Atoms& atoms, const std::vector<RowOfAtoms>& rows, std::size_t first, std::size_t last,
                         const std::vector<Gutter>& gutters) {
  std::vector<Fragment> fragments;
  std::vector<std::uint32_t> pictures;
  for (std::size_t i = rows[first].begin; i < rows[last].end; ++i) {
    if (atoms[i].kind == Atom::table) return false;
    if (atoms[i].kind == Atom::picture)
      pictures.push_back(atoms[i].index);
    else
      fragments.push_back(fragments_[atoms[i].index]);
  }
  auto table = aligned_table(page_, fragments, pictures, gutters);
  if (!table) return false;
  flush_plain();
  pieces_.emplace_back(std::move(*table));
  return true;
}

void Arranger::plain(const Atoms& atoms, std::size_t begin, std::size_t end) {
  plain_.insert(plain_.end(), atoms.begin() + static_cast<std::ptrdiff_t>(begin),
                atoms.begin() + static_cast<std::ptrdiff_t>(end));
}

// Lines, with pictures and tables where they begin.
void Arranger::flush_plain() {
  if (plain_.empty()) return;
  std::vector<Fragment> fragments;
  Atoms others;
  for (const Atom& atom : plain_) {
    if (atom.kind == Atom::text)
      fragments.push_back(fragments_[atom.index]);
    else
      others.push_back(atom);
  }
  plain_.clear();
  std::stable_sort(others.begin(), others.end(), [](const Atom& a, const Atom& b) { return a.box.y0 < b.box.y0; });
  std::vector<Line> lines = lines_of(page_, std::move(fragments));
  Region region;
  const auto flush_region = [&region, this] {
    if (!region.lines.empty()) pieces_.emplace_back(std::move(region));
    region = Region{};
  };
  std::size_t other = 0;
  const auto put_others = [&](float y) {
    for (; other < others.size() && others[other].box.y0 < y; ++other) {
      flush_region();
      if (others[other].kind == Atom::picture)
        pieces_.emplace_back(PicturePiece{others[other].index});
      else
        pieces_.emplace_back(std::move(tables_[others[other].index]));
    }
  };
  for (Line& line : lines) {
    put_others(line.box.y0);
    region.lines.push_back(std::move(line));
  }
  flush_region();
  put_others(1e9f);
}

// The rows from `first` on that leave the same stretches free. A table ends before a line of text that only its first
// columns are above; a column goes on beside what the other one lacks.
Arranger::Band Arranger::band_of(const Atoms& atoms, const std::vector<RowOfAtoms>& rows, std::size_t first,
                                 bool table) const {
  const float least = std::max(2.5f, 0.3f * size_);
  Band band;
  band.last = band.last_both = first;
  std::vector<Gutter> free = intersection(rows[first].free, rows[first].free, least);
  float x0 = rows[first].x0, x1 = rows[first].x1;
  band.gutters = interior(x0, x1, free);
  if (band.gutters.empty()) return band;
  std::int64_t latest_right = -1; // what was drawn last of the columns but the first
  const auto look_right = [&](const RowOfAtoms& row) {
    for (std::size_t i = row.begin; i < row.end; ++i) {
      if (atoms[i].box.x0 >= band.gutters.front().x0)
        latest_right = std::max<std::int64_t>(latest_right, atoms[i].order);
    }
  };
  look_right(rows[first]);
  while (band.last + 1 < rows.size() && band.last - first < most_rows_of_band) {
    const RowOfAtoms& row = rows[band.last + 1];
    x0 = std::min(x0, row.x0);
    x1 = std::max(x1, row.x1);
    std::vector<Gutter> next = intersection(free, row.free, least);
    std::vector<Gutter> inside = interior(x0, x1, next);
    if (inside.empty()) break;
    const bool two_sided = !interior(row.x0, row.x1, inside).empty();
    const bool left_only = row.x1 <= inside.front().x0;
    if (table) {
      if (!two_sided && inside.size() < band.gutters.size()) break;
      const float gap = row.y0 - rows[band.last].y1;
      const bool taller = row.height > 1.25f * rows[band.last].height;
      if (left_only && (gap > 0.9f * size_ || taller)) break;
      if (gap > 0.9f * size_ && row.height > 1.05f * rows[band.last].height) break; // a heading
      if (!two_sided && gap > 3 * size_) break;
    } else if (left_only && latest_right >= 0 && atoms[row.begin].order > latest_right) {
      break; // drawn after the other columns: it comes after them
    }
    ++band.last;
    // A cell over several columns leaves the others where they are.
    if (!table || inside.size() == band.gutters.size() || band.last - first < 2) {
      free = std::move(next);
      band.gutters = std::move(inside);
    }
    if (two_sided || (!left_only && band.last_both + 1 == band.last)) band.last_both = band.last;
    look_right(row);
  }
  return band;
}

// A text's last lines at the head of the right column, beside a title, make no column that could be seen. They are
// drawn after the foot of the left one, and right of all that is not above them.
Atoms Arranger::take_begun_column(Atoms& atoms) const {
  constexpr std::size_t most = 12, least_beside = 10;
  if (atoms.size() < least_beside + 1) return {};
  Atoms drawn = atoms;
  std::stable_sort(drawn.begin(), drawn.end(), [](const Atom& a, const Atom& b) { return a.order < b.order; });
  std::size_t end = drawn.size();
  float bottom = -1e6f; // a page's foot is drawn last, and stands below all
  for (std::size_t i = 0; i + 2 < drawn.size(); ++i) bottom = std::max(bottom, drawn[i].box.y1);
  while (end > least_beside && drawn.size() - end < 2 && drawn[end - 1].box.y0 > bottom) --end;
  Box box = drawn[end - 1].box;
  std::size_t found = 0;
  for (std::size_t begin = end - 1; begin >= least_beside && end - begin <= most; --begin) {
    if (drawn[begin].kind != Atom::text) break;
    box.include(drawn[begin].box);
    if (drawn[begin - 1].box.y0 < box.y1) continue;
    std::size_t beside = 0, wide = 0;
    bool free = true;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      const Box& other = drawn[i].box;
      if ((i >= begin && i < end) || other.y1 < box.y0 || other.y0 > bottom) continue;
      ++beside;
      wide += other.width() > 12 * size_ ? 1 : 0;
      free = free && other.x1 + 0.6f * size_ < box.x0;
    }
    if (!free || beside < least_beside || wide * 2 < beside) continue;
    found = begin;
    break;
  }
  if (found == 0) return {};
  Atoms column(drawn.begin() + static_cast<std::ptrdiff_t>(found), drawn.begin() + static_cast<std::ptrdiff_t>(end));
  const std::uint32_t from = drawn[found].order, to = drawn[end - 1].order;
  std::erase_if(atoms, [from, to](const Atom& atom) { return atom.order >= from && atom.order <= to; });
  return column;
}

void Arranger::arrange(Atoms atoms, int depth) {
  if (atoms.empty()) return;
  if (depth == 0) {
    if (Atoms column = take_begun_column(atoms); !column.empty()) {
      arrange(std::move(atoms), 1);
      flush_plain();
      arrange(std::move(column), 1);
      return;
    }
  }
  const std::vector<RowOfAtoms> rows = rows_of(atoms);
  for (std::size_t first = 0; first < rows.size();) {
    if (depth < most_columns_deep) {
      const Band columns = band_of(atoms, rows, first, false);
      if (!columns.gutters.empty()) {
        if (try_columns(atoms, rows, first, columns.last, columns.gutters, depth)) {
          first = columns.last + 1;
          continue;
        }
        const Band table = band_of(atoms, rows, first, true);
        if (try_table(atoms, rows, first, table.last_both, table.gutters)) {
          first = table.last_both + 1;
          continue;
        }
      }
    }
    plain(atoms, rows[first].begin, rows[first].end);
    ++first;
  }
}

} // namespace doc::pdf
