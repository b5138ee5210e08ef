// A table (OpenDocument 1.3 part 3, chapter 9): columns, header rows, cells, and an element for every place that a
// cell covers.
#pragma once

#include "block_writer.hpp"

#include <cstdint>
#include <vector>

namespace doc::odt {

class TableWriter {
public:
  TableWriter(BlockWriter& blocks, const Table& table, package::ShownSize room, std::size_t indent_steps);
  void write(int number);

private:
  void write_row(const Row& row, std::uint64_t rows_below);
  void write_cell(const Cell& cell, std::uint32_t column, std::uint32_t columns, std::uint64_t rows, bool is_header);
  std::uint32_t free_columns(std::uint32_t column, std::uint32_t wanted) const;

  BlockWriter& blocks_;
  xml::Writer& xml_;
  const Table& table_;
  package::ShownSize room_;
  int indent_steps_;
  std::vector<double> widths_;         // points
  std::vector<std::uint64_t> covered_; // for each column: rows from this one on that a cell above covers
};

} // namespace doc::odt
