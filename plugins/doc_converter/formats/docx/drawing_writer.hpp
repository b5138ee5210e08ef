// Pictures in the text (DrawingML, ECMA-376 part 1, 20.4).
#pragma once

#include "../../model/document.hpp"
#include "../../package/pictures.hpp"
#include "../../xml/writer.hpp"

#include <string>

namespace doc::docx {

// `relationship` leads to the picture's part; `id` is the document's only one of that number.
void write_drawing(xml::Writer& xml, const Image& image, const std::string& relationship, int id,
                   package::ShownSize size);

} // namespace doc::docx
