// Plain text, in UTF-8 when written.
#pragma once

#include "../../io/input.hpp"
#include "../../io/output.hpp"
#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <memory>

namespace doc::text {

// Reads the whole document into `sink`. Throws ConversionError.
void read(const Input& input, BlockSink& sink, Context& context);

// What writes such a document to `output`; both outlive it.
std::unique_ptr<BlockSink> make_writer(Output& output, Context& context);

} // namespace doc::text
