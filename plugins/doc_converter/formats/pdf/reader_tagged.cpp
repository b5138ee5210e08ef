#include "reader_tagged.hpp"

#include "../../model/walk.hpp"

#include <algorithm>
#include <cmath>

namespace doc::pdf {
namespace {

constexpr std::size_t most_deferred = 50;

// A paragraph is what it is said to be; in anything else paragraphs have to be looked for.
bool is_one_paragraph(Role role) {
  return role == Role::paragraph || role == Role::title || role == Role::heading || role == Role::caption ||
         role == Role::label;
}

Group joined(std::vector<Group> groups) {
  Group all = std::move(groups.front());
  for (std::size_t i = 1; i < groups.size(); ++i) {
    for (TextLine& line : groups[i].lines) all.lines.push_back(std::move(line));
    all.full = groups[i].full;
    all.centered = all.centered && groups[i].centered;
  }
  return all;
}

bool is_listing(const Group& group) {
  return std::all_of(group.lines.begin(), group.lines.end(), [](const TextLine& line) { return line.mono; });
}

} // namespace

KeepsHyphen TaggedComposer::keeps() const {
  return [this](std::string_view left, std::string_view right) { return vocabulary_.keeps_hyphen(left, right); };
}

void TaggedComposer::append(Inlines& inlines, const Group& group, std::size_t skip) {
  append_lines(inlines, group, skip, keeps(), marks_);
}

// Links that lead to a place above the paragraph's end lead to it.
void TaggedComposer::take_places(const Group& group) {
  float y = 0;
  for (const TextLine& line : group.lines) y = std::max(y, line.base);
  std::erase_if(places_, [&](const Destination& place) {
    if (place.y > y) return false;
    open_->inlines.push_back({Anchor{place.name}, {}, {}});
    return true;
  });
}

void TaggedComposer::close_paragraph() {
  if (!open_) return;
  Open paragraph = std::move(*open_);
  open_.reset();
  note_ = Structure::none;
  merge_runs(paragraph.inlines);
  trim(paragraph.inlines);
  context_.spend_inlines(paragraph.inlines.size() + 1);
  if (paragraph.is_code) {
    put({CodeBlock{std::move(paragraph.code), {}}});
  } else if (paragraph.inlines.empty()) {
  } else if (paragraph.heading > 0) {
    strip_bold(paragraph.inlines);
    for (Inline& run : paragraph.inlines) run.style.color.reset();
    put({Heading{paragraph.heading, std::move(paragraph.inlines), Alignment::natural}});
  } else if (paragraph.caption && !levels_.empty() && levels_.back().role == Role::table) {
    Inlines& caption = levels_.back().table.caption;
    if (!caption.empty()) caption.push_back({LineBreak{}, {}, {}});
    std::move(paragraph.inlines.begin(), paragraph.inlines.end(), std::back_inserter(caption));
  } else {
    put({Paragraph{std::move(paragraph.inlines), paragraph.centered ? Alignment::center : Alignment::natural}});
  }
  for (Block& block : std::exchange(deferred_, {})) put(std::move(block));
}

int TaggedComposer::heading_of(const Group& group, std::uint32_t block) const {
  const Element& element = structure_.elements[block];
  if (element.role == Role::heading) {
    if (element.level > 0) return element.level;
    int depth = 0; // of "H", the sections around it say how deep it is
    for (std::uint32_t at = element.parent; at != 0; at = structure_.elements[at].parent) ++depth;
    return std::clamp(depth, 1, 6);
  }
  if (element.role == Role::title) return 1;
  if (!levels_.empty() || element.role == Role::caption) return 0;
  // Titles are often tagged as paragraphs; of what has no headings at all, everything may be.
  const bool large = group.lines.front().size >= 1.3f * looks_.body_size();
  if (structure_.has_headings && !large) return 0;
  std::string text;
  for (const TextLine& line : group.lines) text += line.text;
  const int marked = bookmarks_.level_of(page_->number, title_key(text));
  return marked > 0 ? marked : looks_.level_of(group, 1e6f);
}

// Of an item's beginning: how many bytes its label is, which the list is told of.
std::size_t TaggedComposer::take_label(const Group& group) {
  if (levels_.empty() || levels_.back().role != Role::item || levels_.back().labelled) return 0;
  Level& item = levels_.back();
  List& list = levels_[levels_.size() - 2].list;
  item.labelled = true;
  const auto& label = group.lines.front().label;
  if (!label || !list.items.back().blocks.empty()) return 0;
  if (list.items.size() == 1) {
    list.numbering = label->numbering;
    list.start = label->number;
  }
  return label->bytes;
}

void TaggedComposer::label(const TaggedPart& part) {
  close_paragraph();
  go_to(part.block);
  if (levels_.empty() || levels_.back().role != Role::item) return untagged(part);
  Level& item = levels_.back();
  if (item.labelled) return untagged(part);
  item.labelled = true;
  std::string text;
  for (const TextLine& line : text_lines(*page_, part.lines)) text += line.text;
  const auto label = label_of(text + " -");
  List& list = levels_[levels_.size() - 2].list;
  if (!label || label->bytes < text.size()) { // what is no number of a list is part of the text
    item.prefix = text;
    return;
  }
  if (list.items.size() > 1) return;
  list.numbering = label->numbering;
  list.start = label->number;
}

bool TaggedComposer::add_code(const Group& group, std::uint32_t block) {
  if (!is_listing(group) || group.lines.front().label) return false;
  for (const Level& level : levels_) {
    if (level.role == Role::table) return false;
  }
  const TextLine& first = group.lines.front();
  float x = first.x0;
  for (const TextLine& line : group.lines) x = std::min(x, line.x0);
  std::string code = listing(group.lines);
  if (open_ && open_->is_code && !page_begins_ && std::fabs(open_->size - first.size) < 0.1f * first.size) {
    // Every line may be a paragraph of its own.
    const auto blanks = static_cast<int>(std::lround((x - open_->code_x) / (0.6f * first.size)));
    open_->code += '\n';
    if (blanks > 0) open_->code.append(static_cast<std::size_t>(std::min(blanks, 200)), ' ');
    open_->code += code;
    open_->block = block;
    return true;
  }
  close_paragraph();
  go_to(block);
  Open next;
  next.block = block;
  next.is_code = true;
  next.code = std::move(code);
  next.code_x = x;
  next.size = first.size;
  open_ = std::move(next);
  return true;
}

bool TaggedComposer::goes_on(const Group& group, std::uint32_t block, bool first) const {
  if (!open_ || open_->is_code || !first) return false;
  if (open_->block == block) {
    if (is_one_paragraph(structure_.elements[block].role)) return true;
    return !page_begins_ || (open_->full && !ends_sentence(last_text(open_->inlines)));
  }
  // Some programs begin a paragraph anew on every page.
  return page_begins_ && open_->full && open_->heading == 0 && !ends_sentence(last_text(open_->inlines)) &&
         structure_.elements[block].role == Role::paragraph &&
         structure_.elements[block].parent == structure_.elements[open_->block].parent &&
         begins_lower(group.lines.front().text) &&
         std::fabs(open_->size - group.lines.front().size) < 0.08f * open_->size;
}

void TaggedComposer::note_extent(const Group& group) {
  if (levels_.size() < 2 || levels_[levels_.size() - 2].role != Role::table) return;
  for (const TextLine& line : group.lines)
    levels_[levels_.size() - 2].table.note_place(levels_.back().element, line.x0, line.x1);
}

void TaggedComposer::add_group(const Group& group, std::uint32_t block, bool first) {
  if (goes_on(group, block, first)) {
    append(open_->inlines, group, 0);
    open_->full = group.full;
    open_->block = block;
    page_begins_ = false;
    return;
  }
  const Role role = structure_.elements[block].role;
  if (role != Role::heading && role != Role::title && add_code(group, block)) {
    page_begins_ = false;
    return;
  }
  page_begins_ = false;
  close_paragraph();
  go_to(block);
  const std::size_t skip = take_label(group);
  Open next;
  next.block = block;
  next.heading = heading_of(group, block);
  next.full = group.full;
  next.centered = group.centered && levels_.empty() && next.heading == 0;
  next.caption = role == Role::caption;
  next.size = group.lines.front().size;
  open_ = std::move(next);
  note_extent(group);
  take_places(group);
  if (!levels_.empty() && !levels_.back().prefix.empty()) {
    open_->inlines.push_back({levels_.back().prefix + " ", {}, {}});
    levels_.back().prefix.clear();
  }
  append(open_->inlines, group, skip);
}

void TaggedComposer::text(const TaggedPart& part) {
  std::vector<TextLine> lines = text_lines(*page_, part.lines);
  drop_repeated_head(part.block, lines);
  if (lines.empty()) return;
  for (const TextLine& line : lines) vocabulary_.learn(line.text);
  std::vector<Group> groups = groups_of(std::move(lines));
  if (is_one_paragraph(structure_.elements[part.block].role)) {
    add_group(joined(std::move(groups)), part.block, true);
    return;
  }
  bool first = !part.anew;
  for (const Group& group : groups) {
    add_group(group, part.block, first);
    first = false;
  }
}

// A note that was not found at the page's foot belongs to the text that it is tagged in.
bool TaggedComposer::note(const TaggedPart& part) {
  std::uint32_t at = part.block;
  while (at != 0 && structure_.elements[at].role != Role::note) at = structure_.elements[at].parent;
  if (at == 0 || !open_ || open_->is_code || open_->heading > 0) return false;
  if (note_ != at) {
    note_ = at;
    note_blocks_ = std::make_shared<Blocks>();
    open_->inlines.push_back({Note{note_blocks_, false}, {}, {}});
  }
  simple_blocks(*page_, part.lines, *note_blocks_, keeps(), nullptr, false);
  return true;
}

// What the tree does not know stands in what it was found in.
void TaggedComposer::untagged(const TaggedPart& part) {
  Blocks blocks;
  simple_blocks(*page_, part.lines, blocks, keeps(), marks_, false);
  for (Block& block : blocks) {
    if (open_ && deferred_.size() < most_deferred) {
      deferred_.push_back(std::move(block));
    } else {
      close_paragraph();
      put(std::move(block));
    }
  }
}

void TaggedComposer::picture(const TaggedPart& part) {
  Inline run;
  const auto& image = page_->pictures[part.index].image;
  run.content = image;
  for (std::uint32_t at = part.leaf == Structure::none ? 0 : part.leaf; at != 0; at = structure_.elements[at].parent) {
    const Element& element = structure_.elements[at];
    if (element.role != Role::figure) continue;
    if (element.alt == 0) break;
    auto named = std::make_shared<Image>(*image);
    named->alt = structure_.texts[element.alt - 1];
    run.content = std::shared_ptr<const Image>(std::move(named));
    break;
  }
  if (part.block == Structure::none) {
    Paragraph paragraph;
    paragraph.inlines.push_back(std::move(run));
    if (open_ && deferred_.size() < most_deferred) {
      deferred_.push_back({std::move(paragraph)});
      return;
    }
    close_paragraph();
    put({std::move(paragraph)});
    return;
  }
  if (!open_ || open_->block != part.block || open_->is_code) {
    close_paragraph();
    go_to(part.block);
    open_ = Open{};
    open_->block = part.block;
    const Element& element = structure_.elements[part.block];
    open_->heading = element.role == Role::heading ? std::max<int>(element.level, 1) : 0;
    open_->caption = element.role == Role::caption;
  }
  open_->inlines.push_back(std::move(run));
}

void TaggedComposer::page(const Page& page, const std::vector<TaggedPart>& parts, const Marks& marks,
                          const TableOf& table_of) {
  page_ = &page;
  marks_ = &marks;
  page_begins_ = true;
  for (const TaggedPart& part : parts) {
    if (part.kind == TaggedPart::picture) {
      picture(part);
    } else if (part.kind == TaggedPart::table) {
      close_paragraph();
      put({table_of(*part.piece)});
    } else if (part.block == Structure::none) {
      untagged(part);
    } else if (!note(part)) {
      if (structure_.elements[part.block].role == Role::label)
        label(part);
      else
        text(part);
    }
  }
  page_ = nullptr;
  marks_ = nullptr;
}

void TaggedComposer::finish() {
  close_paragraph();
  close_levels(0);
}

} // namespace doc::pdf
