// Writes blocks as HTML, one after another.
#pragma once

#include "../../io/output.hpp"
#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace doc::html {

class Writer : public BlockSink {
public:
  // Both outlive it.
  Writer(Output& output, Context& context) : output_(output), context_(context) {}

  void begin(const Metadata& metadata) override { metadata_ = metadata; }
  void block(Block block) override;
  void end() override;

private:
  void head(const Block* first);
  void meta(std::string_view name, const std::string& content);

  void write(const Block& block);
  void write(const Paragraph& paragraph);
  void write(const Heading& heading);
  void write(const List& list);
  void write(const Table& table);
  void write(const CodeBlock& code);
  void write(const Quote& quote);
  void write(const Rule&) { output_.write("<hr>\n"); }
  void write(const PageBreak&) { output_.write("<div style=\"page-break-after: always\"></div>\n"); }
  void blocks(const Blocks& blocks);
  void item(const ListItem& item);
  // Its first paragraph without a p element where that says the same.
  void tight(const Blocks& blocks);
  void row(const Row& row);
  void cell(const Cell& cell, bool is_header);
  void columns(const Table& table);
  void notes();

  // writer_inlines.cpp
  void inlines(const Inlines& inlines, std::size_t from = 0);
  void run(const Inline& run);
  void image(const Image& image);
  void note(const Note& note);
  // Tags that are open and that are not wanted any more are closed, and the others opened.
  void switch_tags(const std::vector<std::string>& tags);
  // " id=…" of the anchors that stand first; returns how many those are.
  std::size_t leading_anchor(const Inlines& inlines);
  std::string new_id(const std::string& name);
  void text(std::string_view text); // escaped
  void attribute(std::string_view name, std::string_view value);
  void align(Alignment alignment);

  Output& output_;
  Context& context_;
  Metadata metadata_;
  bool has_head_ = false;
  std::vector<Note> notes_;       // referred to, and not yet written
  std::vector<std::string> open_; // tags of the paragraph that is being written
  std::unordered_set<std::string> ids_;
  std::uint32_t depth_ = 0;
};

} // namespace doc::html
