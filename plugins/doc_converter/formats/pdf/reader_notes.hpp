// Footnotes: text at the foot of a page that begins with a mark which stands above, raised, too.
#pragma once

#include "reader_layout.hpp"
#include "reader_text.hpp"

namespace doc::pdf {

// Takes the notes out of the page. They come back by the places of their marks.
Marks take_notes(PageLayout& layout, float body_size, const KeepsHyphen& keeps);

} // namespace doc::pdf
