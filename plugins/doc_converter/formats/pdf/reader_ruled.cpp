// Tables whose cells are ruled.
#include "reader_rules.hpp"
#include "reader_tables.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace doc::pdf {
namespace {

constexpr float touch = rule_touch;
constexpr std::size_t most_lines = 2'500; // a drawing has more, and no table
constexpr std::size_t most_cells = 20'000;

// Places that are nearly the same become one.
std::vector<float> distinct(std::vector<float> places) {
  std::sort(places.begin(), places.end());
  std::vector<float> result;
  for (const float place : places) {
    if (result.empty() || place - result.back() > touch) result.push_back(place);
  }
  return result;
}

struct Grid {
  std::vector<Edge> across, upright; // horizontal and vertical lines
  std::vector<float> xs, ys;
  Box box;
};

class Sets { // union-find
public:
  explicit Sets(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), std::size_t{0}); }
  std::size_t find(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }

private:
  std::vector<std::size_t> parent_;
};

bool meet(const Edge& across, const Edge& upright) {
  return upright.at >= across.from - touch && upright.at <= across.to + touch && across.at >= upright.from - touch &&
         across.at <= upright.to + touch;
}

void find_places(Grid& grid) {
  std::vector<float> xs, ys;
  float x0 = 1e6f, x1 = -1e6f, y0 = 1e6f, y1 = -1e6f;
  for (const Edge& edge : grid.across) {
    ys.push_back(edge.at);
    x0 = std::min(x0, edge.from);
    x1 = std::max(x1, edge.to);
  }
  for (const Edge& edge : grid.upright) {
    xs.push_back(edge.at);
    y0 = std::min(y0, edge.from);
    y1 = std::max(y1, edge.to);
  }
  // Tables that are open at their sides end where their lines end.
  grid.xs = distinct(xs);
  grid.ys = distinct(ys);
  const auto open = [](std::vector<float>& places, float from, float to) {
    if (places.empty() || from < places.front() - 8) places.insert(places.begin(), from);
    if (to > places.back() + 8) places.push_back(to);
  };
  open(grid.xs, x0, x1);
  open(grid.ys, y0, y1);
  grid.box = {grid.xs.front(), grid.ys.front(), grid.xs.back(), grid.ys.back()};
}

std::vector<Grid> grids_of(const Page& page) {
  const auto [across, upright] = edges_of(page);
  if (upright.empty() || across.empty()) return {};
  if (across.size() > most_lines || upright.size() > most_lines) return {};
  Sets sets(across.size() + upright.size());
  for (std::size_t i = 0; i < across.size(); ++i) {
    for (std::size_t k = 0; k < upright.size(); ++k) {
      if (meet(across[i], upright[k])) sets.join(i, across.size() + k);
    }
  }
  std::vector<Grid> grids;
  std::vector<std::size_t> number(across.size() + upright.size(), static_cast<std::size_t>(-1));
  const auto grid_of = [&](std::size_t i) -> Grid& {
    std::size_t& at = number[sets.find(i)];
    if (at == static_cast<std::size_t>(-1)) {
      at = grids.size();
      grids.emplace_back();
    }
    return grids[at];
  };
  for (std::size_t i = 0; i < across.size(); ++i) grid_of(i).across.push_back(across[i]);
  for (std::size_t k = 0; k < upright.size(); ++k) grid_of(across.size() + k).upright.push_back(upright[k]);
  std::erase_if(grids, [](const Grid& grid) { return grid.across.empty() || grid.upright.empty(); });
  for (Grid& grid : grids) find_places(grid);
  std::erase_if(grids, [](const Grid& grid) {
    return grid.xs.size() < 3 || grid.ys.size() < 2 || grid.xs.size() * grid.ys.size() > most_cells;
  });
  return grids;
}

bool covers(const std::vector<Edge>& edges, float at, float along) {
  return std::any_of(edges.begin(), edges.end(), [at, along](const Edge& edge) {
    return std::fabs(edge.at - at) <= touch + 1 && along >= edge.from - 1 && along <= edge.to + 1;
  });
}

