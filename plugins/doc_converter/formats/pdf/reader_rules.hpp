// Straight lines that are drawn in pieces, as the lines of one table.
#pragma once

#include "reader_page.hpp"

#include <vector>

namespace doc::pdf {

inline constexpr float rule_touch = 3; // points between lines that meet, as an eye sees it

// A line along an axis: `at` across it, `from` and `to` along it.
struct Edge {
  float at, from, to;
};

// Those of the page, with the pieces of one line as one, in the order of `at`.
struct Edges {
  std::vector<Edge> across, upright; // horizontal and vertical
};
Edges edges_of(const Page& page);

} // namespace doc::pdf
