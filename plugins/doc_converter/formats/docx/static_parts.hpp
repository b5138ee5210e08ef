// The parts of a package that do not depend on its text, or on little of it.
#pragma once

#include "../../model/document.hpp"
#include "../../package/pictures.hpp"

#include <string>

namespace doc::docx {

// Which optional parts there are.
struct PartsWritten {
  bool numbering = false;
  bool footnotes = false;
  bool endnotes = false;
};

std::string content_types_part(const PartsWritten& parts, const package::Pictures& pictures);
std::string package_relationships_part();
std::string core_properties_part(const Metadata& metadata);
std::string settings_part(const PartsWritten& parts);
std::string styles_part(const std::string& language);
// The first notes of footnotes.xml and endnotes.xml: the lines between text and notes.
std::string note_separators(bool at_end);

} // namespace doc::docx
