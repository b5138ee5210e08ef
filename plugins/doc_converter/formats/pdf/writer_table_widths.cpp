// How wide the columns of a table are.
#include "../../text/width.hpp"
#include "writer_table.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace doc::pdf {
namespace {

constexpr double least_padding_x = 2; // of tables that are too wide
constexpr double least_scale = 0.55;  // of the font, for the same

struct Extent {
  std::string longest_word;
  double line = 0; // in characters
  double picture = 0;
  double indent = 0; // of lists and quotes, in points
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

void extend(const Blocks& blocks, Extent& extent, double indent = 0) {
  extent.indent = std::max(extent.indent, indent);
  for (const Block& block : blocks) {
    if (const auto* paragraph = std::get_if<Paragraph>(&block.content)) extend(paragraph->inlines, extent);
    if (const auto* heading = std::get_if<Heading>(&block.content)) extend(heading->inlines, extent);
    if (const auto* quote = std::get_if<Quote>(&block.content))
      extend(quote->blocks, extent, indent + Flow::list_indent);
    if (const auto* code = std::get_if<CodeBlock>(&block.content)) extend({Inline{code->text, {}, {}}}, extent);
    if (const auto* list = std::get_if<List>(&block.content)) {
      for (const ListItem& item : list->items) extend(item.blocks, extent, indent + Flow::list_indent);
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

} // namespace

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
  const double around = 2 * padding_x + std::min(extent.indent, area_.width / 4) * area_.scale;
  need.most = std::max(extent.line * size * 0.52, extent.picture) + around;
  need.least = std::min(extent.picture, area_.width / 3) + around;
  if (extent.indent > 0) need.least = std::max(need.least, around + Flow::least_width_in_cell);
  // Measured only where it may be wider than what is known already: a character is hardly wider than high.
  double known = 0;
  for (std::size_t i = cell.column; i < cell.column + cell.columns; ++i) known += least_[i];
  const double guess = static_cast<double>(extent.longest_word.size()) * size + around;
  if (guess > known && extent.longest_word.size() < 200) {
    Font font;
    font.size = size;
    font.bold = true;
    need.least = std::max(need.least, flow_.typesetter_.width(extent.longest_word, font) + around + 1);
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
    shrink(least);
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

// The table is too wide: first what is around the text becomes less, then the letters become smaller.
void TableFlow::shrink(double least) {
  const double text = least - 2 * padding_x * static_cast<double>(columns_);
  padding_ = least_padding_x;
  const double place = area_.width - 2 * padding_ * static_cast<double>(columns_);
  if (place < area_.width / 3) { // so many columns that there is hardly place for any text
    for (double width : least_) widths_.push_back(width * area_.width / least);
    area_.scale *= least_scale;
    return;
  }
  const double ratio = std::min(1.0, place / text);
  area_.scale *= std::max(least_scale, ratio);
  const double rest = (place - text * ratio) / static_cast<double>(columns_);
  for (double width : least_) widths_.push_back(2 * padding_ + (width - 2 * padding_x) * ratio + rest);
}

} // namespace doc::pdf
