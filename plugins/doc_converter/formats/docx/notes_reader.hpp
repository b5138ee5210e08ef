// footnotes.xml and endnotes.xml.
#pragma once

#include "numbering.hpp"
#include "paragraph_reader.hpp"
#include "parts_reader.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace doc::docx {

class NotesReader {
public:
  // `parts` outlives this; `part` may be empty. `element` is "w:footnote" or "w:endnote".
  NotesReader(PartsReader& parts, const std::string& part, const char* element);

  // The note's; null where there is none of that id. A note that is referred to twice is read once.
  std::shared_ptr<const Blocks> blocks(std::string_view id, Context& context, Styles& styles,
                                       NumberingReader& numbering, const std::unordered_set<std::string>& anchors,
                                       std::uint32_t& depth);

private:
  std::unique_ptr<xml::Tree> tree_;
  Relationships relationships_;
  DrawingReader drawings_;
  std::unordered_map<std::string, pugi::xml_node> notes_;
  std::unordered_map<std::string, std::shared_ptr<const Blocks>> read_;
};

} // namespace doc::docx
