#include "reader_composer.hpp"

#include "../../model/walk.hpp"

#include "reader_blocks.hpp"
#include "reader_notes.hpp"

#include <algorithm>
#include <cmath>

namespace doc::pdf {
namespace {

constexpr std::size_t most_items = 5'000; // of a list that is kept until it ends

} // namespace

void Composer::put(Block block) {
  if (open_) close_paragraph();
  close_lists(0);
  sink_.block(std::move(block));
}

void Composer::close_lists(std::size_t depth) {
  while (lists_.size() > depth) {
    List list = std::move(lists_.back().list);
    lists_.pop_back();
    if (lists_.empty())
      sink_.block({std::move(list)});
    else
      lists_.back().list.items.back().blocks.push_back({std::move(list)});
  }
}

void Composer::put_in_list(Open paragraph) {
  const Label& label = *paragraph.label;
  const auto matches = [&](const OpenList& open) {
    if (open.list.numbering == Numbering::bullet || label.numbering == Numbering::bullet)
      return open.list.numbering == label.numbering;
    return open.closing == label.closing;
  };
  const float x = paragraph.label_x, slack = 0.6f * paragraph.size;
  while (!lists_.empty() && x < lists_.back().x - slack) close_lists(lists_.size() - 1);
  bool same = !lists_.empty() && std::fabs(x - lists_.back().x) <= slack && matches(lists_.back());
  if (!lists_.empty() && !same && std::fabs(x - lists_.back().x) <= slack) close_lists(lists_.size() - 1);
  if (same && label.numbering != Numbering::bullet) {
    const List& list = lists_.back().list;
    const auto next = list.start + static_cast<std::int32_t>(list.items.size());
    // A letter that is also a Roman number is what the list is made of.
    if (label.number != next && label.numbering == list.numbering) same = false;
    if (!same) close_lists(lists_.size() - 1);
  }
  if (same && lists_.size() == 1 && lists_.back().list.items.size() >= most_items) {
    close_lists(0);
    same = false;
  }
  if (!same) {
    OpenList open;
    open.list.numbering = label.numbering;
    open.list.start = label.numbering == Numbering::bullet ? 1 : label.number;
    open.x = x;
    open.closing = label.closing;
    lists_.push_back(std::move(open));
  }
  ListItem item;
  if (!paragraph.inlines.empty()) item.blocks.push_back({Paragraph{std::move(paragraph.inlines)}});
  lists_.back().list.items.push_back(std::move(item));
}

void Composer::close_paragraph() {
  if (!open_) return;
  Open paragraph = std::move(*open_);
  open_.reset();
  std::vector<Block> deferred = std::move(deferred_);
  deferred_.clear();
  merge_runs(paragraph.inlines);
  trim(paragraph.inlines);
  context_.spend_inlines(paragraph.inlines.size() + 1);
  if (paragraph.is_code) {
    close_lists(0);
    sink_.block({CodeBlock{std::move(paragraph.code_text), {}}});
  } else if (paragraph.heading > 0) {
    close_lists(0);
    strip_bold(paragraph.inlines);
    for (Inline& run : paragraph.inlines) run.style.color.reset();
    if (!paragraph.inlines.empty())
      sink_.block({Heading{paragraph.heading, std::move(paragraph.inlines), Alignment::natural}});
  } else if (paragraph.label) {
    put_in_list(std::move(paragraph));
  } else if (!paragraph.inlines.empty()) {
    // What is set as far in as the text of an item belongs to it.
    const float slack = 0.5f * paragraph.size;
    while (!lists_.empty() && paragraph.x0 < lists_.back().x + slack) close_lists(lists_.size() - 1);
    Block block{Paragraph{std::move(paragraph.inlines), paragraph.centered ? Alignment::center : Alignment::natural}};
    if (lists_.empty() || paragraph.centered) {
      close_lists(0);
      sink_.block(std::move(block));
    } else {
      lists_.back().list.items.back().blocks.push_back(std::move(block));
    }
  }
  for (Block& block : deferred) put(std::move(block));
}

bool Composer::goes_on(const Group& group) const {
  const TextLine& line = group.lines.front();
  if (!open_ || open_->heading > 0 || open_->is_code || line.mono) return false;
  if (std::fabs(open_->size - line.size) > 0.08f * line.size || open_->right_to_left != line.right_to_left)
    return false;
  if (is_caption(line.text)) return false;
  if (open_->bold != line.bold && open_->bold) return false;
  if (line.label || open_->centered || group.centered) return false;
  if (!open_->full) return false;
  const std::string_view end = last_text(open_->inlines);
  if (begins_lower(line.text)) return true;
  return !ends_sentence(end) && !group.indented;
}

void Composer::append_group(Inlines& inlines, const Group& group, std::size_t skip) {
  append_lines(
      inlines, group, skip,
      [this](std::string_view left, std::string_view right) { return vocabulary_.keeps_hyphen(left, right); }, marks_);
}

// Links that lead to a place above `y` lead here.
void Composer::take_places(Inlines& inlines, float y) {
  std::erase_if(places_, [&](const Destination& place) {
    if (place.y > y) return false;
    inlines.push_back({Anchor{place.name}, {}, {}});
    return true;
  });
}

// A number that neither begins a list nor goes on with one is a sentence's own.
bool Composer::is_item(const Group& group) const {
  const TextLine& line = group.lines.front();
  if (!line.label) return false;
  if (line.label->numbering == Numbering::bullet || line.label->number == 1) return true;
  const auto follows = [&line](Numbering numbering, std::int32_t number) {
    return (numbering == line.label->numbering && number + 1 == line.label->number) ||
           (numbering != Numbering::bullet && numbering != line.label->numbering &&
            line.label->numbering != Numbering::decimal);
  };
  if (open_ && open_->label && follows(open_->label->numbering, open_->label->number)) return true;
  for (const OpenList& open : lists_) {
    if (follows(open.list.numbering, open.list.start + static_cast<std::int32_t>(open.list.items.size()) - 1))
      return true;
  }
  return line.label->numbering == Numbering::decimal && group.lines.size() > 1 &&
         group.lines[1].x0 > line.x0 + 0.5f * line.size;
}

// A caption between two parts of a sentence comes after it.
bool Composer::put_caption_aside(const Group& group) {
  if (!open_ || !open_->full || open_->heading > 0 || open_->is_code || !is_caption(group.lines.front().text))
    return false;
  Paragraph caption;
  take_places(caption.inlines, group.lines.back().base);
  append_group(caption.inlines, group, 0);
  merge_runs(caption.inlines);
  put_or_defer({std::move(caption)});
  return true;
}

void Composer::add_group(const Page& page, const Group& group, bool first_of_region) {
  if (first_of_region && goes_on(group)) {
    append_group(open_->inlines, group, 0);
    open_->full = group.full;
    return;
  }
  const TextLine& first = group.lines.front();
  Open next;
  next.size = first.size;
  next.x0 = first.x0;
  for (const TextLine& line : group.lines) next.x0 = std::min(next.x0, line.x0);
  next.full = group.full;
  next.right_to_left = first.right_to_left;
  next.bold = group.lines.back().bold;
  if (first.mono && !first.label) {
    next.is_code = true;
    next.code_text = listing(group.lines);
    close_paragraph();
    open_ = std::move(next);
    return;
  }
  if (!bookmarks_.empty()) {
    std::string text;
    for (const TextLine& line : group.lines) text += line.text;
    next.heading = bookmarks_.level_of(page.number, title_key(text));
  }
  if (next.heading == 0 && !is_reference(page, first)) next.heading = looks_.level_of(group, group.space_before);
  if (next.heading == 0) {
    if (is_item(group)) next.label = first.label;
    next.label_x = first.x0;
    next.centered = group.centered;
  }
  take_places(next.inlines, group.lines.back().base);
  append_group(next.inlines, group, next.label ? next.label->bytes : 0);
  close_paragraph();
  open_ = std::move(next);
}

void Composer::region(const Page& page, Region& region) {
  std::vector<TextLine> lines = text_lines(page, region.lines);
  if (lines.empty()) return;
  for (const TextLine& line : lines) vocabulary_.learn(line.text);
  std::vector<Group> groups = groups_of(std::move(lines));
  // Lines of a listing are one block, blank lines in it included; a title of several lines is one heading.
  std::vector<Group> merged;
  for (Group& group : groups) {
    if (!merged.empty()) {
      Group& last = merged.back();
      const TextLine& above = last.lines.back();
      const TextLine& line = group.lines.front();
      const bool listing = above.mono && line.mono && line.base - above.base < 3 * line.size && !line.label;
      const bool title = !bookmarks_.empty() &&
                         bookmarks_.begins(page.number,
                                           [&last] {
                                             std::string text;
                                             for (const TextLine& one : last.lines) text += one.text;
                                             return title_key(text);
                                           }()) &&
                         bookmarks_.level_of(page.number, title_key(last.lines[0].text + group.lines[0].text)) > 0 &&
                         last.lines.size() == 1;
      const bool large = std::fabs(above.size - line.size) < 0.03f * line.size &&
                         line.size > 1.12f * looks_.body_size() && line.base - above.base < 1.5f * line.size &&
                         above.bold == line.bold && (last.centered || above.text.back() == ':') &&
                         last.centered == group.centered;
      if (listing || title || large) {
        for (TextLine& one : group.lines) last.lines.push_back(std::move(one));
        last.full = group.full;
        continue;
      }
    }
    merged.push_back(std::move(group));
  }
  bool first = true;
  for (const Group& group : merged) {
    if (first && put_caption_aside(group)) continue;
    add_group(page, group, first);
    first = false;
  }
}

Block Composer::picture(const Page& page, std::uint32_t index) const {
  Inline run;
  run.content = page.pictures[index].image;
  Paragraph paragraph;
  paragraph.inlines.push_back(std::move(run));
  return {std::move(paragraph)};
}

// What stands between two parts of a paragraph comes after it.
void Composer::put_or_defer(Block block) {
  if (open_ && open_->full && !open_->is_code && open_->heading == 0 && !ends_sentence(last_text(open_->inlines)) &&
      deferred_.size() < 50)
    deferred_.push_back(std::move(block));
  else
    put(std::move(block));
}

void Composer::page(PageLayout& layout) {
  const Page& page = *layout.page;
  const Marks marks = take_notes(layout, looks_.body_size(), [this](std::string_view left, std::string_view right) {
    return vocabulary_.keeps_hyphen(left, right);
  });
  marks_ = &marks;
  for (Destination& place : places_) place.y = 0; // what the page before had no block for
  places_.insert(places_.end(), page.destinations.begin(), page.destinations.end());
  if (const auto parts = tagged_parts(layout, structure_); !parts.empty()) {
    close_all();
    tagged_.page(page, parts, marks, [&](const TablePiece& piece) { return table_of(page, piece, 1); });
    marks_ = nullptr;
    return;
  }
  tagged_.finish();
  bool first = true;
  for (Piece& piece : layout.pieces) {
    if (auto* text = std::get_if<Region>(&piece)) {
      if (text->lines.empty()) continue;
      close_table();
      region(page, *text);
    } else if (const auto* found = std::get_if<TablePiece>(&piece)) {
      table(page, *found, first);
    } else {
      close_table();
      put_or_defer(picture(page, std::get<PicturePiece>(piece).picture));
    }
    first = false;
  }
  marks_ = nullptr;
}

void Composer::finish() {
  close_all();
  tagged_.finish();
}

void Composer::close_all() {
  close_table();
  close_paragraph();
  close_lists(0);
}

} // namespace doc::pdf
