// The content of paragraphs (OpenDocument 1.3 part 3, chapter 6): text, links, pictures, notes, bookmarks.
#pragma once

#include "../../model/document.hpp"
#include "../../package/pictures.hpp"
#include "../../xml/writer.hpp"
#include "auto_styles.hpp"

#include <functional>
#include <string>
#include <unordered_set>

namespace doc::odt {

// What all of a document's text shares.
struct TextBody {
  xml::Writer& xml;
  AutoStyles& styles;
  package::Pictures& pictures;
  std::function<void(const Note&)> write_note_body; // its blocks
  int pictures_shown = 0;
  int footnotes = 0;
  int endnotes = 0;
  bool in_note = false; // which holds no further ones
  std::unordered_set<std::string> bookmarks = {};
};

void write_runs(TextBody& body, const Inlines& inlines, package::ShownSize room);

} // namespace doc::odt
