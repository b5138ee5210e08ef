// What ends a paragraph, a note, a text box, a picture and a field's instruction.
#include "../../model/walk.hpp"
#include "../../text/utf8.hpp"
#include "parser.hpp"
#include "typed_marks.hpp"

#include <algorithm>
#include <cctype>

namespace doc::rtf {
namespace {

// Styles make headings bold; what is in all of its text is not the author's emphasis.
void drop_common_style(Inlines& inlines, bool with_italic) {
  const auto all = [&inlines](auto has) {
    return std::all_of(inlines.begin(), inlines.end(), [&has](const Inline& run) {
      const auto* text = std::get_if<std::string>(&run.content);
      return !text || text->find_first_not_of(' ') == std::string::npos || has(run.style);
    });
  };
  const bool bold = all([](const TextStyle& style) { return style.bold; });
  const bool italic = with_italic && all([](const TextStyle& style) { return style.italic; });
  const bool color = all([](const TextStyle& style) { return style.color.has_value(); });
  for (Inline& run : inlines) {
    if (bold) run.style.bold = false;
    if (italic) run.style.italic = false;
    if (color) run.style.color.reset();
  }
  merge_runs(inlines);
}

bool is_all(const Inlines& inlines, bool (*has)(const Inline&)) {
  return std::all_of(inlines.begin(), inlines.end(), has);
}

// Lines in a fixed-width face without a style that says so, as pandoc writes code.
bool is_typed_code(const Inlines& inlines) {
  const bool has_lines =
      !is_all(inlines, [](const Inline& run) { return !std::holds_alternative<LineBreak>(run.content); });
  return has_lines && is_all(inlines, [](const Inline& run) {
           return std::holds_alternative<LineBreak>(run.content) ||
                  (std::holds_alternative<std::string>(run.content) && run.style.code && run.link.empty());
         });
}

// What stands for a horizontal line in a format that has none, as pandoc writes it.
bool is_dashes(const Inlines& inlines) {
  return plain_text(inlines) == "\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94\xe2\x80\x94";
}

// Of a note, between its mark and its text.
void drop_blanks_behind_mark(Inlines& inlines) {
  auto* text = inlines.empty() ? nullptr : std::get_if<std::string>(&inlines.front().content);
  while (text && text->compare(0, 2, "\xc2\xa0") == 0) text->erase(0, 2);
  merge_runs(inlines);
  trim(inlines);
}

void drop_code(Inlines& inlines) {
  for (Inline& run : inlines) run.style.code = false;
  merge_runs(inlines);
}

std::string* first_text(Inlines& inlines) {
  for (Inline& run : inlines) {
    if (auto* text = std::get_if<std::string>(&run.content)) return text;
    if (!std::holds_alternative<Anchor>(run.content)) return nullptr;
  }
  return nullptr;
}

// "☐ " and "☑ ", as they begin a task.
std::optional<bool> take_check_box(Inlines& inlines) {
  std::string* text = first_text(inlines);
  if (!text || text->size() < 4) return std::nullopt;
  const std::string sign = text->substr(0, 3);
  const bool is_open = sign == "\xe2\x98\x90", is_done = sign == "\xe2\x98\x91" || sign == "\xe2\x98\x92";
  if ((!is_open && !is_done) || ((*text)[3] != ' ' && (*text)[3] != '\t')) return std::nullopt;
  text->erase(0, 4);
  return is_done;
}

std::string unquoted(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (rest.empty()) return {};
  const bool is_quoted = rest[0] == '"';
  if (is_quoted) rest.remove_prefix(1);
  const std::size_t end = std::min(rest.find(is_quoted ? '"' : ' '), rest.size());
  std::string word(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

// [MS-DOC] and ECMA-376 part 1, 17.16.5.25: HYPERLINK "address" \l "place" \o "tip" ...
std::string link_of(std::string_view instruction) {
  std::string_view rest = instruction;
  std::string name = unquoted(rest);
  for (char& letter : name) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  if (name != "HYPERLINK") return {};
  std::string address, place;
  while (!rest.empty()) {
    const std::string one = unquoted(rest);
    if (one == "\\l" || one == "\\L")
      place = unquoted(rest);
    else if (one == "\\o" || one == "\\t" || one == "\\O" || one == "\\T")
      unquoted(rest);
    else if (!one.empty() && one[0] != '\\' && address.empty())
      address = one;
  }
  if (!place.empty()) address.append("#").append(place);
  return clean_text(address);
}

constexpr std::int32_t typed_list = -1, old_list = -2; // ids of lists that have none

} // namespace

void Parser::add_inline(Inline run) {
  const CharacterProperties& characters = group().characters;
  if (characters.is_hidden || characters.is_deleted) return;
  if (run.link.empty())
    run.link = std::holds_alternative<LineBreak>(run.content) ? std::string() : links_[characters.link];
  story().add(std::move(run));
}

std::optional<ListMark> Parser::mark_of(const ParagraphProperties& paragraph, Inlines& inlines) {
  ListMark mark;
  if (const ListLevel* level = definitions_.level(paragraph.list, paragraph.level)) {
    mark.list = definitions_.overrides[paragraph.list].list_id;
    mark.rank = paragraph.level;
    mark.numbering = numbering_of(level->number_format);
    mark.start = level->start;
  } else if (paragraph.old_list.is_there) {
    mark.list = old_list;
    mark.rank = paragraph.left;
    mark.numbering = paragraph.old_list.numbering;
    mark.start = paragraph.old_list.start;
    old_number_ = mark.numbering == Numbering::bullet ? std::nullopt : shown_number(shown_mark_, old_number_);
    if (old_number_) {
      mark.numbering = old_number_->numbering;
      mark.start = old_number_->number;
      mark.is_exact = true;
    }
  } else {
    std::string* text = paragraph.first < 0 ? first_text(inlines) : nullptr;
    const auto typed = text ? typed_mark(*text) : std::nullopt;
    if (!typed) return std::nullopt;
    text->erase(0, typed->length);
    mark.list = typed_list;
    mark.rank = paragraph.left;
    mark.numbering = typed->numbering;
    mark.start = typed->number;
    mark.is_exact = typed->numbering != Numbering::bullet;
  }
  trim(inlines);
  if (mark.numbering == Numbering::bullet) mark.checked = take_check_box(inlines);
  merge_runs(inlines);
  return mark;
}

void Parser::end_paragraph(bool ends_cell) {
  make_paragraph(ends_cell);
  shown_mark_.clear();
}

void Parser::make_paragraph(bool ends_cell) {
  const ParagraphProperties& properties = group().paragraph;
  const std::uint32_t depth = ends_cell ? std::max(properties.depth(), 1u) : properties.depth();
  FinishedParagraph made;
  const auto style = definitions_.styles.find(properties.style);
  if (style != definitions_.styles.end()) {
    made.kind = style->second.kind;
    made.level = style->second.level;
  }
  if (properties.outline_level >= 0 && properties.outline_level < 9) {
    made.kind = StyleKind::heading;
    made.level = std::min(properties.outline_level + 1, 6);
  }
  made.inlines = story().take_inlines();
  if (made.kind == StyleKind::other && is_typed_code(made.inlines)) made.kind = StyleKind::code;
  if (made.kind != StyleKind::code) trim(made.inlines);
  const bool is_empty = is_blank(made.inlines);
  auto& anchors = stories_.back().anchors;
  if (is_empty) {
    for (Inline& run : made.inlines) {
      if (auto* anchor = std::get_if<Anchor>(&run.content)) anchors.push_back(std::move(anchor->name));
    }
    if (properties.has_border && !ends_cell && depth == 0)
      story().block({Rule{}}, depth);
    else if (!ends_cell)
      story().blank(depth, made.kind == StyleKind::code);
  } else if (made.kind == StyleKind::other && is_dashes(made.inlines)) {
    story().block({Rule{}}, depth);
  } else {
    if (properties.breaks_page && depth == 0) story().block({PageBreak{}}, depth);
    if (stories_.size() > 1 && story().is_fresh()) drop_blanks_behind_mark(made.inlines);
    for (std::string& name : anchors) made.inlines.insert(made.inlines.begin(), {Anchor{std::move(name)}, {}, {}});
    anchors.clear();
    made.alignment = properties.alignment;
    made.indent = properties.left;
    if (made.kind == StyleKind::heading)
      drop_common_style(made.inlines, style != definitions_.styles.end() && style->second.italic);
    else if (made.kind == StyleKind::code)
      drop_code(made.inlines);
    else
      made.mark = mark_of(properties, made.inlines);
    story().paragraph(std::move(made), depth);
  }
  if (ends_cell) story().end_cell(depth);
}

void Parser::break_page() {
  end_paragraph(false);
  if (group().paragraph.depth() == 0) story().block({PageBreak{}}, 0);
}

void Parser::finish_note(Group& ended) {
  (void)ended;
  end_paragraph(false);
  OpenStory story = std::move(stories_.back());
  story.story->finish();
  stories_.pop_back();
  Note note;
  note.at_end = story.is_endnote;
  note.blocks = std::make_shared<const Blocks>(std::move(*story.blocks));
  if (!note.blocks->empty()) stories_.back().story->add({std::move(note), {}, {}});
}

void Parser::finish_text_box() {
  end_paragraph(false);
  OpenStory story = std::move(stories_.back());
  story.story->finish();
  stories_.pop_back();
  stories_.back().story->queue(std::move(*story.blocks));
}

void Parser::finish_picture() {
  const Destination around = groups_.size() > 1 ? groups_[groups_.size() - 2].destination : Destination::content;
  auto image = picture_.finish(context_);
  picture_ = {};
  if (!image) return;
  if (around == Destination::shape_value && !shapes_.empty()) {
    if (shape_property_ != "pib") return;
    auto& shape = shapes_.size() > 1 ? shapes_[shapes_.size() - 2] : shapes_.back(); // the property's own group is one
    shape.picture = std::make_shared<Image>(*image);
  } else if (around == Destination::content || around == Destination::shape) {
    add_inline({std::move(image), {}, {}});
  }
}

// A bullet that cannot be seen is none: pandoc continues items with it. (The length, a control character, is not in
// it.)
void Parser::finish_level_text() {
  const bool is_invisible = captured_.find_first_not_of(" ;\t") == std::string::npos;
  if (made_list_.levels.empty() || !is_invisible) return;
  ListLevel& level = made_list_.levels.back();
  if (level.number_format == 23) level.number_format = 255;
}

// Sets what the field's result, the next group beside this, leads to.
void Parser::finish_instruction() {
  if (groups_.size() < 2) return;
  const std::string link = link_of(captured_);
  captured_.clear();
  if (link.empty()) return;
  links_.push_back(link);
  groups_[groups_.size() - 2].characters.link = links_.size() - 1;
}

} // namespace doc::rtf