// The cells that the lines part, with what they span.
TablePiece cells_of(const Grid& grid) {
  TablePiece table;
  table.ruled = true;
  table.box = grid.box;
  table.column_edges = grid.xs;
  const auto columns = static_cast<std::uint32_t>(grid.xs.size() - 1),
             rows = static_cast<std::uint32_t>(grid.ys.size() - 1);
  table.rows = rows;
  table.columns = columns;
  const auto middle = [](const std::vector<float>& places, std::uint32_t i) { return (places[i] + places[i + 1]) / 2; };
  std::vector<bool> open_right(static_cast<std::size_t>(rows) * columns), open_below(open_right.size());
  const auto at = [columns](std::uint32_t row, std::uint32_t column) {
    return static_cast<std::size_t>(row) * columns + column;
  };
  for (std::uint32_t column = 0; column + 1 < columns; ++column) {
    std::vector<Edge> near;
    for (const Edge& edge : grid.upright)
      if (std::fabs(edge.at - grid.xs[column + 1]) <= touch + 1) near.push_back(edge);
    for (std::uint32_t row = 0; row < rows; ++row)
      open_right[at(row, column)] = !covers(near, grid.xs[column + 1], middle(grid.ys, row));
  }
  for (std::uint32_t row = 0; row + 1 < rows; ++row) {
    std::vector<Edge> near;
    for (const Edge& edge : grid.across)
      if (std::fabs(edge.at - grid.ys[row + 1]) <= touch + 1) near.push_back(edge);
    for (std::uint32_t column = 0; column < columns; ++column)
      open_below[at(row, column)] = !covers(near, grid.ys[row + 1], middle(grid.xs, column));
  }
  std::vector<bool> taken(open_right.size());
  for (std::uint32_t row = 0; row < rows; ++row) {
    for (std::uint32_t column = 0; column < columns; ++column) {
      if (taken[at(row, column)]) continue;
      TableCell cell;
      cell.row = row;
      cell.column = column;
      while (column + cell.columns < columns && open_right[at(row, column + cell.columns - 1)] &&
             !taken[at(row, column + cell.columns)])
        ++cell.columns;
      const auto can_grow = [&] {
        if (row + cell.rows >= rows) return false;
        for (std::uint32_t c = column; c < column + cell.columns; ++c) {
          if (!open_below[at(row + cell.rows - 1, c)]) return false;
          if (c + 1 < column + cell.columns && !open_right[at(row + cell.rows, c)]) return false;
        }
        return true;
      };
      while (can_grow()) ++cell.rows;
      for (std::uint32_t r = row; r < row + cell.rows; ++r)
        for (std::uint32_t c = column; c < column + cell.columns; ++c) taken[at(r, c)] = true;
      cell.box = {grid.xs[column], grid.ys[row], grid.xs[column + cell.columns], grid.ys[row + cell.rows]};
      table.cells.push_back(std::move(cell));
    }
  }
  return table;
}

class Filler {
public:
  Filler(const Page& page, TablePiece& table, const Grid& grid)
      : page_(page), table_(table), grid_(grid), ys_(grid.ys) {
    const std::size_t places = static_cast<std::size_t>(table.rows) * table.columns;
    cell_at_.resize(places);
    parts_.resize(table.cells.size());
    for (std::size_t i = 0; i < table.cells.size(); ++i) {
      const TableCell& cell = table.cells[i];
      for (std::uint32_t r = cell.row; r < cell.row + cell.rows; ++r)
        for (std::uint32_t c = cell.column; c < cell.column + cell.columns; ++c)
          cell_at_[static_cast<std::size_t>(r) * table.columns + c] = static_cast<std::uint32_t>(i);
    }
  }

  std::size_t cell_of(float x, float y) const {
    const auto place = [](const std::vector<float>& places, float at) {
      const auto found = std::upper_bound(places.begin(), places.end(), at) - places.begin();
      return static_cast<std::size_t>(
          std::clamp<std::ptrdiff_t>(found - 1, 0, static_cast<std::ptrdiff_t>(places.size()) - 2));
    };
    return cell_at_[place(ys_, y) * table_.columns + place(table_.column_edges, x)];
  }

  // Text that runs over a line between cells is cut there.
  void add(Fragment fragment) {
    const float y = fragment.base - 0.3f * fragment.size;
    for (std::uint32_t column = 1; column < table_.columns && fragment.count > 0; ++column) {
      const float edge = table_.column_edges[column];
      if (edge <= fragment.box.x0 + 1 || edge >= fragment.box.x1 - 1) continue;
      if (cell_of(edge - 1, y) == cell_of(edge + 1, y) || !covers(grid_.upright, edge, y)) continue;
      const Fragment left = cut_left(page_, fragment, edge);
      if (left.count > 0) parts_[cell_of((left.box.x0 + left.box.x1) / 2, y)].push_back(left);
    }
    if (fragment.count == 0) return;
    const std::size_t middle = cell_of((fragment.box.x0 + fragment.box.x1) / 2, y);
    // Text over several columns belongs to the first.
    const bool wide = fragment.box.width() > 1.05f * table_.cells[middle].box.width();
    parts_[wide ? cell_of(fragment.box.x0 + 1, y) : middle].push_back(fragment);
  }

