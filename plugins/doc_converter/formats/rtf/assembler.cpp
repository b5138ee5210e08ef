#include "assembler.hpp"

#include "../../model/walk.hpp"

#include <algorithm>

namespace doc::rtf {
namespace {

constexpr std::size_t deepest_list = 20;

std::string lines_of(const Inlines& inlines) {
  std::string out;
  for (const Inline& run : inlines) {
    if (const auto* text = std::get_if<std::string>(&run.content)) out += *text;
    if (std::holds_alternative<LineBreak>(run.content)) out += '\n';
  }
  return out;
}

// Where a link, a picture or a note is in it, code is not code.
bool is_only_text(const Inlines& inlines) {
  return std::all_of(inlines.begin(), inlines.end(), [](const Inline& run) {
    return run.link.empty() &&
           (std::holds_alternative<std::string>(run.content) || std::holds_alternative<LineBreak>(run.content));
  });
}

} // namespace

void Assembler::paragraph(FinishedParagraph paragraph) {
  if (paragraph.kind == StyleKind::heading) {
    close_lists();
    block({Heading{std::clamp(paragraph.level, 1, 6), std::move(paragraph.inlines), paragraph.alignment}});
    return;
  }
  if (paragraph.mark) {
    item(std::move(paragraph));
    return;
  }
  // What is set in as far as an item's text belongs to it.
  while (!lists_.empty() && (paragraph.indent <= 0 || paragraph.indent < lists_.back().indent)) close_list();
  if (paragraph.kind == StyleKind::code && is_only_text(paragraph.inlines)) {
    std::string line = lines_of(paragraph.inlines);
    Block* before = last();
    if (auto* code = before ? std::get_if<CodeBlock>(&before->content) : nullptr)
      code->text.append("\n").append(line);
    else
      put({CodeBlock{std::move(line), {}}});
    return;
  }
  Block made{Paragraph{std::move(paragraph.inlines), paragraph.alignment}};
  if (paragraph.kind != StyleKind::quote) {
    put(std::move(made));
    return;
  }
  Block* before = last();
  if (auto* quote = before ? std::get_if<Quote>(&before->content) : nullptr) {
    quote->blocks.push_back(std::move(made));
  } else {
    Quote fresh;
    fresh.blocks.push_back(std::move(made));
    put({std::move(fresh)});
  }
}

void Assembler::item(FinishedParagraph paragraph) {
  const ListMark& mark = *paragraph.mark;
  while (!lists_.empty() && lists_.back().rank > mark.rank) close_list();
  if (!lists_.empty() && lists_.back().rank == mark.rank &&
      (lists_.back().id != mark.list || lists_.back().list.numbering != mark.numbering))
    close_list();
  // Lists below this one begin anew.
  for (auto at = next_.upper_bound({mark.list, mark.rank}); at != next_.end() && at->first.first == mark.list;)
    at = next_.erase(at);
  std::int32_t& next = next_.emplace(std::pair(mark.list, mark.rank), mark.start).first->second;
  if (mark.is_exact && mark.start != next) {
    if (!lists_.empty() && lists_.back().rank == mark.rank) close_list(); // a list counts on
    next = mark.start;
  }
  if (lists_.empty() || (lists_.back().rank < mark.rank && lists_.size() < deepest_list)) {
    OpenList open;
    open.list.numbering = mark.numbering;
    open.list.start = next;
    open.id = mark.list;
    open.rank = mark.rank;
    lists_.push_back(std::move(open));
  }
  if (next < INT32_MAX) ++next;
  lists_.back().indent = paragraph.indent;
  ListItem item;
  item.checked = mark.checked;
  if (!paragraph.inlines.empty()) item.blocks.push_back({Paragraph{std::move(paragraph.inlines), paragraph.alignment}});
  lists_.back().list.items.push_back(std::move(item));
}

void Assembler::block(Block block) {
  close_lists();
  put(std::move(block));
}

void Assembler::blank_line() {
  Block* before = last();
  if (auto* code = before ? std::get_if<CodeBlock>(&before->content) : nullptr) code->text.push_back('\n');
}

void Assembler::finish() {
  close_lists();
  release();
  has_emitted_ = false;
}

void Assembler::put(Block block) {
  if (!lists_.empty()) {
    lists_.back().list.items.back().blocks.push_back(std::move(block));
    return;
  }
  release();
  if (std::holds_alternative<CodeBlock>(block.content) || std::holds_alternative<Quote>(block.content)) {
    held_ = std::move(block);
  } else {
    has_emitted_ = true;
    emit_(std::move(block));
  }
}

Block* Assembler::last() {
  if (lists_.empty()) return held_ ? &*held_ : nullptr;
  Blocks& blocks = lists_.back().list.items.back().blocks;
  return blocks.empty() ? nullptr : &blocks.back();
}

void Assembler::close_list() {
  Block block{std::move(lists_.back().list)};
  lists_.pop_back();
  put(std::move(block));
}

void Assembler::release() {
  if (!held_) return;
  Block block = std::move(*held_);
  held_.reset();
  if (auto* code = std::get_if<CodeBlock>(&block.content)) {
    while (!code->text.empty() && code->text.back() == '\n') code->text.pop_back();
  }
  has_emitted_ = true;
  emit_(std::move(block));
}

} // namespace doc::rtf
