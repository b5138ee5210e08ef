// Tables that are ruled above, below their head and at their end, and have no line upright: what books have, and what
// browsers make of a page that says nothing else.
#include "reader_bands.hpp"
#include "reader_rules.hpp"
#include "reader_tables.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace doc::pdf {
namespace {

constexpr float least_width = 60;         // points
constexpr float most_head = 100;          // points that a head is high
constexpr std::size_t most_rules = 1'000; // a drawing has more, and no table
constexpr std::size_t most_columns = 64;
constexpr std::size_t most_cells = 20'000;
constexpr std::size_t most_learned = 12;   // bands that say where the columns are
constexpr std::size_t most_of_stack = 300; // rules of one width on a page

struct Extent {
  float x0, x1, y0, y1;
};

float height_of(const Fragment& fragment) { return fragment.base - 0.3f * fragment.size; } // where its letters are

bool stands_in(const Fragment& fragment, const Extent& extent) {
  const float y = height_of(fragment);
  return y >= extent.y0 && y < extent.y1 && fragment.box.x0 > extent.x0 - 3 && fragment.box.x1 < extent.x1 + 3;
}

// Rules of one width, one below the other.
std::vector<std::vector<Edge>> stacks_of(const std::vector<Edge>& across) {
  std::vector<std::vector<Edge>> stacks;
  for (const Edge& edge : across) {
    if (edge.to - edge.from < least_width) continue;
    const auto found = std::find_if(stacks.begin(), stacks.end(), [&edge](const std::vector<Edge>& stack) {
      return std::fabs(stack[0].from - edge.from) < rule_touch && std::fabs(stack[0].to - edge.to) < rule_touch;
    });
    if (found == stacks.end())
      stacks.push_back({edge});
    else if (edge.at - found->back().at > 2 * rule_touch) // two lines may be one that is drawn double
      found->push_back(edge);
  }
  std::erase_if(stacks,
                [](const std::vector<Edge>& stack) { return stack.size() < 2 || stack.size() > most_of_stack; });
  return stacks;
}

class OpenTables {
public:
  OpenTables(const Page& page, std::vector<Fragment>& fragments, std::vector<bool>& pictures_taken,
             std::vector<TablePiece>& tables)
      : page_(page), fragments_(fragments), pictures_taken_(pictures_taken), tables_(tables) {}

  void find() {
    const Edges edges = edges_of(page_);
    if (edges.across.size() > most_rules || edges.upright.size() > most_rules) return;
    edges_ = &edges;
    order_fragments();
    for (const std::vector<Edge>& stack : stacks_of(edges.across)) {
      for (std::size_t first = 0; first + 1 < stack.size();) first = std::max(first + 1, table_at(stack, first));
    }
  }

private:
  struct Band {
    float top, bottom;
    std::vector<BandLine> lines;
  };

  void order_fragments();
  // Calls `see` with the fragments of that height, until it says true, which is returned.
  template <typename See>
  bool any_between(float y0, float y1, See see) const;
  // The table whose first rule is `stack[first]`, if there is one; returns the rule that comes behind it.
  std::size_t table_at(const std::vector<Edge>& stack, std::size_t first);
  std::vector<Fragment> inside(const Extent& extent) const;
  bool is_free(const Extent& extent) const;
  bool is_body(const Band& band, const std::vector<Gutter>& gutters) const;
  bool are_text_columns(const std::vector<Band>& bands, const std::vector<Gutter>& gutters) const;
  bool is_bold(const Band& band) const;
  static bool are_rows(const Band& band, const std::vector<Gutter>& gutters);
  static bool is_row_each(const std::vector<Band>& bands);
  Band head_above(const Edge& rule, float size, const std::vector<Gutter>& gutters) const;
  Band rest_of_page(const Edge& rule) const;
  void take(const std::vector<Band>& bands, const std::vector<Gutter>& gutters, const Extent& extent);
  void put_head(TablePiece& table, const Band& head, const std::vector<Gutter>& gutters);
  void put_row(TablePiece& table, const std::vector<BandLine>& lines, std::size_t begin, std::size_t end,
               const std::vector<Gutter>& gutters);

