// What lines of plain text stand for besides paragraphs, where they leave no doubt. Knows nothing of files.
#pragma once

#include "../../model/document.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace doc::text {

// Without the blanks around it.
std::string_view trimmed(std::string_view line);

// Adds a line to what was wrapped before it: behind a blank, but not in scripts that have none between words.
void append_line(Inlines& inlines, const std::string& line);

struct Underlined {
  Heading heading;
  std::size_t lines; // that it takes of the block, its underline included
};
// A title above a row of "=" or "-" as long as it, perhaps with one above it, too.
std::optional<Underlined> underlined_heading(const std::vector<std::string>& lines);

// Tables drawn with "|", "+" and "-".
bool is_drawn(const std::vector<std::string>& lines);

// Lines of which each begins an item with a bullet, or goes on with the one before. Numbers are no bullets: they are
// words that must not be lost where items are numbered otherwise.
std::optional<List> bullet_list(const std::vector<std::string>& lines);

} // namespace doc::text
