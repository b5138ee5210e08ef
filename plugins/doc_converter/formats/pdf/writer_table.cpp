#include "writer_table.hpp"

#include "../../model/walk.hpp"
#include "../../text/width.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

namespace doc::pdf {
namespace {

constexpr double padding_x = 5, padding_y = 3;
constexpr double least_scale = 0.6; // of the font, for tables that are too wide
constexpr double line_gray = 0.7;
constexpr std::size_t most_columns = 500;

struct Extent {
  std::string longest_word;
  double line = 0; // in characters
  double picture = 0;
};

void extend(const Inlines& inlines, Extent& extent) {
  double line = 0;
  for (const Inline& run : inlines) {
    if (const auto* text = std::get_if<std::string>(&run.content)) {
      line += static_cast<double>(display_width(*text));
      for (std::size_t at = 0; at < text->size();) {
        const std::size_t end = std::min(text->find_first_of(" \t", at), text->size());
        if (end - at > extent.longest_word.size()) extent.longest_word = text->substr(at, end - at);
        at = end + 1;
      }
    } else if (const auto* image = std::get_if<std::shared_ptr<const Image>>(&run.content)) {
      double width = 0, height = 0;
      Typesetter::fit(**image, 400, 400, width, height);
      extent.picture = std::max(extent.picture, width);
    } else if (std::holds_alternative<LineBreak>(run.content)) {
      extent.line = std::max(extent.line, std::exchange(line, 0));
    }
  }
  extent.line = std::max(extent.line, line);
}

void extend(const Blocks& blocks, Extent& extent) {
  for (const Block& block : blocks) {
    if (const auto* paragraph = std::get_if<Paragraph>(&block.content)) extend(paragraph->inlines, extent);
    if (const auto* heading = std::get_if<Heading>(&block.content)) extend(heading->inlines, extent);
    if (const auto* quote = std::get_if<Quote>(&block.content)) extend(quote->blocks, extent);
    if (const auto* code = std::get_if<CodeBlock>(&block.content)) extend({Inline{code->text, {}, {}}}, extent);
    if (const auto* list = std::get_if<List>(&block.content)) {
      for (const ListItem& item : list->items) extend(item.blocks, extent);
    }
    if (const auto* table = std::get_if<Table>(&block.content)) {
      Extent whole;
      for (const Row& row : table->rows) {
        double line = 0;
        for (const Cell& cell : row.cells) {
          Extent one;
          extend(cell.blocks, one);
          line += one.line + 3;
          if (one.longest_word.size() > whole.longest_word.size()) whole.longest_word = one.longest_word;
        }
        extent.line = std::max(extent.line, line);
      }
      if (whole.longest_word.size() > extent.longest_word.size()) extent.longest_word = whole.longest_word;
    }
  }
}

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
  for (std::size_t row = 0; row < rows_.size(); ++row) add_row(row, false, put);
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

void TableFlow::measure() {
  least_.assign(columns_, 2 * padding_x + 8);
  most_.assign(columns_, 2 * padding_x + 8);
  for (const auto& row : rows_) {
    for (const Placed& cell : row) {
      if (cell.columns == 1) {
        const Need need = need_of(cell);
        most_[cell.column] = std::max(most_[cell.column], need.most);
        least_[cell.column] = std::max(least_[cell.column], need.least);
      }
    }
  }
  for (const auto& row : rows_) {
    for (const Placed& cell : row) {
      if (cell.columns > 1) share_span(cell);
    }
  }
}

TableFlow::Need TableFlow::need_of(const Placed& cell) {
  Extent extent;
  extend(cell.cell->blocks, extent);
  const double size = Flow::body_size * area_.scale;
  Need need;
  need.most = std::max(extent.line * size * 0.52, extent.picture) + 2 * padding_x;
  need.least = std::min(extent.picture, area_.width / 3) + 2 * padding_x;
  // Measured only where it may be wider than what is known already: a character is hardly wider than high.
  double known = 0;
  for (std::size_t i = cell.column; i < cell.column + cell.columns; ++i) known += least_[i];
  const double guess = static_cast<double>(extent.longest_word.size()) * size + 2 * padding_x;
  if (guess > known && extent.longest_word.size() < 200) {
    Font font;
    font.size = size;
    font.bold = true;
    need.least = std::max(need.least, flow_.typesetter_.width(extent.longest_word, font) + 2 * padding_x + 1);
  }
  return need;
}

// What a cell needs beyond what its columns have already is shared among them.
void TableFlow::share_span(const Placed& cell) {
  const Need need = need_of(cell);
  const auto share = [&cell](std::vector<double>& widths, double needed) {
    double have = 0;
    for (std::size_t i = cell.column; i < cell.column + cell.columns; ++i) have += widths[i];
    if (needed <= have) return;
    const double more = (needed - have) / static_cast<double>(cell.columns);
    for (std::size_t i = cell.column; i < cell.column + cell.columns; ++i) widths[i] += more;
  };
  share(most_, need.most);
  share(least_, need.least);
}

// Each column gets the least it needs, and of what is left in proportion to what its text would like to have, or to
// what the document says.
void TableFlow::share_widths() {
  const double least = std::accumulate(least_.begin(), least_.end(), 0.0);
  if (least > area_.width) {
    area_.scale *= std::max(least_scale, area_.width / least);
    for (double width : least_) widths_.push_back(width * area_.width / least);
    return;
  }
  std::vector<double> wanted = most_;
  for (std::size_t i = 0; i < columns_; ++i) wanted[i] = std::max(wanted[i], least_[i]);
  double sum = std::accumulate(wanted.begin(), wanted.end(), 0.0);
  const bool has_widths = table_.widths.size() == columns_ && std::all_of(table_.widths.begin(), table_.widths.end(),
                                                                          [](double width) { return width > 0; });
  if (has_widths) {
    const double given = std::accumulate(table_.widths.begin(), table_.widths.end(), 0.0);
    for (std::size_t i = 0; i < columns_; ++i) wanted[i] = std::max(least_[i], table_.widths[i] / given * area_.width);
    sum = std::accumulate(wanted.begin(), wanted.end(), 0.0);
  }
  if (sum <= area_.width) {
    widths_ = wanted;
    return;
  }
  const double share = (area_.width - least) / (sum - least);
  for (std::size_t i = 0; i < columns_; ++i) widths_.push_back(least_[i] + (wanted[i] - least_[i]) * share);
}

std::vector<TableFlow::Content> TableFlow::contents_of(std::size_t row, double scale) {
  std::vector<Content> contents;
  for (Placed& cell : rows_[row]) {
    cell.left = area_.left + lefts_[cell.column];
    cell.width = lefts_[cell.column + cell.columns] - lefts_[cell.column];
    Area inner;
    inner.left = cell.left + padding_x;
    inner.width = std::max(10.0, cell.width - 2 * padding_x);
    inner.scale = scale;
    inner.is_bold = table_.rows[row].header;
    inner.is_tight = inner.is_nested = true;
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
    bool is_continued;
  };
  const auto parts = std::make_shared<std::vector<Part>>();
  Item item;
  double height = least;
  is_done = true;
  for (Content& content : contents) {
    Part part{{}, content.left, content.width, content.background, content.is_continued};
    const bool ends_here = content.rows == 1;
    const double limit = ends_here ? most : std::min(most, natural);
    double y = 2 * padding_y;
    for (bool is_first = true; content.next < content.items.size(); is_first = false) {
      Item& one = content.items[content.next];
      const double before = is_first ? 0 : one.before;
      if ((!is_first || !ends_here) && y + before + one.height > limit + 0.01) break;
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
  item.draw = [parts, height](Pages& pages, double top) {
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
      stroke(cairo, part.left, top, part.left, top + height);
      stroke(cairo, part.left + part.width, top, part.left + part.width, top + height);
    }
    for (const Part& part : *parts) {
      double y = top + padding_y;
      for (const Item& one : part.items) {
        y += one.before;
        if (one.draw) one.draw(pages, y);
        y += one.height;
      }
    }
  };
  return item;
}

void TableFlow::add_row(std::size_t row, bool is_repeated, const Flow::Put& put) {
  std::vector<Content> contents = contents_of(row, area_.scale);
  const PageSize page;
  const double least = 2 * padding_y + Flow::body_size * area_.scale;
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
    if (on_new_page && repeats && headers_ <= 3) {
      for (std::size_t i = 0; i < headers_; ++i) {
        std::vector<Content> header = contents_of(i, area_.scale);
        bool done = false;
        Item item = slice(header, whole_page / 3, least, whole_page / 3, done);
        item.notes.clear();
        item.new_page = i == 0;
        item.keep = true;
        put(std::move(item));
      }
    }
    Item item = slice(contents, is_first ? place : whole_page * 0.8, least, total, is_done);
    if (row == 0 && is_first && !is_repeated) item.before = 8;
    item.new_page = on_new_page && !repeats;
    item.keep = is_header;
    if (row + 1 == rows_.size() && is_done) {
      item.draw = [draw = std::move(item.draw), height = item.height, left = area_.left,
                   width = std::accumulate(widths_.begin(), widths_.end(), 0.0)](Pages& pages, double y) {
        draw(pages, y);
        cairo_set_source_rgb(pages.cairo(), line_gray, line_gray, line_gray);
        stroke(pages.cairo(), left, y + height, left + width, y + height);
      };
    }
    put(std::move(item));
  }
  for (Content& content : contents) {
    if (--content.rows > 0) spans_.push_back(std::move(content));
  }
}

} // namespace doc::pdf
