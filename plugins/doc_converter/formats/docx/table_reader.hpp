// Tables (ECMA-376 part 1, 17.4): rows and cells, with spans from the grid that they share.
#pragma once

#include "paragraph_reader.hpp"

#include <cstdint>
#include <vector>

namespace doc::docx {

class NumberingReader;

class TableReader {
public:
  TableReader(Story& story, NumberingReader& numbering, std::uint32_t& depth)
      : story_(story), numbering_(numbering), depth_(depth) {}

  Table read(pugi::xml_node node);

private:
  // A cell that is open downwards: cells below may belong to it.
  struct Open {
    std::size_t row = 0;
    std::size_t cell = 0;
    bool is_open = false;
  };

  void rows(pugi::xml_node node);
  void row(pugi::xml_node node);
  void cells(pugi::xml_node node, Row& row, std::uint32_t& column);
  void cell(pugi::xml_node node, Row& row, std::uint32_t& column);
  void skip_columns(pugi::xml_node count, Row& row, std::uint32_t& column);
  Open& open_at(std::uint32_t column);

  Story& story_;
  NumberingReader& numbering_;
  std::uint32_t& depth_;
  Table table_;
  std::vector<Open> open_; // by column
  std::uint64_t cells_ = 0;
};

} // namespace doc::docx
