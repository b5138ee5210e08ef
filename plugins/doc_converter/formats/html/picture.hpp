// Pictures of HTML: data URIs and inline SVG. Nothing else is ever opened.
#pragma once

#include "tree.hpp"

#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <memory>

namespace doc::html {

// Of an img element.
std::shared_ptr<Image> picture_of(const GumboNode* element, const Context& context);

// Of an svg element, as the file that it would be; null where it needs other parts of the page.
std::shared_ptr<Image> drawing_of(const GumboNode* element, std::string_view page, const Context& context);

} // namespace doc::html
