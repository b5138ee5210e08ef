// Questions about parts of a document that several writers ask.
#pragma once

#include "document.hpp"

#include <string>

namespace doc {

// The text of the runs, with a blank for each line break; alternative texts of pictures are not part of it.
std::string plain_text(const Inlines& inlines);

// Neighbours of one look and one link become one run; empty text goes.
void merge_runs(Inlines& inlines);

// Blanks at the beginning and the end of a paragraph go, and so do line breaks there.
void trim(Inlines& inlines);

bool is_blank(const Inlines& inlines); // nothing but white space

} // namespace doc
