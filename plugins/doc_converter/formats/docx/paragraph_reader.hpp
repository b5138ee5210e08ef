// The content of a paragraph: its runs, and what interrupts them.
#pragma once

#include "../../model/document.hpp"
#include "../../xml/tree.hpp"
#include "drawing_reader.hpp"
#include "fields.hpp"
#include "styles.hpp"

#include <functional>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

namespace doc::docx {

// What paragraphs of one part need to know.
struct Story {
  Context& context;
  Styles& styles;
  const Relationships& relationships;
  DrawingReader& drawings;
  // Anchors that links lead to. Word makes many that begin with "_" for itself.
  const std::unordered_set<std::string>& linked_anchors;
  // The note of that w:id; null where there is none, and inside notes.
  std::function<std::shared_ptr<const Blocks>(std::string_view id, bool at_end)> note;
  // Of the document of another format that the relationship of that id leads to (ECMA-376 part 1, 17.17.2.1).
  std::function<Blocks(std::string_view id)> chunk = {};
  Fields fields = {};
};

// A paragraph is one piece of text, or several with page breaks and lines between them.
using Piece = std::variant<Inlines, PageBreak, Rule>;
struct ParagraphContent {
  std::vector<Piece> pieces;
  std::vector<pugi::xml_node> text_boxes;
  std::vector<std::string> texts; // of diagrams, a paragraph each
};

class ParagraphReader {
public:
  ParagraphReader(Story& story, const ParagraphStyle& style, bool style_says)
      : story_(story), style_(style), style_says_(style_says) {}

  ParagraphContent read(pugi::xml_node paragraph);

private:
  void children(pugi::xml_node node);
  void child(pugi::xml_node node);
  void run(pugi::xml_node node);
  void run_content(pugi::xml_node node);
  void alternatives(pugi::xml_node node, bool in_run);
  void hyperlink(pugi::xml_node node);
  void simple_field(pugi::xml_node node);
  void field_mark(pugi::xml_node node);
  void chosen(pugi::xml_node choices);
  void bookmark(pugi::xml_node node);
  void line_or_page(pugi::xml_node node);
  void reference(pugi::xml_node node, bool at_end);
  void drawing(pugi::xml_node node);
  void ruby(pugi::xml_node node);
  void formula(pugi::xml_node node);
  void text(std::string_view text);
  void put(Inline inlined);
  void interrupt(Piece piece);
  bool produced_since(std::size_t pieces, std::size_t inlines, std::size_t others) const;

  Story& story_;
  const ParagraphStyle& style_;
  bool style_says_;
  ParagraphContent content_;
  Inlines current_;
  std::string link_; // of the w:hyperlink around
  Look look_;        // of the run around
  std::string font_;
};

} // namespace doc::docx
