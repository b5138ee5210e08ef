// Formulas (MathML), written out in one line.
#pragma once

#include "../../model/document.hpp"
#include "../../xml/tree.hpp"

namespace doc::odt {

void read_math(pugi::xml_node node, Inlines& out);

} // namespace doc::odt
