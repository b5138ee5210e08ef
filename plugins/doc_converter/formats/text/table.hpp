// Small tables as columns of a fixed-width face.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace doc::text {

struct GridCell {
  std::string text; // may have line ends
  std::uint32_t columns = 1;
  std::uint32_t rows = 1;
};

using Grid = std::vector<std::vector<GridCell>>; // rows of cells; what a span covers has none

// A line for each row, the cells one below the other; empty where the table is too wide for it or has cells of more
// than a line.
std::string aligned(const Grid& grid);

} // namespace doc::text
