// Blocks as items, one below the other: what stands before and around them, and how large it is.
#pragma once

#include "writer_text.hpp"

#include <string>
#include <vector>

namespace doc::pdf {

// Where blocks stand: within lists, quotes and cells.
struct Area {
  double left = 0;
  double width = 0;
  double scale = 1;                         // of the fonts: notes are smaller, and tables that are too wide
  bool is_bold = false;                     // a table's header
  bool is_tight = false;                    // less between paragraphs
  Alignment alignment = Alignment::natural; // of cells, where a paragraph has none
  std::vector<double> bars;                 // of the quotes that it is in: where they are
  bool is_mirrored = false;                 // the block's text runs from right to left
  bool is_nested = false;                   // in a cell: no page breaks, and rows have their most height
};

class Flow {
public:
  using Put = std::function<void(Item)>;

  Flow(Images& images, Context& context);

  // Puts the block's items out in order.
  void add(const Block& block, const Area& area, const Put& put);
  // What is left of the page, for tables; set by the owner.
  std::function<double()> remaining;

  static constexpr double body_size = 10.5;
  static constexpr double list_indent = 18;
  static constexpr double least_width_in_cell = 26; // for text that is set in

private:
  friend class TableFlow;

  void add(const Blocks& blocks, const Area& area, const Put& put);
  Items items_of(const Blocks& blocks, const Area& area);
  void add_text(const Inlines& inlines, const Font& font, const Area& area, Alignment alignment, double before,
                const Put& put);

  void add(const Paragraph& paragraph, const Area& area, const Put& put);
  void add(const Heading& heading, const Area& area, const Put& put);
  void add(const List& list, const Area& area, const Put& put);
  void add(const Table& table, const Area& area, const Put& put);
  void add(const CodeBlock& code, const Area& area, const Put& put);
  void add(const Quote& quote, const Area& area, const Put& put);
  void add(const Rule& rule, const Area& area, const Put& put);
  void add(const PageBreak& page_break, const Area& area, const Put& put);
  void add_item(const ListItem& item, const std::string& mark, double indent, double before, const Area& area,
                const Put& put);
  std::string make_note(const Note& note, Items& items);

  Context& context_;
  Typesetter typesetter_;
  std::uint32_t depth_ = 0;
  std::uint32_t note_count_ = 0;
  double below_ = 0;         // what the block before wants below it
  bool breaks_page_ = false; // before the next item
};

} // namespace doc::pdf
