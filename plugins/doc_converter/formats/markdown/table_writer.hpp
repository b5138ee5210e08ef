// Tables, with pipes: what GFM reads as a table, whatever reads it. Cells over several columns or rows leave the places
// empty that they cover.
#pragma once

#include "../../model/document.hpp"
#include "inline_writer.hpp"

#include <string>

namespace doc::markdown {

// Lines without a line end behind the last, and none blank.
std::string table_text(const Table& table, const InlineHooks& hooks);

} // namespace doc::markdown
