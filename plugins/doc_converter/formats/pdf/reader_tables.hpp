// Tables: by the lines that are drawn around their cells, and by the columns that text stands in.
#pragma once

#include "reader_layout.hpp"
#include "reader_lines.hpp"
#include "reader_page.hpp"

#include <optional>
#include <vector>

namespace doc::pdf {

// A free stretch between columns.
struct Gutter {
  float x0, x1;
};

// The tables whose cells are ruled. What stands in them is taken out of `fragments`, and out of `pictures` (true:
// taken).
std::vector<TablePiece> ruled_tables(const Page& page, std::vector<Fragment>& fragments,
                                     std::vector<bool>& pictures_taken);

// Adds the tables that are ruled across alone, between the ones of `tables`.
void open_tables(const Page& page, std::vector<Fragment>& fragments, std::vector<bool>& pictures_taken,
                 std::vector<TablePiece>& tables);

// Do the lines only set a table's head and first column apart, and its cells stand in columns of their own?
bool is_ruled_apart(const Page& page, const TablePiece& table);

// Parts the rows of a ruled table that are several without a line between them.
void part_rows(const Page& page, TablePiece& table);

// The table that the fragments and pictures make, which stand in columns parted by the gutters; nothing where they make
// none.
std::optional<TablePiece> aligned_table(const Page& page, const std::vector<Fragment>& fragments,
                                        const std::vector<std::uint32_t>& pictures, const std::vector<Gutter>& gutters);

} // namespace doc::pdf
