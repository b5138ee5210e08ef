// The runs of paragraphs (ECMA-376 part 1, 17.3.2): text, links, pictures, marks of notes, bookmarks.
#pragma once

#include "../../model/document.hpp"
#include "../../package/pictures.hpp"
#include "../../xml/writer.hpp"
#include "relationships_writer.hpp"

#include <functional>
#include <string>
#include <unordered_set>

namespace doc::docx {

// What all parts of one document share.
struct Ids {
  int drawing = 0;
  int bookmark = 0;
  std::unordered_set<std::string> bookmarks; // a name counts once
};

// A part with text: the body, the footnotes, the endnotes.
struct TextPart {
  xml::Writer& xml;
  RelationshipsWriter& relationships;
  package::Pictures& pictures;
  Ids& ids;
  // Writes a note into its own part; its id. Empty inside notes, which hold none.
  std::function<int(const Note&)> add_note;
};

void write_runs(TextPart& part, const Inlines& inlines, package::ShownSize room, bool is_right_to_left);

// The bookmark's name that Word takes: 40 letters at most, no blanks, beginning with a letter.
std::string bookmark_name(const std::string& anchor);

} // namespace doc::docx
