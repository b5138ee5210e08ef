// Values of attributes: lengths, and paths in the package.
#pragma once

#include <string>
#include <string_view>

namespace doc::odt {

// "2.5cm" in points; 0 for what is no length, or none of a page's.
double points_of(std::string_view length);

// The entry that "./Pictures/a.png" or "Object%201/" names; empty for what lies outside of the package.
std::string package_path(std::string_view reference);

} // namespace doc::odt
