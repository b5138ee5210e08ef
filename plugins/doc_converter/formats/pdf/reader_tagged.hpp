// From tagged pages to the blocks of a document: lists, tables and headings as the structure tree says.
#pragma once

#include "../../model/context.hpp"
#include "../../model/document.hpp"
#include "reader_blocks.hpp"
#include "reader_outline.hpp"
#include "reader_structure.hpp"
#include "reader_tagged_page.hpp"
#include "reader_vocabulary.hpp"

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace doc::pdf {

// The table of a structure element, all cells of which are known before their text is. It ends with the last row that
// text came for: a table may be left for a while, and go on from there.
class TaggedTable {
public:
  // From the element on, which is one inside the table. False: it is too large or has no cells, and what is in it
  // stands for itself.
  bool begin(const Structure& structure, std::uint32_t table, std::uint32_t from, const Limits& limits);
  // The blocks of a cell by its element; null: it is none of this table's.
  Blocks* cell(std::uint32_t element);
  const Blocks* seen(std::uint32_t element) const; // the same, and no use of it
  // Where text of the cell stands on its page.
  void note_place(std::uint32_t element, float x0, float x1);
  bool has_text() const { return used_rows_ > 0; }
  std::uint32_t rest() const; // the element of the first row that is not used; the table's end where all are
  Table finish();

  Inlines caption;
  Blocks loose; // what stands in no cell

private:
  struct Place {
    std::size_t row, cell;
  };
  struct Extent {
    float x0 = 1e6f, x1 = -1e6f;
    bool any() const { return x0 < x1; }
  };
  struct Grid;
  void restore_empty_cells();
  std::vector<Extent> known_columns(const Grid& grid, std::size_t most) const;
  void fill_row(std::size_t number, const Grid& grid, const std::vector<Extent>& known);
  Table table_;
  std::unordered_map<std::uint64_t, Extent> extents_; // of cells, by row << 32 | cell
  std::unordered_map<std::uint32_t, Place> places_;
  std::vector<std::uint32_t> row_elements_; // and the table's end
  std::size_t used_rows_ = 0;
};

class TaggedComposer {
public:
  using TableOf = std::function<Table(const TablePiece&)>;

  // `table_of` makes a table of what was found by its looks. All outlive this.
  TaggedComposer(BlockSink& sink, Context& context, const Bookmarks& bookmarks, const Looks& looks,
                 const Structure& structure, Vocabulary& vocabulary, std::vector<Destination>& places)
      : sink_(sink), context_(context), bookmarks_(bookmarks), looks_(looks), structure_(structure),
        vocabulary_(vocabulary), places_(places) {}

  void page(const Page& page, const std::vector<TaggedPart>& parts, const Marks& marks, const TableOf& table_of);
  void finish(); // what is still open

private:
  // A list, an item, a table, a cell, a quotation that is not at its end.
  struct Level {
    std::uint32_t element = 0;
    Role role = Role::group;
    List list;
    bool labelled = false; // the item has its label
    std::string prefix;    // a label that is no number's
    Blocks quote;
    TaggedTable table;
  };
  // A paragraph that more may belong to.
  struct Open {
    std::uint32_t block = Structure::none;
    Inlines inlines;
    int heading = 0;
    bool full = false, centered = false, caption = false, is_code = false;
    std::string code;
    float code_x = 0, size = 0;
  };

  void text(const TaggedPart& part);
  void untagged(const TaggedPart& part);
  void picture(const TaggedPart& part);
  void label(const TaggedPart& part);
  bool note(const TaggedPart& part);
  void add_group(const Group& group, std::uint32_t block, bool first);
  bool add_code(const Group& group, std::uint32_t block);
  bool goes_on(const Group& group, std::uint32_t block, bool first) const;
  int heading_of(const Group& group, std::uint32_t block) const;
  void note_extent(const Group& group);
  void drop_repeated_head(std::uint32_t block, std::vector<TextLine>& lines) const;
  std::size_t take_label(const Group& group);
  void take_places(const Group& group);
  void append(Inlines& inlines, const Group& group, std::size_t skip);
  KeepsHyphen keeps() const;

  void go_to(std::uint32_t block);
  bool open_level(std::uint32_t element);
  bool open_table(TaggedTable& table, std::uint32_t element);
  void close_levels(std::size_t depth);
  void close_paragraph();
  void put(Block block); // into what is open

  BlockSink& sink_;
  Context& context_;
  const Bookmarks& bookmarks_;
  const Looks& looks_;
  const Structure& structure_;
  Vocabulary& vocabulary_;
  std::vector<Destination>& places_;
  std::vector<Level> levels_;
  std::unordered_map<std::uint32_t, std::uint32_t> tables_; // that were left, with the element that they go on with
  std::size_t elements_looked_at_ = 0; // for tables: a tree that leaves one again and again is hostile
  std::optional<Open> open_;
  std::vector<Block> deferred_; // that came within the open paragraph
  // The note that was added last, which may go on.
  std::uint32_t note_ = Structure::none;
  std::shared_ptr<Blocks> note_blocks_;

  // Of the page that is composed.
  const Page* page_ = nullptr;
  const Marks* marks_ = nullptr;
  bool page_begins_ = false;
};

} // namespace doc::pdf
