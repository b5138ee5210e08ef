// What a link is called that shows no words: an icon, by a font's letter or a picture. Formats without such icons would
// lose the link.
#pragma once

#include "tree.hpp"

#include <string>

namespace doc::html {

// Its aria-label or title; empty for links inside the page, which are the signs beside headings.
std::string label_of_link(const GumboNode* link);

// That of the link around the element; empty where there is none.
std::string label_around(const GumboNode* element);

// Whether nothing in the element is seen, neither words nor pictures nor fields.
bool shows_nothing(const GumboNode* element);

} // namespace doc::html
