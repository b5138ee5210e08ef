// Lines as text: their runs, their labels, and how two of them join.
#pragma once

#include "reader_lines.hpp"
#include "reader_page.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace doc::pdf {

// What a list's item begins with.
struct Label {
  Numbering numbering = Numbering::bullet;
  std::int32_t number = 1;
  std::size_t bytes = 0; // of the text, the blanks behind it not counted
  char closing = 0;      // '.' or ')' of a number
};

// Of a line that has text behind it.
std::optional<Label> label_of(std::string_view text);

// A line with what is asked of it again and again.
struct TextLine {
  const Page* page = nullptr;
  const Line* line = nullptr;
  std::string text;
  float x0 = 0, x1 = 0, base = 0, size = 0;
  float first_word = 0;                            // its width
  bool bold = false, italic = false, mono = false; // all of it
  bool right_to_left = false;
  std::optional<Label> label;
};

// Dots that lead to a page's number, as in a table of contents.
bool has_leaders(std::string_view text);

TextLine text_line(const Page& page, const Line& line);

// Notes by the glyph that their mark begins with; the glyphs of the mark are left out.
using Marks = std::unordered_map<std::uint32_t, Inline>;

// Appends the line's runs; the first `skip` bytes of its text, which are its label, are left out.
void append_runs(Inlines& inlines, const TextLine& line, std::size_t skip, const Marks* marks);

// Says whether the word that a hyphen at a line's end divides is written with it elsewhere.
using KeepsHyphen = std::function<bool(std::string_view left, std::string_view right)>;

// Prepares the runs for text that goes on with `next`: a blank, or a hyphen less.
void join_lines(Inlines& inlines, std::string_view next, const KeepsHyphen& keeps);

// A listing's lines with the blanks that their places ask for.
std::string listing(const std::vector<TextLine>& lines);

} // namespace doc::pdf
