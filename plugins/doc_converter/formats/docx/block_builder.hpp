// Paragraphs say what they are one by one; here those that belong together become lists, quotes and pieces of code.
#pragma once

#include "../../model/document.hpp"
#include "numbering.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace doc::docx {

// What a block's paragraph says of the blocks around it.
struct Belonging {
  bool to_quote = false;
  bool to_code = false;               // goes on with the code before it
  std::optional<ItemPlace> item = {}; // begins an item, or goes on with one that has no mark of its own
  long indent = 0;                    // twips
  bool to_current = false;            // stays where the block before it is: a text box's
};

class BlockBuilder {
public:
  using Emit = std::function<void(Block)>;
  explicit BlockBuilder(Emit emit) : emit_(std::move(emit)) {}

  void add(Block block, const Belonging& belonging);
  // A numbered paragraph without anything in it.
  void add_empty_item(const ItemPlace& place);
  // Nothing more comes.
  void finish();

private:
  struct OpenList {
    List list;
    long id;
    int level;
    long indent; // of its items' text
  };

  void start_item(const ItemPlace& place, long indent);
  bool continue_item(const Belonging& belonging);
  void close_lists(std::size_t remaining);
  void close_quote();
  void append(Block block, bool to_code);
  void put(Block block);
  Block* last();

  Emit emit_;
  std::vector<OpenList> lists_;
  std::optional<Block> pending_; // the last block outside of lists, which may still grow
  std::unique_ptr<BlockBuilder> quote_;
  std::shared_ptr<Blocks> quoted_;
  bool after_code_ = false;
  bool after_item_quote_ = false;
};

} // namespace doc::docx
