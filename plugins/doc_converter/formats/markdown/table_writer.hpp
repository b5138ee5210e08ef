// Tables: with pipes where that can say them, else in HTML.
#pragma once

#include "../../model/document.hpp"
#include "inline_writer.hpp"

#include <string>

namespace doc::markdown {

// Lines without a line end behind the last, and none blank.
std::string table_text(const Table& table, const InlineHooks& hooks);

} // namespace doc::markdown
