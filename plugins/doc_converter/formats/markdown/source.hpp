// What is taken out of a Markdown file before it is parsed: front matter and the definitions of footnotes, which md4c
// does not know; and what its links inside the document lead to.
#pragma once

#include "../../model/document.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace doc::markdown {

struct Source {
  std::string_view text; // of the whole, or of `rest`
  std::string rest;      // the text without definitions, where there are any
  Metadata metadata;
  std::unordered_map<std::string, std::string> footnotes; // by label, as Markdown
  std::unordered_set<std::string> targets;                // names that "#name" is written for
};

// `whole` outlives what is returned.
void prepare(std::string_view whole, Source& source);

// What GitHub calls a heading with this text: "The table" is "the-table".
std::string slug(std::string_view heading);

std::string percent_decoded(std::string_view text);

} // namespace doc::markdown
