// The parts of a package that do not depend on its text, or on little of it.
#pragma once

#include "../../model/document.hpp"
#include "../../package/pictures.hpp"
#include "../../xml/writer.hpp"

#include <string>
#include <string_view>

namespace doc::odt {

inline constexpr std::string_view media_type = "application/vnd.oasis.opendocument.text";

// Opens the root element `name` with the namespaces that content.xml, styles.xml and meta.xml use.
void start_root(xml::Writer& xml, std::string_view name);

std::string manifest_part(const package::Pictures& pictures);
std::string meta_part(const Metadata& metadata);
std::string styles_part(const std::string& language);

} // namespace doc::odt
