// A paragraph's runs as Markdown. Marks of emphasis are used where CommonMark reads them as such, and HTML's tags where
// it would not, as beside a letter before a quotation mark.
#pragma once

#include "../../model/document.hpp"

#include <functional>
#include <string>

namespace doc::markdown {

enum class Place { paragraph, heading, table_cell };

struct InlineHooks {
  std::function<std::string(const Note&)> note;          // "[^1]"
  std::function<std::string(const std::string&)> anchor; // what stands at an anchor
};

std::string inline_text(const Inlines& inlines, Place place, const InlineHooks& hooks);

} // namespace doc::markdown
