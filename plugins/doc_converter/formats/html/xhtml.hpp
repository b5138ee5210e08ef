// Pages that are XML, read by a parser of HTML.
#pragma once

#include <string>

namespace doc::html {

// In XML "<script/>" is an element without content; to a parser of HTML it opens one, which swallows the page. Where
// the text says that it is XHTML, such elements get an end tag. Other pages stay as they are.
std::string close_empty_elements(std::string text);

} // namespace doc::html
