// What each control word does.
#include "../../text/utf8.hpp"
#include "parser.hpp"

#include <algorithm>

namespace doc::rtf {
namespace {

constexpr std::size_t deepest_story = 20; // notes in text boxes in notes ...

// A property that is off only where its value is 0.
bool is_on(const Token& token) { return !token.has_value || token.value != 0; }

std::int32_t bounded(std::int32_t value) { return std::clamp(value, -1'000'000, 1'000'000); }

} // namespace

void Parser::word(const Token& token) {
  Group& current = group();
  const WordMeaning meaning = meaning_of(token.text);
  if (current.destination == Destination::skipped && meaning.word != Word::ud) return;
  const bool had_star = std::exchange(current.has_star, false);
  if (destination_word(meaning, token)) return;
  if (had_star && meaning.word != Word::transparent && meaning.word != Word::cs && meaning.word != Word::s &&
      meaning.word != Word::nesttableprops) {
    // A destination that is to be ignored by who does not know it. Styles have stars too.
    if (current.destination != Destination::styles || meaning.word == Word::unknown) {
      current.destination = Destination::skipped;
      return;
    }
  }
  if (to_skip_ > 0 && meaning.word == Word::character) {
    --to_skip_; // the fallback of a \u
    return;
  }
  to_skip_ = 0;
  if (header_word(meaning, token) || list_word(meaning, token) || picture_word(meaning, token) ||
      character_word(meaning, token) || paragraph_word(meaning, token))
    return;
  table_word(meaning, token);
}

void Parser::enter(Destination destination, Word owner) {
  group().destination = destination;
  group().owner = owner;
}

void Parser::begin_story(bool is_note) {
  if (stories_.size() >= deepest_story) {
    group().destination = Destination::skipped;
    return;
  }
  OpenStory inner;
  inner.blocks = std::make_unique<Blocks>();
  inner.story = std::make_unique<Story>(
      context_, [blocks = inner.blocks.get()](Block block) { blocks->push_back(std::move(block)); });
  stories_.push_back(std::move(inner));
  enter(Destination::content, is_note ? Word::footnote : Word::shptxt);
  const int font = group().characters.font;
  group().characters = {};
  group().characters.font = font;
  group().paragraph = {};
}

bool Parser::destination_word(WordMeaning meaning, const Token& token) {
  const Destination around = group().destination;
  switch (meaning.word) {
  case Word::skip: group().destination = Destination::skipped; return true;
  case Word::fonttbl: enter(Destination::fonts, meaning.word); return true;
  case Word::colortbl: enter(Destination::colors, meaning.word); return true;
  case Word::stylesheet: enter(Destination::styles, meaning.word); return true;
  case Word::listtable: enter(Destination::lists, meaning.word); return true;
  case Word::listoverridetable: enter(Destination::overrides, meaning.word); return true;
  case Word::info: enter(Destination::info, meaning.word); return true;
  case Word::title:
  case Word::author:
  case Word::subject:
  case Word::keywords:
    if (around == Destination::info) {
      captured_.clear();
      enter(Destination::information, meaning.word);
    }
    return true;
  case Word::field:
    if (group().owner == Word::unknown) {
      fields_.emplace_back();
      group().owner = Word::field;
    }
    return true;
  case Word::fldinst:
    captured_.clear();
    enter(Destination::instruction, meaning.word);
    return true;
  case Word::fldrslt: return true;
  case Word::bkmkstart:
    if (around == Destination::content) {
      captured_.clear();
      enter(Destination::bookmark, meaning.word);
    } else {
      group().destination = Destination::skipped;
    }
    return true;
  case Word::pict:
    picture_ = {};
    enter(Destination::picture, meaning.word);
    return true;
  case Word::shape:
    if (group().owner == Word::unknown) {
      shapes_.emplace_back();
      enter(Destination::shape, meaning.word);
    }
    return true;
  case Word::sn:
    captured_.clear();
    enter(Destination::shape_name, meaning.word);
    return true;
  case Word::sv:
    captured_.clear();
    enter(Destination::shape_value, meaning.word);
    return true;
  case Word::shptxt: begin_story(false); return true;
  case Word::footnote: begin_story(true); return true;
  case Word::leveltext:
    captured_.clear();
    enter(around == Destination::lists ? Destination::level_text : Destination::skipped, meaning.word);
    return true;
  case Word::pn: enter(Destination::numbering, meaning.word); return true;
  case Word::pntext:
    captured_.clear();
    enter(around == Destination::content ? Destination::shown_mark : Destination::skipped, meaning.word);
    return true;
  case Word::upr: group().is_ansi_half = true; return true;
  case Word::ud:
    // The same again, as Unicode: it takes the place of its elder brother.
    if (groups_.size() > 2) group().destination = groups_[groups_.size() - 2].destination;
    return true;
  case Word::transparent:
    if (token.text == "result" && around == Destination::shape) group().destination = Destination::content;
    return true;
  case Word::nesttableprops: group().in_nested_row = true; return true;
  default: return false;
  }
}

bool Parser::header_word(WordMeaning meaning, const Token& token) {
  const Destination around = group().destination;
  switch (meaning.word) {
  case Word::ansi: return true;
  case Word::mac:
  case Word::pc:
  case Word::pca: document_code_page_ = static_cast<std::uint32_t>(meaning.value); return true;
  case Word::ansicpg:
    if (token.value > 0) document_code_page_ = static_cast<std::uint32_t>(token.value);
    return true;
  case Word::deff: definitions_.default_font = token.value; return true;
  case Word::deflang: metadata_.language = language_of(token.value); return true;
  case Word::uc: group().fallback_length = std::clamp(token.value, 0, 16); return true;
  case Word::u: unicode(token.value); return true;
  case Word::f:
    if (around == Destination::fonts) {
      font_ = token.value;
      captured_.clear();
      definitions_.fonts[font_] = {};
    } else if (around != Destination::styles) {
      group().characters.font = token.value;
    }
    return true;
  case Word::fcharset:
    if (around == Destination::fonts && font_ >= 0) {
      definitions_.fonts[font_].code_page = code_page_of_charset(token.value);
      definitions_.fonts[font_].is_symbol = token.value == 2;
    }
    return true;
  case Word::cpg:
    if (around == Destination::fonts && font_ >= 0 && token.value > 0)
      definitions_.fonts[font_].code_page = static_cast<std::uint32_t>(token.value);
    return true;
  case Word::fixed_width:
    if (around == Destination::fonts && font_ >= 0) definitions_.fonts[font_].is_fixed_width = true;
    return true;
  case Word::red:
  case Word::green:
  case Word::blue: {
    const int shift = meaning.word == Word::red ? 16 : meaning.word == Word::green ? 8 : 0;
    color_ |= static_cast<std::uint32_t>(std::clamp(token.value, 0, 255)) << shift;
    has_color_ = true;
    return true;
  }
  case Word::s:
  case Word::cs:
    if (around == Destination::styles) {
      style_ = token.value;
      is_character_style_ = meaning.word == Word::cs;
    } else if (meaning.word == Word::s) {
      group().paragraph.style = token.value;
    } else {
      const auto style = definitions_.character_styles.find(token.value);
      group().characters.is_code_style =
          style != definitions_.character_styles.end() && style->second.kind == StyleKind::code;
    }
    return true;
  case Word::outlinelevel:
    if (around == Destination::styles)
      style_outline_ = token.value;
    else
      group().paragraph.outline_level = token.value;
    return true;
  default: return false;
  }
}

bool Parser::list_word(WordMeaning meaning, const Token& token) {
  const Destination around = group().destination;
  const bool in_lists = around == Destination::lists;
  switch (meaning.word) {
  case Word::list: made_list_ = {}; return true;
  case Word::listlevel:
    if (in_lists && made_list_.levels.size() < 9) made_list_.levels.emplace_back();
    return true;
  case Word::levelnfc:
    if (in_lists && !made_list_.levels.empty()) made_list_.levels.back().number_format = token.value;
    return true;
  case Word::levelstartat:
    if (in_lists && !made_list_.levels.empty()) made_list_.levels.back().start = bounded(token.value);
    return true;
  case Word::listid:
    if (in_lists) {
      made_list_.id = token.value;
      definitions_.lists[token.value] = made_list_;
    } else if (around == Destination::overrides) {
      override_list_ = token.value;
    }
    return true;
  case Word::listoverride: override_list_ = 0; return true;
  case Word::ls:
    if (around == Destination::overrides)
      definitions_.overrides[token.value].list_id = override_list_;
    else if (around != Destination::styles)
      group().paragraph.list = token.value;
    return true;
  case Word::ilvl:
    if (around != Destination::styles) group().paragraph.level = std::clamp(token.value, 0, 8);
    return true;
  default: return false;
  }
}

bool Parser::character_word(WordMeaning meaning, const Token& token) {
  if (group().destination == Destination::styles) {
    if (meaning.word == Word::italic) made_style_.italic = is_on(token);
    return false;
  }
  CharacterProperties& characters = group().characters;
  TextStyle& style = characters.style;
  switch (meaning.word) {
  case Word::plain: {
    const std::size_t link = characters.link;
    characters = {};
    characters.link = link;
    return true;
  }
  case Word::bold: style.bold = is_on(token); return true;
  case Word::italic: style.italic = is_on(token); return true;
  case Word::underline: style.underline = is_on(token); return true;
  case Word::no_underline: style.underline = false; return true;
  case Word::strike: style.strikethrough = is_on(token); return true;
  case Word::superscript:
  case Word::subscript:
    style.superscript = meaning.word == Word::superscript && is_on(token);
    style.subscript = meaning.word == Word::subscript && is_on(token);
    return true;
  case Word::no_rise: style.superscript = style.subscript = false; return true;
  case Word::up: style.superscript = !token.has_value || token.value > 0; return true;
  case Word::down: style.subscript = !token.has_value || token.value > 0; return true;
  case Word::color: style.color = definitions_.color(token.value); return true;
  case Word::background: style.background = definitions_.color(token.value); return true;
  case Word::hidden: characters.is_hidden = is_on(token); return true;
  case Word::deleted: characters.is_deleted = is_on(token); return true;
  default: return false;
  }
}

bool Parser::paragraph_word(WordMeaning meaning, const Token& token) {
  const bool is_content = group().destination == Destination::content;
  ParagraphProperties& paragraph = group().paragraph;
  OldList& old_list = groups_.size() > 1 && group().destination == Destination::numbering
                          ? groups_[groups_.size() - 2].paragraph.old_list
                          : paragraph.old_list;
  switch (meaning.word) {
  case Word::pard: paragraph = {}; return true;
  case Word::left: paragraph.alignment = Alignment::natural; return true;
  case Word::center: paragraph.alignment = Alignment::center; return true;
  case Word::right: paragraph.alignment = Alignment::right; return true;
  case Word::justify: paragraph.alignment = Alignment::justify; return true;
  case Word::left_indent: paragraph.left = bounded(token.value); return true;
  case Word::first_indent: paragraph.first = bounded(token.value); return true;
  case Word::intbl: paragraph.is_in_table = is_on(token); return true;
  case Word::itap: paragraph.table_depth = static_cast<std::uint32_t>(std::clamp(token.value, 0, 50)); return true;
  case Word::border: paragraph.has_border = true; return true;
  case Word::page_before: paragraph.breaks_page = is_on(token); return true;
  case Word::par:
    if (is_content) end_paragraph(false);
    return true;
  case Word::line:
    if (is_content) add_inline({LineBreak{}, {}, {}});
    return true;
  case Word::page:
    if (is_content) break_page();
    return true;
  case Word::section_kind: section_goes_on_ = meaning.value != 0; return true;
  case Word::sect:
    if (is_content && section_goes_on_)
      end_paragraph(false);
    else if (is_content)
      break_page();
    return true;
  case Word::tab: character('\t'); return true;
  case Word::character: character(static_cast<std::uint32_t>(meaning.value)); return true;
  case Word::ftnalt:
    if (stories_.size() > 1) stories_.back().is_endnote = true;
    return true;
  case Word::pnlvlblt: old_list = {true, 1, Numbering::bullet, 1}; return true;
  case Word::pnlvlbody: old_list = {true, 1, Numbering::decimal, 1}; return true;
  case Word::pnlvl: old_list = {true, std::clamp(token.value, 1, 9), Numbering::decimal, 1}; return true;
  case Word::pnnumber: old_list.numbering = numbering_of(meaning.value); return true;
  case Word::pnstart: old_list.start = bounded(token.value); return true;
  default: return false;
  }
}

bool Parser::table_word(WordMeaning meaning, const Token& token) {
  if (group().destination != Destination::content) return false;
  RowDefinition& row = story().definition(group().in_nested_row);
  CellDefinition& cell = story().next_cell;
  switch (meaning.word) {
  case Word::trowd:
    row = {};
    cell = {};
    return true;
  case Word::trleft: row.left = bounded(token.value); return true;
  case Word::trhdr: row.is_header = true; return true;
  case Word::clmrg: cell.goes_on_from_left = true; return true;
  case Word::clvmrg: cell.goes_on_from_above = true; return true;
  case Word::clcbpat: cell.background = definitions_.color(token.value); return true;
  case Word::cellx:
    cell.right = bounded(token.value);
    if (row.cells.size() < 1000) row.cells.push_back(cell);
    cell = {};
    return true;
  case Word::cell: end_paragraph(true); return true;
  case Word::nestcell:
    if (group().paragraph.depth() < 2) group().paragraph.table_depth = 2;
    end_paragraph(true);
    return true;
  case Word::row: story().end_row(1); return true;
  case Word::nestrow: story().end_row(std::max(group().paragraph.depth(), 2u)); return true;
  default: return false;
  }
}

bool Parser::picture_word(WordMeaning meaning, const Token& token) {
  if (group().destination != Destination::picture) return false;
  switch (meaning.word) {
  case Word::dibitmap: picture_.is_bitmap = true; return true;
  case Word::picw: picture_.width = token.value; return true;
  case Word::pich: picture_.height = token.value; return true;
  case Word::picwgoal: picture_.width_goal = token.value; return true;
  case Word::pichgoal: picture_.height_goal = token.value; return true;
  case Word::picscalex: picture_.scale_x = token.value; return true;
  case Word::picscaley: picture_.scale_y = token.value; return true;
  default: return true; // nothing else means anything in it
  }
}

// A surrogate waits for its other half. What follows is for readers that know no Unicode.
void Parser::unicode(std::int32_t value) {
  flush();
  const std::uint32_t first = surrogate_;
  std::uint32_t unit = static_cast<std::uint32_t>(value < 0 ? value + 65536 : value);
  to_skip_ = group().fallback_length;
  surrogate_ = 0;
  if (unit >= 0xd800 && unit < 0xdc00) {
    surrogate_ = unit;
    return;
  }
  if (unit >= 0xdc00 && unit < 0xe000) {
    if (first == 0) return;
    unit = 0x10000 + ((first - 0xd800) << 10) + (unit - 0xdc00);
  }
  const auto font = definitions_.fonts.find(group().characters.font);
  if (unit >= 0xf020 && unit <= 0xf0ff) unit = symbol(font != definitions_.fonts.end() ? font->second.name : "", unit);
  character(unit);
}

} // namespace doc::rtf
