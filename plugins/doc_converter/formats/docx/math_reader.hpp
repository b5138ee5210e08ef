// Formulas (ECMA-376 part 1, 22.1), written out in one line.
#pragma once

#include "../../model/document.hpp"
#include "../../xml/tree.hpp"

namespace doc::docx {

void read_math(pugi::xml_node node, Inlines& out);

} // namespace doc::docx
