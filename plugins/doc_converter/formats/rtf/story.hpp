// One flow of text: the body, a note, a text box. Takes runs, paragraphs' ends, cells' and rows' ends, and gives
// blocks.
#pragma once

#include "assembler.hpp"
#include "table_builder.hpp"

#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace doc::rtf {

class Story {
public:
  Story(Context& context, Assembler::Emit emit) : context_(context), body_(std::move(emit)) {}

  void text(std::string_view text, const TextStyle& style, const std::string& link);
  void add(Inline run);
  bool has_text() const { return !inlines_.empty(); }
  bool is_fresh() const { return levels_.empty() && body_.is_empty(); } // nothing was made yet
  Inlines take_inlines();                                               // of the paragraph that ends

  // `depth` counts the tables around: 0 is none.
  void paragraph(FinishedParagraph paragraph, std::uint32_t depth);
  void block(Block block, std::uint32_t depth);
  void blank(std::uint32_t depth, bool is_code); // a paragraph without text
  void end_cell(std::uint32_t depth);
  void end_row(std::uint32_t depth);
  // Comes after the paragraph that is being written.
  void queue(Blocks blocks);
  void finish();

  // The row that is being defined, of the outer tables or of inner ones.
  RowDefinition& definition(bool is_nested) { return is_nested ? nested_definition_ : definition_; }
  CellDefinition next_cell = {}; // what is said of a cell before its edge

private:
  struct Level {
    TableBuilder table;
    std::vector<Blocks> cells; // of the row
    std::unique_ptr<Blocks> blocks = std::make_unique<Blocks>();
    std::unique_ptr<Assembler> assembler;
  };

  void to_depth(std::uint32_t depth);
  void close_table();
  Assembler& container() { return levels_.empty() ? body_ : *levels_.back().assembler; }
  void release_queue();

  Context& context_;
  Assembler body_;
  std::vector<Level> levels_;
  Inlines inlines_;
  Blocks queue_;
  RowDefinition definition_, nested_definition_;
};

} // namespace doc::rtf