  const Page& page_;
  std::vector<Fragment>& fragments_;
  std::vector<bool>& pictures_taken_;
  std::vector<TablePiece>& tables_;
  const Edges* edges_ = nullptr;
  std::vector<std::pair<float, std::uint32_t>> by_height_; // of `fragments_`
  std::unordered_set<std::uint32_t> put_;                  // first glyphs of those that are in a table now
};

void OpenTables::order_fragments() {
  by_height_.clear();
  for (std::uint32_t i = 0; i < fragments_.size(); ++i) by_height_.emplace_back(height_of(fragments_[i]), i);
  std::sort(by_height_.begin(), by_height_.end());
}

template <typename See>
bool OpenTables::any_between(float y0, float y1, See see) const {
  for (auto at = std::lower_bound(by_height_.begin(), by_height_.end(), std::pair(y0, 0u));
       at != by_height_.end() && at->first < y1; ++at) {
    if (see(fragments_[at->second])) return true;
  }
  return false;
}

std::vector<Fragment> OpenTables::inside(const Extent& extent) const {
  std::vector<Fragment> found;
  any_between(extent.y0, extent.y1, [&](const Fragment& fragment) {
    if (stands_in(fragment, extent)) found.push_back(fragment);
    return false;
  });
  return found;
}

// Nothing upright is drawn in it, no other table stands there, and no text runs into it from outside.
bool OpenTables::is_free(const Extent& extent) const {
  for (const Edge& edge : edges_->upright) {
    if (edge.at > extent.x0 - rule_touch && edge.at < extent.x1 + rule_touch && edge.from < extent.y1 - 1 &&
        edge.to > extent.y0 + 1)
      return false;
  }
  for (const TablePiece& table : tables_) {
    if (table.box.x0 < extent.x1 && table.box.x1 > extent.x0 && table.box.y0 < extent.y1 && table.box.y1 > extent.y0)
      return false;
  }
  return !any_between(extent.y0, extent.y1, [&extent](const Fragment& fragment) {
    const bool beside = fragment.box.x1 <= extent.x0 || fragment.box.x0 >= extent.x1;
    return !beside && !stands_in(fragment, extent);
  });
}

bool OpenTables::is_body(const Band& band, const std::vector<Gutter>& gutters) const {
  if (band.lines.empty()) return false;
  std::size_t crossing = 0;
  BandLine all;
  for (const BandLine& line : band.lines) {
    crossing += crosses(line, gutters) ? 1 : 0;
    all.fragments.insert(all.fragments.end(), line.fragments.begin(), line.fragments.end());
  }
  // A line that is ruled closely says what the rows below it are; a heading between two tables has room around it.
  if (filled_columns(all, gutters) < 2) return band.bottom - band.top < 2.4f * band.lines[0].size;
  return crossing == 0 || crossing * 4 <= band.lines.size();
}

// Columns of text are drawn one after the other, and cells row by row.
bool OpenTables::are_text_columns(const std::vector<Band>& bands, const std::vector<Gutter>& gutters) const {
  std::vector<std::pair<std::uint32_t, std::size_t>> order;
  std::size_t lines = 0;
  for (std::size_t i = 1; i < bands.size(); ++i) {
    lines += bands[i].lines.size();
    for (const BandLine& line : bands[i].lines) {
      for (const Fragment& fragment : line.fragments)
        order.emplace_back(fragment.first, columns_of(fragment, gutters).first);
    }
  }
  std::sort(order.begin(), order.end());
  std::size_t changes = 0;
  for (std::size_t i = 1; i < order.size(); ++i) changes += order[i].second != order[i - 1].second ? 1 : 0;
  return lines > 6 && changes <= 2 * gutters.size();
}

// What a table goes on with that has no line at its end, because the page has ended there; without the page's foot.
OpenTables::Band OpenTables::rest_of_page(const Edge& rule) const {
  Band band{rule.at, page_.height, band_lines(inside({rule.from, rule.to, rule.at, page_.height}))};
  float most = 0;
  for (std::size_t i = 1; i < band.lines.size(); ++i) {
    const float gap = band.lines[i].base - band.lines[i - 1].base;
    if (gap > std::max(1.9f * band.lines[i].size, 1.5f * most) && i + 2 >= band.lines.size()) {
      band.lines.resize(i);
      break;
    }
    most = std::max(most, gap);
  }
  if (!band.lines.empty()) band.bottom = band.lines.back().base + band.lines.back().size;
  return band;
}

// Are all rows ruled?
bool OpenTables::is_row_each(const std::vector<Band>& bands) {
  std::size_t lines = 0;
  for (std::size_t i = 1; i < bands.size(); ++i) lines += bands[i].lines.size();
  return bands.size() > 2 && lines <= 3 * (bands.size() - 1);
}

// The cells of a head that has a line below it alone.
OpenTables::Band OpenTables::head_above(const Edge& rule, float size, const std::vector<Gutter>& gutters) const {
  const Extent extent{rule.from, rule.to, rule.at - 2.4f * size, rule.at};
  Band band{extent.y0, extent.y1, band_lines(inside(extent))};
  if (band.lines.size() != 1 || !is_free(extent)) return {};
  const BandLine& line = band.lines[0];
  const std::size_t filled = filled_columns(line, gutters);
  const bool are_cells = filled == line.fragments.size() && filled >= 2 && !crosses(line, gutters);
  return are_cells ? band : Band{};
}

bool OpenTables::is_bold(const Band& band) const {
  return std::all_of(band.lines.begin(), band.lines.end(), [this](const BandLine& line) {
    return std::all_of(line.fragments.begin(), line.fragments.end(), [this](const Fragment& fragment) {
      return page_.faces[page_.glyphs[fragment.first].face].bold;
    });
  });
}

// Does more than every second line have more than one cell? A letter below its ruled head has not.
bool OpenTables::are_rows(const Band& band, const std::vector<Gutter>& gutters) {
  const auto rows = std::count_if(band.lines.begin(), band.lines.end(),
                                  [&gutters](const BandLine& line) { return filled_columns(line, gutters) >= 2; });
  return rows >= 2 && static_cast<std::size_t>(rows) * 2 > band.lines.size();
}

std::size_t OpenTables::table_at(const std::vector<Edge>& stack, std::size_t first) {
  const Edge& top = stack[first];
  const auto band_at = [&](std::size_t i) {
    const Extent extent{top.from, top.to, stack[i].at, stack[i + 1].at};
    return Band{extent.y0, extent.y1, is_free(extent) ? band_lines(inside(extent)) : std::vector<BandLine>()};
  };
  std::vector<Band> bands = {band_at(first)};
  if (bands[0].lines.empty() || bands[0].bottom - bands[0].top > most_head) return 0;
  std::size_t last = first + 1; // the rule below the last band
  // Where the columns are the body says: a head may reach over several, or stand in the middle of a wide one.
  std::vector<Gutter> gutters;
  if (last + 1 == stack.size()) {
    bands.push_back(rest_of_page(stack[last]));
    gutters = gutters_of(bands[1].lines);
    const bool is_crossed = std::any_of(bands[1].lines.begin(), bands[1].lines.end(),
                                        [&gutters](const BandLine& line) { return crosses(line, gutters); });
    if (is_crossed || !(is_bold(bands[0]) || are_rows(bands[1], gutters)) ||
        !is_free({top.from, top.to, bands[1].top, bands[1].bottom}))
      return 0;
  } else {
    std::vector<BandLine> seen;
    for (; last + 1 < stack.size(); ++last) {
      Band body = band_at(last);
      if (body.lines.empty() || (!gutters.empty() && !is_body(body, gutters))) break;
      if (bands.size() < most_learned) {
        seen.insert(seen.end(), body.lines.begin(), body.lines.end());
        gutters = gutters_of(seen);
      }
      if (gutters.empty()) break;
      bands.push_back(std::move(body));
    }
  }
  if (gutters.empty() || bands.size() < 2) return 0;
  BandLine head; // all of it
  for (const BandLine& line : bands[0].lines)
    head.fragments.insert(head.fragments.end(), line.fragments.begin(), line.fragments.end());
  const std::size_t filled = filled_columns(head, gutters);
  if (filled < 2 || filled * 2 < gutters.size() + 1) return 0;
  if (!std::all_of(bands.begin() + 1, bands.end(), [&](const Band& band) { return is_body(band, gutters); })) return 0;
  const bool has_cells = std::any_of(bands.begin() + 1, bands.end(), [&gutters](const Band& band) {
    return std::any_of(band.lines.begin(), band.lines.end(),
                       [&gutters](const BandLine& line) { return filled_columns(line, gutters) >= 2; }) ||
           band.lines.size() > 1;
  });
  std::size_t lines = 0;
  for (const Band& band : bands) lines += band.lines.size();
  if (!has_cells || gutters.size() >= most_columns || lines * (gutters.size() + 1) > most_cells) return 0;
  if (are_text_columns(bands, gutters)) return last;
  if (is_row_each(bands)) {
    if (Band above = head_above(top, bands[0].lines[0].size, gutters); !above.lines.empty())
      bands.insert(bands.begin(), std::move(above));
  }
  take(bands, gutters, {top.from, top.to, bands[0].top, bands.back().bottom});
  return last + 1;
}

void OpenTables::put_row(TablePiece& table, const std::vector<BandLine>& lines, std::size_t begin, std::size_t end,
                         const std::vector<Gutter>& gutters) {
  std::vector<std::vector<Fragment>> parts(gutters.size() + 1);
  std::vector<std::size_t> last(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) last[i] = i;
  for (std::size_t i = begin; i < end; ++i) {
    for (const Fragment& fragment : lines[i].fragments) {
      const ColumnSpan span = columns_of(fragment, gutters);
      parts[span.first].push_back(fragment);
      put_.insert(fragment.first);
      last[span.first] = std::max(last[span.first], span.last);
    }
  }
  const float top = lines[begin].base - lines[begin].size, bottom = lines[end - 1].base + 0.3f * lines[end - 1].size;
  for (std::size_t column = 0; column < parts.size();) {
    std::size_t behind = last[column] + 1;
    for (std::size_t inner = column + 1; inner < behind; ++inner) {
      if (!parts[inner].empty()) behind = inner; // what stands there is a cell, too
    }
    TableCell cell;
    cell.row = table.rows;
    cell.column = static_cast<std::uint32_t>(column);
    cell.columns = static_cast<std::uint32_t>(behind - column);
    cell.box = {table.column_edges[column], top, table.column_edges[behind], bottom};
    cell.lines = lines_of(page_, std::move(parts[column]));
    table.cells.push_back(std::move(cell));
    column = behind;
  }
  ++table.rows;
}

// A line below a part of the head sets apart what is said of several columns.
void OpenTables::put_head(TablePiece& table, const Band& head, const std::vector<Gutter>& gutters) {
  const float x0 = table.column_edges.front(), x1 = table.column_edges.back();
  std::vector<Edge> parts;
  for (const Edge& edge : edges_->across) {
    if (edge.at > head.top + rule_touch && edge.at < head.bottom - rule_touch && edge.from > x0 - rule_touch &&
        edge.to < x1 + rule_touch && edge.to - edge.from > 10)
      parts.push_back(edge);
  }
  // Below one column alone it underlines a word.
  std::erase_if(parts, [&table](const Edge& part) {
    std::size_t covered = 0;
    for (std::size_t column = 0; column + 1 < table.column_edges.size(); ++column) {
      const float middle = (table.column_edges[column] + table.column_edges[column + 1]) / 2;
      covered += middle > part.from && middle < part.to ? 1 : 0;
    }
    return covered < 2;
  });
  if (parts.empty()) return put_row(table, head.lines, 0, head.lines.size(), gutters);
  const auto part_over = [&](std::size_t column) -> const Edge* {
    const float middle = (table.column_edges[column] + table.column_edges[column + 1]) / 2;
    for (const Edge& part : parts) {
      if (middle > part.from && middle < part.to) return &part;
    }
    return nullptr;
  };
  std::vector<Fragment> all;
  for (const BandLine& line : head.lines) all.insert(all.end(), line.fragments.begin(), line.fragments.end());
  const auto cell_of = [&](std::uint32_t row, std::uint32_t rows, std::size_t column, std::size_t behind, float top,
                           float bottom) {
    TableCell cell;
    cell.row = row;
    cell.rows = rows;
    cell.column = static_cast<std::uint32_t>(column);
    cell.columns = static_cast<std::uint32_t>(behind - column);
    cell.box = {table.column_edges[column], top, table.column_edges[behind], bottom};
    std::vector<Fragment> own;
    for (const Fragment& fragment : all) {
      const float x = std::clamp((fragment.box.x0 + fragment.box.x1) / 2, x0, x1 - 0.01f), y = height_of(fragment);
      if (x < cell.box.x0 || x >= cell.box.x1 || y < top || y >= bottom) continue;
      own.push_back(fragment);
      put_.insert(fragment.first);
    }
    cell.lines = lines_of(page_, std::move(own));
    table.cells.push_back(std::move(cell));
  };
  const std::size_t columns = gutters.size() + 1;
  for (std::size_t column = 0; column < columns;) {
    const Edge* part = part_over(column);
    std::size_t behind = column + 1;
    while (part && behind < columns && part_over(behind) == part) ++behind;
    if (part)
      cell_of(table.rows, 1, column, behind, head.top, part->at);
    else
      cell_of(table.rows, 2, column, behind, head.top, head.bottom);
    column = behind;
  }
  for (std::size_t column = 0; column < columns; ++column) {
    if (const Edge* part = part_over(column)) cell_of(table.rows + 1, 1, column, column + 1, part->at, head.bottom);
  }
  table.rows += 2;
}

void OpenTables::take(const std::vector<Band>& bands, const std::vector<Gutter>& gutters, const Extent& extent) {
  TablePiece table;
  table.ruled_head = true;
  table.box = {extent.x0, extent.y0, extent.x1, extent.y1};
  table.columns = static_cast<std::uint32_t>(gutters.size() + 1);
  table.column_edges.push_back(extent.x0);
  for (const Gutter& gutter : gutters) table.column_edges.push_back((gutter.x0 + gutter.x1) / 2);
  table.column_edges.push_back(extent.x1);
  put_head(table, bands[0], gutters);
  const bool each = is_row_each(bands);
  for (std::size_t i = 1; i < bands.size(); ++i) {
    const Band& band = bands[i];
    std::vector<std::size_t> starts = each ? std::vector<std::size_t>{0} : row_starts(band.lines, gutters);
    starts.push_back(band.lines.size());
    for (std::size_t k = 0; k + 1 < starts.size(); ++k) put_row(table, band.lines, starts[k], starts[k + 1], gutters);
  }
  for (std::uint32_t i = 0; i < page_.pictures.size(); ++i) {
    const Box& box = page_.pictures[i].box;
    const float x = (box.x0 + box.x1) / 2, y = (box.y0 + box.y1) / 2;
    if (pictures_taken_[i] || !table.box.contains(x, y)) continue;
    TableCell* nearest = nullptr;
    for (TableCell& cell : table.cells) {
      if (x < cell.box.x0 || x > cell.box.x1 || (nearest && y < cell.box.y0)) continue;
      nearest = &cell; // the last that begins above it
    }
    if (!nearest) continue;
    nearest->pictures.push_back(i);
    pictures_taken_[i] = true;
  }
  std::erase_if(fragments_, [this](const Fragment& fragment) { return put_.count(fragment.first) > 0; });
  order_fragments();
  tables_.push_back(std::move(table));
}

} // namespace

void open_tables(const Page& page, std::vector<Fragment>& fragments, std::vector<bool>& pictures_taken,
                 std::vector<TablePiece>& tables) {
  OpenTables(page, fragments, pictures_taken, tables).find();
}

} // namespace doc::pdf
