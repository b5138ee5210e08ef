// The names of namespaces, relationships and content types (ECMA-376) that the writer uses.
#pragma once

#include <string_view>

namespace doc::docx {

inline constexpr std::string_view main_namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
inline constexpr std::string_view relationships_namespace =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
inline constexpr std::string_view drawing_namespace =
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing";
inline constexpr std::string_view shapes_namespace = "http://schemas.openxmlformats.org/drawingml/2006/main";
inline constexpr std::string_view picture_namespace = "http://schemas.openxmlformats.org/drawingml/2006/picture";
inline constexpr std::string_view package_relationships_namespace =
    "http://schemas.openxmlformats.org/package/2006/relationships";

} // namespace doc::docx
