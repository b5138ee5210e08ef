// On which side blocks begin.
#pragma once

#include "../../model/document.hpp"

namespace doc::pdf {

// Whether what is written first in them runs from right to left: then their marks, bars and first columns are there.
bool begins_on_the_right(const List& list);
bool begins_on_the_right(const Quote& quote);
bool begins_on_the_right(const Table& table);

} // namespace doc::pdf
