// A table as items: rows, which break over pages where they must, below a header that every page repeats.
#pragma once

#include "writer_flow.hpp"

#include <vector>

namespace doc::pdf {

class TableFlow {
public:
  TableFlow(Flow& flow, const Table& table, const Area& area);
  void add(const Flow::Put& put);

private:
  struct Placed { // a cell, on the grid
    const Cell* cell;
    std::size_t column, columns, rows;
    double left, width;
  };
  struct Content { // a cell's items, as far as they are placed
    Items items;
    std::size_t next = 0;
    double left, width;
    std::optional<std::uint32_t> background;
    std::size_t rows = 1;      // that it goes on for, this one included
    bool is_continued = false; // from the row above: no line between
  };

  struct Need {
    double least = 0, most = 0;
  };

  bool place_cells(); // false: too many columns
  void add_as_text(const Flow::Put& put);
  void measure();
  Need need_of(const Placed& cell);
  void share_widths();
  void shrink(double least);
  std::vector<Content> contents_of(std::size_t row, double scale);
  double natural_height(const std::vector<Content>& contents, double least) const;
  void share_span(const Placed& cell);
  void repeat_header(const Flow::Put& put);
  double least_height() const; // of a row
  void add_row(std::size_t row, const Flow::Put& put);
  Item slice(std::vector<Content>& contents, double most, double least, double natural, bool& is_done) const;

  Flow& flow_;
  const Table& table_;
  Area area_;
  std::vector<std::vector<Placed>> rows_;
  std::vector<double> least_, most_; // of each column: its longest word, its longest line
  std::vector<double> widths_;
  std::vector<double> lefts_;  // where columns begin, and the last one ends
  std::vector<Content> spans_; // that go on in the next row
  static constexpr double padding_x = 5;
  double padding_ = padding_x; // beside a cell's text
  std::size_t columns_ = 0;
  std::size_t headers_ = 0; // rows
};

} // namespace doc::pdf
