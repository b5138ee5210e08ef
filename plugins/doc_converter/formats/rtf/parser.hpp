// The state of reading an RTF document: groups inherit the properties of those around them, and give them back.
#pragma once

#include "definitions.hpp"
#include "picture.hpp"
#include "story.hpp"
#include "tokens.hpp"
#include "typed_marks.hpp"
#include "words.hpp"

#include <memory>
#include <string>
#include <vector>

namespace doc::rtf {

struct CharacterProperties {
  TextStyle style = {};
  bool is_hidden = false, is_deleted = false;
  bool is_code_style = false;
  int font = -1;        // the default one
  std::size_t link = 0; // its place among the parser's links; 0: none
};

// A list of before Word 97.
struct OldList {
  bool is_there = false;
  int level = 1;
  Numbering numbering = Numbering::bullet;
  std::int32_t start = 1;
};

struct ParagraphProperties {
  int style = -1;
  int outline_level = -1; // of the paragraph itself
  Alignment alignment = Alignment::natural;
  std::int32_t left = 0, first = 0; // twips
  std::int32_t list = 0, level = 0; // \ls, \ilvl
  OldList old_list = {};
  bool is_in_table = false;
  std::uint32_t table_depth = 0; // \itap; 0: not said
  bool has_border = false;
  bool breaks_page = false;

  std::uint32_t depth() const { return table_depth > 0 ? table_depth : is_in_table ? 1 : 0; }
};

struct Group {
  Destination destination = Destination::content;
  Word owner = Word::unknown; // the destination's word, in the group that it began in
  CharacterProperties characters = {};
  ParagraphProperties paragraph = {};
  int fallback_length = 1; // \uc
  bool has_star = false;
  bool is_ansi_half = false; // of \upr: only \ud is read
  bool in_nested_row = false;
};

class Parser {
public:
  // All outlive it.
  Parser(std::string_view bytes, BlockSink& sink, Context& context);
  void run();

private:
  // parser.cpp
  void token(const Token& token);
  void open();
  void close();
  void close_destination(Group& ended);
  void bytes(std::string_view text);
  void byte(char value);
  void character(std::uint32_t code_point);
  void flush();
  void deliver(std::string_view text);
  void deliver_fonts(std::string_view text);
  void deliver_styles(std::string_view text);
  void symbol_control(char symbol);
  std::uint32_t code_page() const;
  void begin_document();

  // parser_words.cpp
  void word(const Token& token);
  bool destination_word(WordMeaning meaning, const Token& token);
  bool header_word(WordMeaning meaning, const Token& token);
  bool list_word(WordMeaning meaning, const Token& token);
  bool character_word(WordMeaning meaning, const Token& token);
  bool paragraph_word(WordMeaning meaning, const Token& token);
  bool table_word(WordMeaning meaning, const Token& token);
  bool picture_word(WordMeaning meaning, const Token& token);
  void unicode(std::int32_t value);
  void enter(Destination destination, Word owner);
  void begin_story(bool is_note);

  // paragraphs.cpp
  void end_paragraph(bool ends_cell);
  void make_paragraph(bool ends_cell);
  void break_page();
  void finish_note(Group& ended);
  void finish_text_box();
  void finish_picture();
  void finish_instruction();
  void finish_level_text();
  std::optional<ListMark> mark_of(const ParagraphProperties& paragraph, Inlines& inlines);
  void add_inline(Inline run);

  Group& group() { return groups_.back(); }
  Story& story() { return *stories_.back().story; }

  struct OpenStory {
    std::unique_ptr<Story> story;
    std::unique_ptr<Blocks> blocks; // null of the body
    bool is_endnote = false;
    std::vector<std::string> anchors; // for the next paragraph
  };
  struct Field {
    std::string instruction;
  };
  struct Shape {
    std::shared_ptr<Image> picture;
    std::string alt;
  };

  Tokens tokens_;
  std::size_t size_;
  BlockSink& sink_;
  Context& context_;
  std::vector<Group> groups_;
  std::vector<OpenStory> stories_;
  std::vector<Field> fields_;
  std::vector<Shape> shapes_;
  std::vector<std::string> links_{std::string()};
  Definitions definitions_;
  Metadata metadata_;
  bool has_begun_ = false;

  std::string raw_; // bytes of one code page that are not decoded yet
  bool raw_has_escapes_ = false;
  std::string captured_;        // text of the destination that is read
  std::uint32_t surrogate_ = 0; // the first half of a pair
  int to_skip_ = 0;             // of a \u's fallback
  std::uint32_t document_code_page_ = 1252;
  std::uint32_t color_ = 0;
  bool has_color_ = false;
  int font_ = -1, style_ = 0;
  bool is_character_style_ = false;
  Style made_style_;
  int style_outline_ = -1;
  ListDefinition made_list_;
  std::int32_t override_list_ = 0;
  Picture picture_;
  std::string shape_property_;
  std::string shown_mark_;              // of an old list's item, before this paragraph
  std::optional<TypedMark> old_number_; // of the old list's item above
  bool section_goes_on_ = false;
  std::uint64_t tokens_seen_ = 0;
};

} // namespace doc::rtf
