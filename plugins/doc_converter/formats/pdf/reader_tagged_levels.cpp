// The lists, tables and quotations that are open while tagged pages are composed.
#include "reader_tagged.hpp"

#include <algorithm>
#include <utility>

namespace doc::pdf {
namespace {

constexpr std::size_t most_levels = 40;
constexpr std::size_t most_items = 5'000; // of a list that is kept until it ends

bool holds_blocks(Role role) {
  return role == Role::list || role == Role::item || role == Role::table || role == Role::cell ||
         role == Role::head_cell || role == Role::quote;
}

} // namespace

void TaggedComposer::put(Block block) {
  if (levels_.empty()) {
    sink_.block(std::move(block));
    return;
  }
  Level& top = levels_.back();
  switch (top.role) {
  case Role::item: levels_[levels_.size() - 2].list.items.back().blocks.push_back(std::move(block)); break;
  case Role::list:
    if (top.list.items.empty()) top.list.items.emplace_back();
    top.list.items.back().blocks.push_back(std::move(block));
    break;
  case Role::quote: top.quote.push_back(std::move(block)); break;
  case Role::table: top.table.loose.push_back(std::move(block)); break;
  default: levels_[levels_.size() - 2].table.cell(top.element)->push_back(std::move(block));
  }
}

void TaggedComposer::close_levels(std::size_t depth) {
  while (levels_.size() > depth) {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    if (level.role == Role::list && !level.list.items.empty()) put({std::move(level.list)});
    if (level.role == Role::quote && !level.quote.empty()) put({Quote{std::move(level.quote)}});
    if (level.role != Role::table) continue;
    tables_[level.element] = level.table.rest();
    if (level.table.has_text()) put({level.table.finish()});
    for (Block& block : level.table.loose) put(std::move(block));
  }
}

bool TaggedComposer::open_table(TaggedTable& table, std::uint32_t element) {
  const auto begun = tables_.find(element);
  const std::uint32_t from = begun == tables_.end() ? element + 1 : begun->second;
  if (from < structure_.elements[element].end && elements_looked_at_ < 4 * structure_.elements.size() + 1'000) {
    elements_looked_at_ += structure_.elements[element].end - from;
    if (table.begin(structure_, element, from, context_.limits())) return true;
  }
  tables_[element] = structure_.elements[element].end;
  return false;
}

// False: the element holds nothing here, and what is in it goes to what is around it.
bool TaggedComposer::open_level(std::uint32_t element) {
  if (levels_.size() >= most_levels) return false;
  Level level;
  level.element = element;
  level.role = structure_.elements[element].role;
  switch (level.role) {
  case Role::item: {
    if (levels_.empty() || levels_.back().role != Role::list) return false;
    List& list = levels_.back().list;
    if (levels_.size() == 1 && list.items.size() >= most_items) {
      const auto next = list.start + static_cast<std::int32_t>(list.items.size());
      const Numbering numbering = list.numbering;
      sink_.block({std::exchange(list, {})});
      list.numbering = numbering;
      list.start = numbering == Numbering::bullet ? 1 : next;
    }
    list.items.emplace_back();
    break;
  }
  case Role::cell:
  case Role::head_cell:
    if (levels_.empty() || levels_.back().role != Role::table || !levels_.back().table.cell(element)) return false;
    break;
  case Role::table:
    if (!open_table(level.table, element)) return false;
    break;
  default: break;
  }
  levels_.push_back(std::move(level));
  return true;
}

// Closes what the block is not in, and opens what it is in.
void TaggedComposer::go_to(std::uint32_t block) {
  std::vector<std::uint32_t> path; // from the outermost
  for (std::uint32_t at = block; at != 0; at = structure_.elements[at].parent) {
    if (holds_blocks(structure_.elements[at].role)) path.push_back(at);
  }
  std::reverse(path.begin(), path.end());
  // What could not be opened is in the path and not among the levels.
  std::size_t level = 0, step = 0;
  for (std::size_t i = 0; i < path.size() && level < levels_.size(); ++i) {
    if (levels_[level].element != path[i]) continue;
    ++level;
    step = i + 1;
  }
  close_levels(level);
  for (; step < path.size(); ++step) open_level(path[step]);
}

} // namespace doc::pdf
