// A table (ECMA-376 part 1, 17.4): its grid, its rows, and a cell for every place that a cell above covers.
#pragma once

#include "block_writer.hpp"

#include <cstdint>
#include <vector>

namespace doc::docx {

class TableWriter {
public:
  TableWriter(BlockWriter& blocks, const Table& table, const BlockWriter::Place& place);
  void write();

private:
  // A cell of a row above that reaches down into this one.
  struct Covered {
    std::uint32_t rows_left = 0;
    std::uint32_t columns = 0; // at its first column
  };

  void measure();
  void write_properties();
  void write_row(const Row& row);
  std::uint32_t write_covered(std::uint32_t column);
  void write_cell(const Cell& cell, std::uint32_t column, std::uint32_t columns);
  void write_empty(std::uint32_t column, std::uint32_t columns, bool is_covered);
  void start_cell(std::uint32_t column, std::uint32_t columns);
  int width_of(std::uint32_t column, std::uint32_t columns) const;
  std::uint32_t free_columns(std::uint32_t column, std::uint32_t wanted) const;

  BlockWriter& blocks_;
  xml::Writer& xml_;
  const Table& table_;
  const BlockWriter::Place& place_;
  std::vector<int> widths_; // twips, a value for each column
  std::vector<Covered> covered_;
};

} // namespace doc::docx
