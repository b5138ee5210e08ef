// Questions about tables that writers of office documents ask.
#pragma once

#include "../model/document.hpp"

#include <vector>

namespace doc::package {

inline constexpr std::uint32_t most_columns = 1000;

// What part of the table's width each column of its grid has; they sum up to 1. Where the table does not say, columns
// with more text are wider.
std::vector<double> column_parts(const Table& table);

// Whether no writer makes anything of the blocks, as of page breaks in cells.
bool writes_nothing(const Blocks& blocks);

} // namespace doc::package
