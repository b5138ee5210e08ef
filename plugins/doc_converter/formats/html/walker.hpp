// Walks the tree of a page and makes blocks of it.
#pragma once

#include "flow.hpp"
#include "index.hpp"
#include "tree.hpp"

#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <string_view>
#include <unordered_set>
#include <vector>

namespace doc::html {

class Walker {
public:
  // All outlive it. `page` is the text that the tree's nodes point into.
  Walker(const Index& index, const StyleSheet& sheet, std::string_view page, Shared& shared)
      : index_(index), sheet_(sheet), page_(page), shared_(shared) {}

  // What an element contains, into `flow`.
  void children(const GumboNode* element, Flow& flow, const Look& look);

private:
  void node(const GumboNode* node, Flow& flow, const Look& look);
  void element(const GumboNode* element, Flow& flow, const Look& look);
  bool leaf(const GumboNode* element, Flow& flow, const Look& look);
  bool structure(const GumboNode* element, Flow& flow, const Look& look);
  void container(const GumboNode* element, Flow& flow, const Look& look);

  void link(const GumboNode* element, Flow& flow, Look look);
  bool note(const GumboNode* link, Flow& flow, const Look& look);
  void picture(const GumboNode* element, Flow& flow, const Look& look);
  void drawing(const GumboNode* element, Flow& flow, const Look& look);
  void field(const GumboNode* element, Flow& flow, const Look& look);
  void foreign(const GumboNode* element, Flow& flow, const Look& look);

  void heading(int level, const GumboNode* element, Flow& flow, const Look& look);
  void list(const GumboNode* element, Flow& flow, const Look& look);
  // The lists beside it that are read as its continuation.
  std::vector<const GumboNode*> list_parts(const GumboNode* element);
  void list_child(const GumboNode* child, List& list, Flow& flow, const Look& look);
  void quote(const GumboNode* element, Flow& flow, const Look& look);
  void preformatted(const GumboNode* element, Flow& flow, const Look& look);
  void table(const GumboNode* element, Flow& flow, const Look& look);
  Table table_of(const GumboNode* element, const Look& look);
  Row row_of(const GumboNode* element, bool in_head, const Look& look);
  Cell cell_of(const GumboNode* element, const Look& look);

  // The blocks that `element` contains, deeper by one.
  Blocks blocks_of(const GumboNode* element, const Look& look);
  // Whether lists, tables and quotes may still contain further ones; else they are read as what they contain.
  bool may_nest() const;

  const Index& index_;
  const StyleSheet& sheet_;
  std::string_view page_;
  Shared& shared_;
  std::uint32_t blocks_deep_ = 0;   // lists, quotes and cells around
  std::uint32_t elements_deep_ = 0; // of recursion
  ListItem* item_ = nullptr;        // which a check box at its beginning makes a task
  Flow* item_flow_ = nullptr;
  bool in_note_ = false;
  std::unordered_set<const GumboNode*> joined_; // lists that were read with the one before them
};

// The list's numbering, by its type attribute and its style.
Numbering numbering_of(const GumboNode* list, const StyleSheet& sheet);
// A whole number, within bounds; `otherwise` for what is none.
std::int32_t whole_number(const char* text, std::int32_t otherwise, std::int32_t least, std::int32_t most);
// The language that a pre element's classes name, and those of the code in it; empty: none.
std::string code_language(const GumboNode* pre);
// Whether it contains what a block of code cannot: pictures, links, tables.
bool is_rich(const GumboNode* pre);

// Cells keep within the columns and rows that are free, as the grid of a table wants them.
void fit_spans(Table& table, const Limits& limits);

} // namespace doc::html
