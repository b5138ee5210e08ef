// Blocks as OpenDocument text: paragraphs, lists, quotes, code, tables.
#pragma once

#include "run_writer.hpp"

#include <string>
#include <vector>

namespace doc::odt {

class BlockWriter {
public:
  explicit BlockWriter(TextBody& body) : body_(body), xml_(body.xml) {} // which outlives this

  void write(const Block& block);
  void write_note(const Note& note);

private:
  // Where blocks stand.
  struct Place {
    std::string style = "Text_20_body"; // of plain paragraphs
    bool is_quoted = false;
    bool in_cell = false;
    package::ShownSize room = {};
    Alignment alignment = Alignment::natural; // of the cell
    std::vector<std::string> lists = {};      // the styles of those that are open
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
  std::string paragraph_style(std::string parent, Alignment alignment, const Inlines& inlines, const Place& place);
  void break_page_now(Place& place);
  void leave_lists(const Place& place);
  void enter_lists(const Place& place);

  friend class TableWriter;

  TextBody& body_;
  xml::Writer& xml_;
  bool page_break_pending_ = false;
  int tables_ = 0;
};

} // namespace doc::odt
