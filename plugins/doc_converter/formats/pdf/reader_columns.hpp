// Columns, tables and single lines of a page, found by the free stretches between what is placed on it.
#pragma once

#include "reader_layout.hpp"
#include "reader_lines.hpp"
#include "reader_tables.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace doc::pdf {

// What is placed: a fragment of text, a picture, a table.
struct Atom {
  Box box;
  enum Kind : std::uint8_t { text, picture, table } kind = text;
  std::uint32_t index = 0; // of what it is
  std::uint32_t order = 0; // of drawing
};
using Atoms = std::vector<Atom>;

struct RowOfAtoms {
  std::size_t begin, end; // of the sorted atoms
  std::vector<Gutter> free;
  float x0 = 0, x1 = 0, y0 = 0, y1 = 0;
  float height = 0; // of its highest line
};

class Arranger {
public:
  Arranger(const Page& page, std::vector<Fragment>& fragments, std::vector<TablePiece>& tables,
           std::vector<Piece>& pieces)
      : page_(page), fragments_(fragments), tables_(tables), pieces_(pieces) {
    std::vector<float> sizes;
    for (const Fragment& fragment : fragments) sizes.push_back(fragment.size);
    if (!sizes.empty()) {
      std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2), sizes.end());
      size_ = std::clamp(sizes[sizes.size() / 2], 4.0f, 40.0f);
    }
  }

  void arrange(Atoms atoms, int depth);
  void finish() { flush_plain(); }

private:
  struct Band {
    std::size_t last = 0;      // row that belongs to it
    std::size_t last_both = 0; // and that has something on both sides
    std::vector<Gutter> gutters;
  };

  Atoms take_begun_column(Atoms& atoms) const;
  std::vector<RowOfAtoms> rows_of(Atoms& atoms) const;
  Band band_of(const Atoms& atoms, const std::vector<RowOfAtoms>& rows, std::size_t first, bool table) const;
  bool are_columns(const Atoms& atoms, std::size_t begin, std::size_t end, const Gutter& gutter) const;
  bool try_columns(const Atoms& atoms, const std::vector<RowOfAtoms>& rows, std::size_t first, std::size_t last,
                   const std::vector<Gutter>& gutters, int depth);
  bool try_table(const Atoms& atoms, const std::vector<RowOfAtoms>& rows, std::size_t first, std::size_t last,
                 const std::vector<Gutter>& gutters);
  void plain(const Atoms& atoms, std::size_t begin, std::size_t end);
  void flush_plain();
  std::size_t lines_in(const Atoms& atoms) const;

  const Page& page_;
  std::vector<Fragment>& fragments_;
  std::vector<TablePiece>& tables_;
  std::vector<Piece>& pieces_;
  float size_ = 10;
  std::size_t columns_budget_ = 8'000'000; // atoms to look at for columns; a crowded page takes a tenth
  Atoms plain_;                            // that no columns were found in, since the last piece
};

} // namespace doc::pdf
