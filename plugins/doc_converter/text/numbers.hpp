// The numbers of lists in letters and Roman numerals.
#pragma once

#include "../model/document.hpp"

#include <cstdint>
#include <string>

namespace doc {

// "4", "d", "D", "iv" or "IV". What letters and Roman numerals cannot say comes in digits; bullets are "•".
std::string number_text(Numbering numbering, std::int64_t number);

} // namespace doc
