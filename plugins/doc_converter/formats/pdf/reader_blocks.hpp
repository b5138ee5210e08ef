// From lines to the runs of a paragraph, as everything needs it that makes blocks.
#pragma once

#include "../../model/document.hpp"
#include "reader_page.hpp"
#include "reader_paragraphs.hpp"
#include "reader_text.hpp"

#include <string_view>
#include <vector>

namespace doc::pdf {

// Lines without characters are left out; labels that are drawn as a dot are found.
std::vector<TextLine> text_lines(const Page& page, const std::vector<Line>& lines);

bool ends_sentence(std::string_view text); // nothing does, too
bool begins_lower(std::string_view text);
bool is_caption(std::string_view text); // of a figure or table: its name and a number
// Does the line lead elsewhere in the document? Then it is one of a table of contents rather than the heading itself.
bool is_reference(const Page& page, const TextLine& line);
std::string_view last_text(const Inlines& inlines);

// For what is bold because of what it is: nothing happens where only a part is.
void strip_bold(Inlines& inlines);

// The first `skip` bytes are left out.
void append_lines(Inlines& inlines, const Group& group, std::size_t skip, const KeepsHyphen& keeps, const Marks* marks);

// The paragraphs of a cell, a note: nothing that goes beyond it.
void simple_blocks(const Page& page, const std::vector<Line>& lines, Blocks& blocks, const KeepsHyphen& keeps,
                   const Marks* marks, bool plain_bold);

} // namespace doc::pdf
