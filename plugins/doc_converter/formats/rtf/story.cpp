#include "story.hpp"

#include "../../model/walk.hpp"

#include <algorithm>
#include <iterator>

namespace doc::rtf {
namespace {

constexpr std::uint32_t deepest_table = 20;

} // namespace

void Story::text(std::string_view text, const TextStyle& style, const std::string& link) {
  if (text.empty()) return;
  auto* last = inlines_.empty() ? nullptr : std::get_if<std::string>(&inlines_.back().content);
  if (last && inlines_.back().style == style && inlines_.back().link == link) {
    last->append(text);
    return;
  }
  add({std::string(text), style, link});
}

void Story::add(Inline run) {
  context_.spend_inlines(1);
  inlines_.push_back(std::move(run));
}

Inlines Story::take_inlines() {
  Inlines inlines = std::move(inlines_);
  inlines_.clear();
  return inlines;
}

void Story::to_depth(std::uint32_t depth) {
  depth = std::min(depth, deepest_table);
  while (levels_.size() > depth) close_table();
  while (levels_.size() < depth) {
    Level level;
    level.assembler = std::make_unique<Assembler>(
        [blocks = level.blocks.get()](Block block) { blocks->push_back(std::move(block)); });
    levels_.push_back(std::move(level));
  }
}

void Story::close_table() {
  // Cells that no row ended are a row all the same.
  if (!levels_.back().assembler->is_empty()) end_cell(static_cast<std::uint32_t>(levels_.size()));
  if (!levels_.back().cells.empty()) end_row(static_cast<std::uint32_t>(levels_.size()));
  Level level = std::move(levels_.back());
  levels_.pop_back();
  if (!level.table.is_empty()) container().block({level.table.finish(context_.limits())});
}

void Story::paragraph(FinishedParagraph paragraph, std::uint32_t depth) {
  to_depth(depth);
  container().paragraph(std::move(paragraph));
  release_queue();
}

void Story::block(Block block, std::uint32_t depth) {
  to_depth(depth);
  container().block(std::move(block));
  release_queue();
}

void Story::blank(std::uint32_t depth, bool is_code) {
  if (depth < levels_.size()) to_depth(depth);
  if (is_code) container().blank_line();
  release_queue();
}

void Story::end_cell(std::uint32_t depth) {
  to_depth(std::max(depth, 1u));
  release_queue();
  Level& level = levels_.back();
  level.assembler->finish();
  level.cells.push_back(std::move(*level.blocks));
  level.blocks->clear();
}

void Story::end_row(std::uint32_t depth) {
  depth = std::min(std::max(depth, 1u), deepest_table);
  if (levels_.size() < depth) return; // a row without cells
  to_depth(depth);
  Level& level = levels_.back();
  if (!level.assembler->is_empty()) end_cell(depth);
  if (level.cells.empty()) return;
  level.table.row(definition(depth > 1), std::move(level.cells), context_.limits());
  level.cells.clear();
}

void Story::queue(Blocks blocks) { std::move(blocks.begin(), blocks.end(), std::back_inserter(queue_)); }

void Story::release_queue() {
  Blocks blocks = std::move(queue_);
  queue_.clear();
  for (Block& block : blocks) container().block(std::move(block));
}

void Story::finish() {
  to_depth(0);
  release_queue();
  body_.finish();
}

} // namespace doc::rtf
