// From laid out pages to the blocks of a document, over the ends of columns and pages.
#pragma once

#include "../../model/context.hpp"
#include "../../model/document.hpp"
#include "reader_layout.hpp"
#include "reader_outline.hpp"
#include "reader_paragraphs.hpp"
#include "reader_structure.hpp"
#include "reader_tagged.hpp"
#include "reader_vocabulary.hpp"

#include <optional>
#include <string>
#include <vector>

namespace doc::pdf {

class Composer {
public:
  Composer(BlockSink& sink, Context& context, const Bookmarks& bookmarks, const Looks& looks,
           const Structure& structure)
      : sink_(sink), context_(context), bookmarks_(bookmarks), looks_(looks), structure_(structure),
        tagged_(sink, context, bookmarks, looks, structure, vocabulary_, places_) {}

  void page(PageLayout& layout);
  void finish(); // what is still open

private:
  // A paragraph that may go on in the next column or on the next page.
  struct Open {
    Inlines inlines;
    float size = 0, x0 = 0;
    int heading = 0;
    std::optional<Label> label;
    float label_x = 0;
    std::vector<TextLine> code; // a listing's lines; its page is gone with the next one
    std::string code_text;
    bool is_code = false;
    bool full = false, centered = false, right_to_left = false, bold = false;
  };
  struct OpenList {
    List list;
    float x = 0;
    char closing = 0;
  };

  void region(const Page& page, Region& region);
  void add_group(const Page& page, const Group& group, bool first_of_region);
  bool put_caption_aside(const Group& group);
  bool goes_on(const Group& group) const;
  bool is_item(const Group& group) const;
  void take_places(Inlines& inlines, float y);
  void append_group(Inlines& inlines, const Group& group, std::size_t skip);
  void close_paragraph();
  void close_lists(std::size_t depth);
  void put_in_list(Open paragraph);
  void put(Block block);
  void table(const Page& page, const TablePiece& piece, bool first_of_page);
  void close_table();
  void close_all();
  Table table_of(const Page& page, const TablePiece& piece, std::uint32_t depth);
  void cell_blocks(const Page& page, const TableCell& cell, Blocks& blocks, std::uint32_t depth);
  Block picture(const Page& page, std::uint32_t index) const;
  void put_or_defer(Block block);

  BlockSink& sink_;
  Context& context_;
  const Bookmarks& bookmarks_;
  const Looks& looks_;
  const Structure& structure_;
  Vocabulary vocabulary_;
  const Marks* marks_ = nullptr;
  std::optional<Open> open_;
  std::vector<OpenList> lists_;
  std::vector<Destination> places_; // of this page, that no block has yet
  std::vector<Block> deferred_;     // pictures and tables between the parts of a paragraph
  // A table that may go on at the next page's head.
  struct OpenTable {
    Table table;
    std::vector<float> edges;
  };
  std::optional<OpenTable> open_table_;
  TaggedComposer tagged_; // of the pages that say what their text is
};

} // namespace doc::pdf