  void finish() {
    for (std::size_t i = 0; i < parts_.size(); ++i) table_.cells[i].lines = lines_of(page_, std::move(parts_[i]));
  }

private:
  const Page& page_;
  TablePiece& table_;
  const Grid& grid_;
  const std::vector<float>& ys_;
  std::vector<std::uint32_t> cell_at_;
  std::vector<std::vector<Fragment>> parts_;
};

void colour_cells(const Page& page, TablePiece& table) {
  if (page.areas.size() > 2'000) return;
  for (TableCell& cell : table.cells) {
    const float x = (cell.box.x0 + cell.box.x1) / 2, y = (cell.box.y0 + cell.box.y1) / 2;
    for (const Area& area : page.areas) {
      if (!area.box.contains(x, y) || area.box.width() > table.box.width() + 12) continue;
      if (area.box.height() > cell.box.height() + 12 && area.box.height() > table.box.height() * 0.9f) continue;
      cell.background = area.color;
      if (area.color == 0xffffff) cell.background.reset();
    }
  }
}

// Lines of a chart or a form have little text between them.
bool is_table(const TablePiece& table) {
  std::size_t filled = 0;
  for (const TableCell& cell : table.cells)
    filled += !cell.lines.empty() || !cell.pictures.empty() || !cell.tables.empty() ? 1 : 0;
  return table.cells.size() >= 2 && filled >= 2 && filled * 4 >= table.cells.size();
}

bool inside(const Box& inner, const Box& outer) {
  return inner.x0 > outer.x0 - 1 && inner.y0 > outer.y0 - 1 && inner.x1 < outer.x1 + 1 && inner.y1 < outer.y1 + 1;
}

} // namespace

std::vector<TablePiece> ruled_tables(const Page& page, std::vector<Fragment>& fragments,
                                     std::vector<bool>& pictures_taken) {
  std::vector<Grid> grids = grids_of(page);
  if (grids.size() > 200) return {};
  // The smallest first, so that tables inside others take what is theirs.
  std::sort(grids.begin(), grids.end(), [](const Grid& a, const Grid& b) {
    return a.box.width() * a.box.height() < b.box.width() * b.box.height();
  });
  std::vector<TablePiece> tables;
  for (const Grid& grid : grids) {
    TablePiece table = cells_of(grid);
    if (table.cells.size() < 2) continue;
    Filler filler(page, table, grid);
    const auto in_table = [&grid](const Fragment& fragment) {
      return grid.box.contains((fragment.box.x0 + fragment.box.x1) / 2, fragment.base - 0.3f * fragment.size);
    };
    for (const Fragment& fragment : fragments) {
      if (in_table(fragment)) filler.add(fragment);
    }
    filler.finish();
    std::vector<std::uint32_t> own_pictures;
    for (std::uint32_t i = 0; i < page.pictures.size(); ++i) {
      const Box& box = page.pictures[i].box;
      const float x = (box.x0 + box.x1) / 2, y = (box.y0 + box.y1) / 2;
      if (pictures_taken[i] || !grid.box.contains(x, y)) continue;
      table.cells[filler.cell_of(x, y)].pictures.push_back(i);
      own_pictures.push_back(i);
    }
    std::vector<std::size_t> inner;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (inside(tables[i].box, grid.box)) inner.push_back(i);
    }
    if (!is_table(table) || is_ruled_apart(page, table)) continue;
    for (auto i = inner.rbegin(); i != inner.rend(); ++i) {
      const Box& box = tables[*i].box;
      table.cells[filler.cell_of((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)].tables.push_back(std::move(tables[*i]));
      tables.erase(tables.begin() + static_cast<std::ptrdiff_t>(*i));
    }
    for (const std::uint32_t i : own_pictures) pictures_taken[i] = true;
    std::erase_if(fragments, in_table);
    colour_cells(page, table);
    if (table.rows <= 60) part_rows(page, table);
    tables.push_back(std::move(table));
  }
  return tables;
}

} // namespace doc::pdf
