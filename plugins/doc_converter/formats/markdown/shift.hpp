// A way around a fault of md4c (up to 0.4.8 at least). Where a blank line stands in a list item it asks whether the
// last eight bytes it has stored are an item that has just begun. They may as well be a line's, whose first four are a
// place in the text, and the lowest byte of that is taken for a kind of block, where 4 is an item. So a heading, a rule
// or code that stands at such a place, one in 256, ends its item, and what follows in it leaves the list.
#pragma once

#include <cstddef>
#include <string_view>

namespace doc::markdown {

// How many empty lines before `text` move all such lines to other places; 0 if none is misread where it is, and the
// fewest misread if there are too many of them.
std::size_t empty_lines_before(std::string_view text);

} // namespace doc::markdown
