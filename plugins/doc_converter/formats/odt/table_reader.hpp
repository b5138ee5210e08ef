// Tables (OpenDocument 1.3 part 3, chapter 9). Rows, cells and columns may say that they are repeated, a million times
// if they like.
#pragma once

#include "block_reader.hpp"

#include <cstdint>

namespace doc::odt {

class TableReader {
public:
  explicit TableReader(BlockReader& blocks) : blocks_(blocks), source_(blocks.source_) {}

  Table read(pugi::xml_node node);

private:
  void children(pugi::xml_node node, bool is_header);
  void column(pugi::xml_node node);
  void row(pugi::xml_node node, bool is_header);
  void cell(pugi::xml_node node, Row& row);
  void spend(std::uint64_t cells);

  BlockReader& blocks_;
  Source& source_;
  Table table_;
  std::uint64_t cells_ = 0;
};

} // namespace doc::odt
