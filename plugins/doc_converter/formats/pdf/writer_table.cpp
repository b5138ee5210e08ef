#include "writer_table.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

namespace doc::pdf {
namespace {

constexpr double padding_y = 3;
constexpr double line_gray = 0.7;
constexpr std::size_t most_columns = 500;

void stroke(cairo_t* cairo, double x1, double y1, double x2, double y2) {
  cairo_move_to(cairo, x1, y1);
  cairo_line_to(cairo, x2, y2);
  cairo_stroke(cairo);
}

} // namespace

TableFlow::TableFlow(Flow& flow, const Table& table, const Area& area) : flow_(flow), table_(table), area_(area) {}

void TableFlow::add(const Flow::Put& put) {
  if (!place_cells()) return add_as_text(put);
  if (columns_ == 0) return;
  measure();
  share_widths();
  lefts_.assign(columns_ + 1, 0);
  std::partial_sum(widths_.begin(), widths_.end(), lefts_.begin() + 1);
  for (std::size_t row = 0; row < rows_.size(); ++row) add_row(row, put);
}

bool TableFlow::place_cells() {
  std::vector<std::size_t> covered; // rows from this one on that a column is taken for
  for (const Row& row : table_.rows) {
    if (row.header && headers_ == rows_.size()) ++headers_;
    rows_.emplace_back();
    std::size_t column = 0;
    for (const Cell& cell : row.cells) {
      while (column < covered.size() && covered[column] > 0) ++column;
      const std::size_t columns = std::max<std::size_t>(1, cell.columns);
      if (column + columns > most_columns) return false;
      if (column + columns > covered.size()) covered.resize(column + columns, 0);
      for (std::size_t i = column; i < column + columns; ++i) covered[i] = std::max<std::size_t>(1, cell.rows);
      rows_.back().push_back({&cell, column, columns, std::max<std::size_t>(1, cell.rows), 0, 0});
      column += columns;
    }
    for (std::size_t& count : covered) count -= count > 0;
  }
  columns_ = covered.size();
  if (headers_ == rows_.size()) headers_ = 0; // nothing below it
  return true;
}

// No page is wide enough: the cells one below the other.
void TableFlow::add_as_text(const Flow::Put& put) {
  for (const Row& row : table_.rows) {
    for (const Cell& cell : row.cells) flow_.add(cell.blocks, area_, put);
  }
}

std::vector<TableFlow::Content> TableFlow::contents_of(std::size_t row, double scale) {
  std::vector<Content> contents;
  for (Placed& cell : rows_[row]) {
    const double end = lefts_[cell.column + cell.columns];
    cell.left = area_.left + (area_.is_mirrored ? area_.width - end : lefts_[cell.column]);
    cell.width = end - lefts_[cell.column];
    Area inner;
    inner.left = cell.left + padding_;
    inner.width = std::max(10.0, cell.width - 2 * padding_);
    inner.scale = scale;
    inner.is_bold = table_.rows[row].header;
    inner.is_tight = inner.is_nested = true;
    inner.is_mirrored = area_.is_mirrored;
    inner.alignment = cell.cell->alignment;
    Content content{flow_.items_of(cell.cell->blocks, inner), 0, cell.left, cell.width, cell.cell->background};
    if (!content.background && table_.rows[row].header) content.background = 0xf0f0f0;
    if (!content.items.empty()) content.items.front().before = 0;
    content.rows = std::min(cell.rows, rows_.size() - row);
    contents.push_back(std::move(content));
  }
  return contents;
}

// Of what ends with this row; cells that go on below need no more than there is.
double TableFlow::natural_height(const std::vector<Content>& contents, double least) const {
  double natural = least;
  for (const Content& content : contents) {
    if (content.rows > 1) continue;
    double height = 2 * padding_y;
    for (std::size_t i = content.next; i < content.items.size(); ++i)
      height += content.items[i].before + content.items[i].height;
    natural = std::max(natural, height);
  }
  return natural;
}

// A slice of a row that is at most so high: of each cell the items that have their place in it.
Item TableFlow::slice(std::vector<Content>& contents, double most, double least, double natural, bool& is_done) const {
  struct Part {
    Items items;
    double left, width;
    std::optional<std::uint32_t> background;
    bool is_continued, goes_on;
  };
  const auto parts = std::make_shared<std::vector<Part>>();
  Item item;
  double height = least;
  is_done = true;
  for (Content& content : contents) {
    const bool ends_here = content.rows == 1;
    Part part{{}, content.left, content.width, content.background, content.is_continued, !ends_here};
    const double limit = ends_here ? most : std::min(most, natural);
    double y = 2 * padding_y;
    for (bool is_first = true; content.next < content.items.size(); is_first = false) {
      Item& one = content.items[content.next];
      const double before = is_first ? 0 : one.before;
      // A paragraph's first line is not left alone.
      const bool has_next = one.keep && content.next + 1 < content.items.size();
      const double kept =
          has_next ? content.items[content.next + 1].before + content.items[content.next + 1].height : 0;
      if ((!is_first || !ends_here) && y + before + one.height + kept > limit + 0.01) break;
      one.before = before;
      y += before + one.height;
      for (Item& note : one.notes) item.notes.push_back(std::move(note));
      part.items.push_back(std::move(one));
      ++content.next;
    }
    content.is_continued = content.is_continued || !ends_here;
    is_done = is_done && (!ends_here || content.next == content.items.size());
    height = std::max(height, y);
    parts->push_back(std::move(part));
  }
  item.height = height;
  item.draw = [parts, height, is_cut = !is_done](Pages& pages, double top) {
    cairo_t* cairo = pages.cairo();
    for (const Part& part : *parts) {
      if (!part.background) continue;
      cairo_set_source_rgb(cairo, (*part.background >> 16 & 0xff) / 255.0, (*part.background >> 8 & 0xff) / 255.0,
                           (*part.background & 0xff) / 255.0);
      cairo_rectangle(cairo, part.left, top, part.width, height);
      cairo_fill(cairo);
    }
    cairo_set_source_rgb(cairo, line_gray, line_gray, line_gray);
    cairo_set_line_width(cairo, 0.5);
    for (const Part& part : *parts) {
      if (!part.is_continued) stroke(cairo, part.left, top, part.left + part.width, top);
      // The next row may be on another page: each has its line below as well.
      if (!part.goes_on || is_cut) stroke(cairo, part.left, top + height, part.left + part.width, top + height);
      stroke(cairo, part.left, top, part.left, top + height);
      stroke(cairo, part.left + part.width, top, part.left + part.width, top + height);
    }
    for (const Part& part : *parts) {
      double y = top + padding_y;
      for (const Item& one : part.items) {
        y += one.before;
        draw_item(pages, one, y, one.before);
        y += one.height;
      }
    }
  };
  return item;
}

void TableFlow::repeat_header(const Flow::Put& put) {
  const double most = PageSize{}.content_height() * 0.3;
  for (std::size_t i = 0; i < headers_; ++i) {
    std::vector<Content> header = contents_of(i, area_.scale);
    bool is_done = false;
    Item item = slice(header, most, least_height(), most, is_done);
    item.notes.clear();
    item.new_page = i == 0;
    item.keep = true;
    put(std::move(item));
  }
}

double TableFlow::least_height() const { return 2 * padding_y + Flow::body_size * area_.scale; }

void TableFlow::add_row(std::size_t row, const Flow::Put& put) {
  std::vector<Content> contents = contents_of(row, area_.scale);
  const PageSize page;
  const double least = least_height();
  for (Content& content : std::exchange(spans_, {})) contents.push_back(std::move(content));
  std::sort(contents.begin(), contents.end(), [](const Content& a, const Content& b) { return a.left < b.left; });
  const double total = natural_height(contents, least);
  const bool is_header = row < headers_;
  const double whole_page = page.content_height() * 0.9;
  double place = area_.is_nested ? whole_page / 3 : flow_.remaining ? flow_.remaining() : whole_page;
  const bool repeats = headers_ > 0 && !is_header && !area_.is_nested && flow_.remaining;
  const bool goes_on = total <= place || area_.is_nested;
  if (!goes_on && total <= whole_page * 0.6) place = whole_page; // as a whole on the next page
  if (!goes_on && place < 60) place = whole_page;
  bool is_first = true;
  for (bool is_done = false; !is_done; is_first = false) {
    const bool on_new_page = !area_.is_nested && (place == whole_page || !is_first) && !goes_on;
    const bool has_header = on_new_page && repeats && headers_ <= 3;
    if (has_header) {
      repeat_header(put);
      place = flow_.remaining();
    } else if (on_new_page && !is_first) {
      place = page.content_height() * 0.97;
    }
    Item item = slice(contents, place, least, total, is_done);
    if (row == 0 && is_first) item.before = 8;
    item.new_page = on_new_page && !has_header;
    item.keep = is_header;
    put(std::move(item));
  }
  for (Content& content : contents) {
    if (--content.rows > 0) spans_.push_back(std::move(content));
  }
}

} // namespace doc::pdf
