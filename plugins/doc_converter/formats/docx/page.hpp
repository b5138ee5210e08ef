// The page that written documents have: A4 with margins of an inch.
#pragma once

#include "../../package/pictures.hpp"

namespace doc::docx {

// Twentieths of a point.
inline constexpr int page_width_twips = 11906;
inline constexpr int page_height_twips = 16838;
inline constexpr int page_margin_twips = 1440;
inline constexpr int text_width_twips = page_width_twips - 2 * page_margin_twips;

// What there is between the margins, in points, less a line for what stands with a picture.
inline constexpr package::ShownSize page_room{text_width_twips / 20.0,
                                              (page_height_twips - 2 * page_margin_twips) / 20.0 - 24};
inline constexpr double narrowest_points = 36; // of the room for a picture, however deep it stands

} // namespace doc::docx
