// The page that written documents have: A4 with margins of an inch. Lengths in points.
#pragma once

#include "../../package/pictures.hpp"

namespace doc::odt {

inline constexpr double indent_points = 36; // of a list's level
inline constexpr double narrowest_points = 36;
// What there is between the margins, less a line for what stands with a picture.
inline constexpr package::ShownSize page_room{595.28 - 144, 841.89 - 144 - 24};

} // namespace doc::odt
