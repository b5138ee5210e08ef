#include "block_builder.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace doc::docx {
namespace {

constexpr long nearly_twips = 60; // indents that differ by less are one
constexpr long deeper_twips = 120;
constexpr std::size_t most_nested = 30; // lists in lists: indents alone could nest them without end

// Task lists have boxes as the first letter of their text.
std::optional<bool> take_box(Inlines& inlines) {
  static constexpr std::array<std::pair<std::string_view, bool>, 3> boxes = {{{"☐", false}, {"☑", true}, {"☒", true}}};
  auto* text = inlines.empty() ? nullptr : std::get_if<std::string>(&inlines.front().content);
  if (!text) return std::nullopt;
  for (const auto& box : boxes) {
    if (text->rfind(box.first, 0) != 0) continue;
    text->erase(0, box.first.size());
    text->erase(0, text->find_first_not_of(" \t"));
    if (text->empty()) {
      inlines.erase(inlines.begin());
      auto* next = inlines.empty() ? nullptr : std::get_if<std::string>(&inlines.front().content);
      if (next) next->erase(0, std::min(next->find_first_not_of(" \t"), next->size()));
      if (next && next->empty()) inlines.erase(inlines.begin());
    }
    return box.second;
  }
  return std::nullopt;
}

} // namespace

void BlockBuilder::add(Block block, const Belonging& belonging) {
  if (belonging.to_current) {
    if (quote_) {
      quote_->add(std::move(block), belonging);
    } else {
      append(std::move(block), false);
    }
    return;
  }
  const bool starts_item = belonging.item && belonging.item->is_marked;
  if (belonging.to_quote && !quote_ && !starts_item && !lists_.empty() && continue_item(belonging)) {
    Block* before = last();
    auto* quote = before && after_item_quote_ ? std::get_if<Quote>(&before->content) : nullptr;
    if (quote) {
      quote->blocks.push_back(std::move(block));
    } else {
      append({Quote{{}}}, false);
      std::get<Quote>(last()->content).blocks.push_back(std::move(block));
    }
    after_item_quote_ = true;
    return;
  }
  if (belonging.to_quote) {
    if (!quote_) {
      close_lists(0);
      auto quoted = quoted_ = std::make_shared<Blocks>();
      quote_ = std::make_unique<BlockBuilder>([quoted](Block one) { quoted->push_back(std::move(one)); });
    }
    Belonging inside = belonging;
    inside.to_quote = false;
    quote_->add(std::move(block), inside);
    return;
  }
  close_quote();
  if (starts_item) {
    start_item(*belonging.item, belonging.indent);
    if (auto* paragraph = std::get_if<Paragraph>(&block.content))
      lists_.back().list.items.back().checked = take_box(paragraph->inlines);
  } else if (!continue_item(belonging)) {
    close_lists(0);
  }
  append(std::move(block), belonging.to_code);
}

void BlockBuilder::add_empty_item(const ItemPlace& place) {
  close_quote();
  start_item(place, place.indent.value_or(0));
  after_code_ = after_item_quote_ = false;
}

void BlockBuilder::finish() {
  close_quote();
  close_lists(0);
  if (pending_) emit_(std::move(*pending_));
  pending_.reset();
}

void BlockBuilder::start_item(const ItemPlace& place, long indent) {
  const auto is_same = [&](const OpenList& open) { return open.id == place.list && open.level == place.level; };
  const auto same = std::find_if(lists_.rbegin(), lists_.rend(), is_same);
  if (same != lists_.rend()) {
    close_lists(static_cast<std::size_t>(lists_.rend() - same));
    const List& list = lists_.back().list;
    const bool goes_on = list.numbering == place.numbering &&
                         (place.numbering == Numbering::bullet ||
                          place.number == list.start + static_cast<std::int32_t>(list.items.size()));
    if (!goes_on) close_lists(lists_.size() - 1);
  } else {
    while (!lists_.empty() && (lists_.back().level > place.level ||
                               (lists_.back().level == place.level && indent <= lists_.back().indent + deeper_twips)))
      close_lists(lists_.size() - 1);
  }
  if (lists_.size() >= most_nested) close_lists(most_nested - 1);
  if (lists_.empty() || lists_.back().id != place.list || lists_.back().level != place.level) {
    List list;
    list.numbering = place.numbering;
    list.start = place.number;
    lists_.push_back({std::move(list), place.list, place.level, indent});
  }
  lists_.back().list.items.emplace_back();
}

// An unnumbered paragraph goes on with the item whose text it is as far from the edge as.
bool BlockBuilder::continue_item(const Belonging& belonging) {
  if (belonging.item) {
    while (lists_.size() > 1 && lists_.back().level > belonging.item->level) close_lists(lists_.size() - 1);
    return !lists_.empty();
  }
  if (belonging.indent <= nearly_twips) return false;
  for (std::size_t open = lists_.size(); open > 0; --open) {
    if (std::abs(lists_[open - 1].indent - belonging.indent) > nearly_twips) continue;
    close_lists(open);
    return true;
  }
  return false;
}

void BlockBuilder::close_lists(std::size_t remaining) {
  while (lists_.size() > remaining) {
    Block block{std::move(lists_.back().list)};
    lists_.pop_back();
    put(std::move(block));
    after_code_ = after_item_quote_ = false;
  }
}

void BlockBuilder::close_quote() {
  if (!quote_) return;
  quote_->finish();
  quote_.reset();
  put({Quote{std::move(*quoted_)}});
  quoted_.reset();
  after_code_ = after_item_quote_ = false;
}

Block* BlockBuilder::last() {
  if (lists_.empty()) return pending_ ? &*pending_ : nullptr;
  Blocks& blocks = lists_.back().list.items.back().blocks;
  return blocks.empty() ? nullptr : &blocks.back();
}

void BlockBuilder::append(Block block, bool to_code) {
  Block* before = to_code && after_code_ ? last() : nullptr;
  auto* code = before ? std::get_if<CodeBlock>(&before->content) : nullptr;
  if (code) {
    code->text.append("\n").append(std::get<CodeBlock>(block.content).text);
  } else {
    put(std::move(block));
  }
  after_code_ = to_code;
  after_item_quote_ = false;
}

void BlockBuilder::put(Block block) {
  if (!lists_.empty()) {
    lists_.back().list.items.back().blocks.push_back(std::move(block));
    return;
  }
  if (pending_) emit_(std::move(*pending_));
  pending_ = std::move(block);
}

} // namespace doc::docx
