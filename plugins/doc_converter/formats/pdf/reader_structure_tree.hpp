// Reads the structure tree from a document that poppler has opened.
#pragma once

#include "reader_structure.hpp"

class PDFDoc;

namespace doc::pdf {

// Empty where the document has none, or one that is not to be trusted. Never throws for what a document says.
Structure read_structure(PDFDoc& document, int pages);

} // namespace doc::pdf
