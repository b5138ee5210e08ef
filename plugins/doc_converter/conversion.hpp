// From one format to another: finds out what a document is, and joins a reader to a writer.
#pragma once

#include "io/input.hpp"
#include "io/output.hpp"
#include "model/context.hpp"
#include "model/format.hpp"

#include <optional>
#include <vector>

namespace doc {

// What this build reads and writes.
std::vector<Format> readable_formats();
std::vector<Format> writable_formats();

// What the document is: by its content, and where that leaves it open (plain text or Markdown) by its name's extension.
// Throws ConversionError for what is none of the formats, with what it is where that is known.
Format detect(const Input& input);

// Throws ConversionError. Where `from` is not what the content says, the content holds; INVALID_FORMAT where it is
// neither. Returns what the document was read as.
Format convert(const Input& input, std::optional<Format> from, Format to, Output& output, Context& context);

} // namespace doc
