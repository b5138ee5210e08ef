// Makes a table of rows whose cells say where they end on the page.
#pragma once

#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <cstdint>
#include <vector>

namespace doc::rtf {

struct CellDefinition {
  std::int32_t right = 0; // edge, in twips
  bool goes_on_from_left = false, goes_on_from_above = false;
  std::optional<std::uint32_t> background = {};
};

struct RowDefinition {
  std::int32_t left = 0;
  bool is_header = false;
  std::vector<CellDefinition> cells;
};

class TableBuilder {
public:
  void row(const RowDefinition& definition, std::vector<Blocks> cells, const Limits& limits);
  bool is_empty() const { return rows_.empty(); }
  Table finish(const Limits& limits);

private:
  struct BuiltCell {
    CellDefinition definition;
    Blocks blocks;
  };
  struct BuiltRow {
    std::int32_t left = 0;
    bool is_header = false;
    std::vector<BuiltCell> cells;
  };

  std::vector<std::int32_t> edges() const;

  std::vector<BuiltRow> rows_;
  std::uint64_t cells_ = 0;
};

} // namespace doc::rtf
