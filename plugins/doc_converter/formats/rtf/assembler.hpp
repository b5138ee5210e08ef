// Makes blocks of paragraphs that come one after another: lists from items, code and quotes from their lines.
#pragma once

#include "../../model/context.hpp"
#include "../../model/document.hpp"
#include "definitions.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace doc::rtf {

// Which item of which list a paragraph is.
struct ListMark {
  std::int32_t list = 0; // those of one document differ
  std::int32_t rank = 0; // deeper lists have higher ones
  Numbering numbering = Numbering::bullet;
  std::int32_t start = 1;
  bool is_exact = false; // start is this item's own number, not where its list begins
  std::optional<bool> checked = {};
};

struct FinishedParagraph {
  Inlines inlines;
  Alignment alignment = Alignment::natural;
  StyleKind kind = StyleKind::other;
  int level = 0; // of a heading
  std::optional<ListMark> mark = {};
  std::int32_t indent = 0; // of its lines, in twips
};

class Assembler {
public:
  using Emit = std::function<void(Block)>;
  explicit Assembler(Emit emit) : emit_(std::move(emit)) {}

  void paragraph(FinishedParagraph paragraph);
  void block(Block block); // ends lists
  void blank_line();       // of code
  void finish();
  bool is_empty() const { return !has_emitted_ && !held_ && lists_.empty(); }

private:
  struct OpenList {
    List list;
    std::int32_t id = 0, rank = 0, indent = 0;
  };

  void item(FinishedParagraph paragraph);
  void put(Block block); // where the next block belongs
  Block* last();
  void close_list();
  void close_lists() {
    while (!lists_.empty()) close_list();
  }
  void release();

  Emit emit_;
  std::vector<OpenList> lists_;                                        // innermost last
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> next_; // number by list and rank
  std::optional<Block> held_;                                          // code or a quote that may go on
  bool has_emitted_ = false;
};

} // namespace doc::rtf
