// The content of a paragraph or heading (OpenDocument 1.3 part 3, chapter 6).
#pragma once

#include "../../model/context.hpp"
#include "../../model/document.hpp"
#include "../../package/archive_reader.hpp"
#include "../../package/picture_reader.hpp"
#include "../../xml/tree.hpp"
#include "styles.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace doc::odt {

// What all of a document's text needs to know.
struct Source {
  Context& context;
  Styles& styles;
  package::ArchiveReader& archive;
  package::PictureReader& pictures;
  std::unordered_set<std::string> linked_anchors = {};
  // The blocks of a note or a text box.
  std::function<Blocks(pugi::xml_node)> blocks_of = {};
  bool in_note = false;
};

struct TextContent {
  Inlines inlines;
  std::vector<pugi::xml_node> boxes; // elements with paragraphs that stand beside the text
};

class TextReader {
public:
  TextReader(Source& source, const Style& paragraph, bool style_says);

  // The content of a paragraph, or of a frame that stands where paragraphs do.
  TextContent read(pugi::xml_node paragraph);
  TextContent read_frame(pugi::xml_node frame);

private:
  void children(pugi::xml_node node);
  void element(pugi::xml_node node);
  void span(pugi::xml_node node);
  void link(pugi::xml_node node);
  void bookmark(std::string_view name);
  void note(pugi::xml_node node);
  void frame(pugi::xml_node node);
  void object(pugi::xml_node node, pugi::xml_node frame);
  bool picture(pugi::xml_node node, pugi::xml_node frame);
  void ruby(pugi::xml_node node);
  void text(std::string_view text);
  void put(std::string text);
  void put_inline(Inline one);
  void update_look();

  Source& source_;
  const Style& paragraph_;
  bool style_says_; // of a heading or a quotation, only what differs from its style counts
  TextContent content_;
  TextProperties span_;
  TextStyle look_;
  bool hidden_ = false;
  std::string link_;
  bool after_blank_ = true;
};

} // namespace doc::odt
