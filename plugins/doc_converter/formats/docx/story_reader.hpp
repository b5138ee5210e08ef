// A story (the body, a cell, a note, a text box): its paragraphs and tables, in their order, become blocks.
#pragma once

#include "block_builder.hpp"
#include "numbering.hpp"
#include "paragraph_reader.hpp"

#include <cstdint>
#include <optional>

namespace doc::docx {

class StoryReader {
public:
  // Everything outlives this. `depth` counts stories inside of stories.
  StoryReader(Story& story, NumberingReader& numbering, std::uint32_t& depth, BlockBuilder::Emit emit)
      : story_(story), numbering_(numbering), depth_(depth), builder_(std::move(emit)) {}

  // The element's paragraphs and tables.
  void read(pugi::xml_node node);
  // One of them.
  void read_one(pugi::xml_node node);
  void finish();

  // The blocks of a story inside of this one.
  static Blocks blocks_of(Story& story, NumberingReader& numbering, std::uint32_t& depth, pugi::xml_node node);

private:
  struct Form { // what a paragraph's properties say
    const ParagraphStyle* style = nullptr;
    int heading = 0;
    bool is_line = false;
    bool breaks_page = false;
    Alignment alignment = Alignment::natural;
    Belonging belonging = {};
  };

  void paragraph(pugi::xml_node node);
  void table(pugi::xml_node node);
  void alternatives(pugi::xml_node node);
  void chunk(pugi::xml_node node);
  Form form_of(pugi::xml_node properties);
  void number(pugi::xml_node properties, Form& form);
  void add_piece(Piece piece, const Form& form, bool& is_item_open);
  void add_text(Inlines inlines, const Form& form, bool& is_item_open);
  void add_boxes(const ParagraphContent& content);
  void flush_caption();
  void flush_carried();

  Story& story_;
  NumberingReader& numbering_;
  std::uint32_t& depth_;
  BlockBuilder builder_;
  Inlines carried_;                // of a paragraph whose mark was deleted: it goes on in the next
  std::optional<Inlines> caption_; // of the table that may follow
};

} // namespace doc::docx
