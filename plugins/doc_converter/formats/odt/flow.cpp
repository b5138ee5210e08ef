#include "flow.hpp"

#include <algorithm>
#include <iterator>

namespace doc::odt {
namespace {

bool is_list(const Block& block) { return std::holds_alternative<List>(block.content); }

bool begins_deeper(const List& list) {
  if (list.items.empty()) return false;
  const Blocks& blocks = list.items.front().blocks;
  return !blocks.empty() && std::all_of(blocks.begin(), blocks.end(), is_list);
}

void move_to(Blocks& to, Blocks& from) { std::move(from.begin(), from.end(), std::back_inserter(to)); }

// Moves what begins deeper into the last item of `before`; the items after it stay in `list`.
void join(List& before, List& list) {
  Blocks& last = before.items.back().blocks;
  for (Block& block : list.items.front().blocks) {
    List& nested = std::get<List>(block.content);
    List* deeper = last.empty() ? nullptr : std::get_if<List>(&last.back().content);
    if (begins_deeper(nested)) {
      if (deeper && !deeper->items.empty()) {
        join(*deeper, nested);
      } else {
        Blocks blocks = std::move(nested.items.front().blocks);
        nested.items.erase(nested.items.begin());
        move_to(last, blocks);
      }
      if (nested.items.empty()) continue;
    }
    last.push_back(std::move(block));
  }
  list.items.erase(list.items.begin());
}

} // namespace

void Flow::add_list(List list) {
  List* before = pending_ ? std::get_if<List>(&pending_->content) : nullptr;
  if (begins_deeper(list)) {
    if (before && !before->items.empty()) {
      join(*before, list);
    } else { // nothing to go on with: the deeper list stands for itself
      Blocks blocks = std::move(list.items.front().blocks);
      list.items.erase(list.items.begin());
      for (Block& block : blocks) add_list(std::move(std::get<List>(block.content)));
    }
  }
  if (!list.items.empty()) add({std::move(list)});
}

void Flow::add(Block block, FlowKind kind) {
  const bool grows = pending_ && kind == kind_ && kind != FlowKind::plain;
  if (grows && kind == FlowKind::quote) {
    std::get<Quote>(pending_->content).blocks.push_back(std::move(block));
    return;
  }
  if (grows && kind == FlowKind::code) {
    std::get<CodeBlock>(pending_->content).text.append("\n").append(std::get<CodeBlock>(block.content).text);
    return;
  }
  finish();
  kind_ = kind;
  if (kind == FlowKind::quote) {
    Quote quote;
    quote.blocks.push_back(std::move(block));
    pending_ = Block{std::move(quote)};
  } else {
    pending_ = std::move(block);
  }
}

void Flow::finish() {
  if (pending_) emit_(std::move(*pending_));
  pending_.reset();
}

} // namespace doc::odt
