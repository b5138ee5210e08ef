// Rows as columns on standard output. Knows nothing of what they say.
#pragma once

#include <string>
#include <vector>

namespace crank {

// The first row is the heading; all have as many cells.
void print_table(const std::vector<std::vector<std::string>>& rows);

} // namespace crank
