// The rows of a stretch of a table that no line parts.
#pragma once

#include "reader_lines.hpp"
#include "reader_tables.hpp"

#include <cstddef>
#include <vector>

namespace doc::pdf {

// Fragments on one baseline.
struct BandLine {
  float base = 0, size = 0;
  std::vector<Fragment> fragments;
};
std::vector<BandLine> band_lines(std::vector<Fragment> fragments);

// The stretches that hardly a line covers, between what most have.
std::vector<Gutter> gutters_of(const std::vector<BandLine>& lines);

// The first and the last column that the text reaches into.
struct ColumnSpan {
  std::size_t first, last;
};
ColumnSpan columns_of(const Fragment& fragment, const std::vector<Gutter>& gutters);
std::size_t filled_columns(const BandLine& line, const std::vector<Gutter>& gutters);
bool crosses(const BandLine& line, const std::vector<Gutter>& gutters);

// Where rows begin, as indexes of `lines`, which are in order. Cells may be set in the middle of their row's height as
// well as at its top.
std::vector<std::size_t> row_starts(const std::vector<BandLine>& lines, const std::vector<Gutter>& gutters);

} // namespace doc::pdf
