// Which way text runs, as far as writers of documents have to say it.
#pragma once

#include <string_view>

namespace doc {

// Whether the first letter with a direction (Unicode Standard Annex 9, rule P2) is Hebrew, Arabic or of another script
// that runs to the left.
bool is_right_to_left(std::string_view text);

} // namespace doc
