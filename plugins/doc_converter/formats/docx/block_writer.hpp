// Blocks as WordprocessingML: paragraphs, lists, quotes, code, tables.
#pragma once

#include "numbering_writer.hpp"
#include "run_writer.hpp"

#include <string_view>

namespace doc::docx {

class BlockWriter {
public:
  // Both outlive this.
  BlockWriter(TextPart& part, NumberingWriter& numbering) : part_(part), xml_(part.xml), numbering_(numbering) {}

  void write(const Block& block);
  // The blocks of a foot- or endnote, after the note's mark.
  void write_note(const Blocks& blocks, bool at_end);
  // What has to stand at the end of a body, a cell or a note: a paragraph, behind a table.
  void close();

private:
  // Where blocks stand.
  struct Place {
    int list_level = -1; // of the innermost list; -1: in none
    int indent = 0;      // twips
    int number = 0;      // w:numId that the next paragraph carries; 0: none
    bool is_quoted = false;
    bool in_cell = false;
    std::string_view note = {}; // the style of a note's paragraphs
    bool needs_mark = false;    // the next paragraph begins with the note's mark
    package::ShownSize room = {};
    Alignment alignment = Alignment::natural; // of the cell
  };

  void write(const Block& block, Place& place);
  void write_all(const Blocks& blocks, Place& place);
  void write(const Paragraph& paragraph, Place& place);
  void write(const Heading& heading, Place& place);
  void write(const List& list, Place& place);
  void write(const Table& table, Place& place);
  void write(const CodeBlock& code, Place& place);
  void write(const Quote& quote, Place& place);
  void write(const Rule& rule, Place& place);
  void write(const PageBreak& page_break, Place& place);
  void write_item(const ListItem& item, int number, Place& place);
  void start_paragraph(std::string_view style, Alignment alignment, Place& place, bool is_right_to_left);
  void write_mark(Place& place);
  void separate_table();

  friend class TableWriter;

  TextPart& part_;
  xml::Writer& xml_;
  NumberingWriter& numbering_;
  bool after_table_ = false;
  bool page_break_pending_ = false;
};

} // namespace doc::docx
