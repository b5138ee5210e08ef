// The namespaces of office documents. Documents may call them by any prefix; readers here know each by one.
#pragma once

#include <pugixml.hpp>

namespace doc::xml {

// Gives every element and attribute of a known namespace the prefix that readers know it by ("w:p", "text:p"), so that
// they can compare whole names; those of other namespaces lose such a prefix. The strict namespaces of ISO/IEC 29500
// are those of ECMA-376 by other names. Throws LIMIT_EXCEEDED for elements nested deeper than `most_levels`: who walks
// the tree afterwards may recurse.
void unify_names(pugi::xml_document& document);

inline constexpr unsigned most_levels = 400;

} // namespace doc::xml
