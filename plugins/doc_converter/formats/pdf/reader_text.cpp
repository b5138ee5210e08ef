#include "reader_text.hpp"

#include "../../text/utf8.hpp"
#include "reader_characters.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace doc::pdf {
namespace {

bool is_bullet(std::uint32_t c) {
  switch (c) {
  case 0x2022:
  case 0x25e6:
  case 0x25aa:
  case 0x25ab:
  case 0x25a0:
  case 0x25a1:
  case 0x25cf:
  case 0x25cb:
  case 0x2023:
  case 0x2043:
  case 0x2013:
  case 0x2014:
  case 0x27a2:
  case 0x2713:
  case 0x2714:
  case 0x2756:
  case 0x25b6:
  case 0x25b8:
  case 0x25ba:
  case 0x25c6:
  case 0x25c7:
  case 0x2219:
  case 0x2610:
  case 0x2611:
  case 0x2192:
  case 0x2212:
  case 0x2217:
  case '*':
  case '-':
  case 0xb7:
  case 0x25e: return true;
  default: return false;
  }
}

// Also where its word touches it: no sentence has these in it.
bool begins_item_alone(std::uint32_t c) {
  return c == 0x2022 || c == 0x25aa || c == 0x25cf || c == 0x25e6 || c == 0x2023 || c == 0x27a2;
}

// No second bullet: those may be a rating, or hide a password.
bool begins_word(std::string_view text) {
  if (text.empty()) return false;
  std::size_t position = 0;
  const std::uint32_t c = next_code_point(text, position);
  if (c < 0x80) return std::isalnum(static_cast<int>(c)) || c == '(' || c == '[' || c == '"' || c == '\'';
  return !(c >= 0x2000 && c < 0x2c00) || c == 0x2018 || c == 0x201c || c == 0x201e;
}

std::optional<std::int32_t> roman(std::string_view digits) {
  std::int32_t value = 0, last = 0;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c) {
    std::int32_t one = 0;
    switch (std::tolower(static_cast<unsigned char>(*c))) {
    case 'i': one = 1; break;
    case 'v': one = 5; break;
    case 'x': one = 10; break;
    case 'l': one = 50; break;
    case 'c': one = 100; break;
    default: return std::nullopt;
    }
    value += one < last ? -one : one;
    last = std::max(last, one);
  }
  return value > 0 && value < 200 ? std::optional(value) : std::nullopt;
}

// "1.", "(1)", "a)", "iv." and the like.
std::optional<Label> numbered(std::string_view word) {
  Label label;
  label.bytes = word.size();
  const bool opened = word.starts_with('(');
  if (opened) word.remove_prefix(1);
  if (word.size() < 2 || (word.back() != '.' && word.back() != ')')) return std::nullopt;
  label.closing = word.back();
  if (opened && label.closing != ')') return std::nullopt;
  word.remove_suffix(1);
  const auto all = [word](int (*is)(int)) {
    return std::all_of(word.begin(), word.end(), [is](char c) { return is(static_cast<unsigned char>(c)) != 0; });
  };
  if (word.size() <= 3 && all(std::isdigit)) {
    label.numbering = Numbering::decimal;
    label.number = 0;
    for (const char c : word) label.number = label.number * 10 + (c - '0');
    return label;
  }
  const bool upper = all(std::isupper);
  if (!upper && !all(std::islower)) return std::nullopt;
  // "i", "v" and "x" are numbers rather than letters; the list that it stands in decides.
  const auto value = roman(word);
  if (value && (word.size() > 1 || word == "i" || word == "I")) {
    label.numbering = upper ? Numbering::upper_roman : Numbering::lower_roman;
    label.number = *value;
    return word.size() <= 6 ? std::optional(label) : std::nullopt;
  }
  if (word.size() != 1) return std::nullopt;
  label.numbering = upper ? Numbering::upper_alpha : Numbering::lower_alpha;
  label.number = word[0] - (upper ? 'A' : 'a') + 1;
  return label;
}

std::uint32_t last_code_point(std::string_view text, std::size_t* begin = nullptr) {
  std::size_t at = text.size();
  while (at > 0 && (static_cast<unsigned char>(text[at - 1]) & 0xc0) == 0x80) --at;
  if (at > 0) --at;
  if (begin) *begin = at;
  std::size_t position = at;
  return text.empty() ? 0 : next_code_point(text, position);
}

bool is_lower_letter(std::uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 0xdf && c <= 0xff && c != 0xf7) || (c >= 0x100 && c <= 0x17f && c % 2 == 1) ||
         (c >= 0x3ac && c <= 0x3ce) || (c >= 0x430 && c <= 0x45f);
}

bool is_letter(std::uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c < 0x590 && c != 0xd7 && c != 0xf7) ||
         (c >= 0x1e00 && c < 0x2000);
}

// Colours that say something: what is nearly black is how text is printed, and what is nearly white cannot be read
// without what is behind it.
std::optional<std::uint32_t> telling_color(std::uint32_t color) {
  const auto [low, high] = std::minmax({color >> 16 & 0xff, color >> 8 & 0xff, color & 0xff});
  if (high < 0x60 && high - low < 0x28) return std::nullopt;
  if (low > 0xd0) return std::nullopt;
  return color;
}

TextStyle style_of(const Page& page, const Line& line, const Glyph& glyph) {
  const Face& face = page.faces[glyph.face];
  TextStyle style;
  style.bold = face.bold;
  style.italic = face.italic;
  std::size_t position = 0;
  style.code = face.mono && !is_east_asian(next_code_point(page.text_of(glyph), position));
  if (glyph.size < script_size * line.size) {
    if (glyph.base < line.base - 0.15f * line.size)
      style.superscript = true;
    else if (glyph.base > line.base + 0.07f * line.size)
      style.subscript = true;
  }
  if (glyph.link < 0) style.color = telling_color(glyph.color);
  return style;
}

} // namespace

std::optional<Label> label_of(std::string_view text) {
  std::size_t begin = 0;
  if (!text.empty() && begins_item_alone(next_code_point(text, begin)) && begins_word(text.substr(begin))) {
    Label label;
    label.bytes = begin;
    return label;
  }
  const std::size_t end = text.find(' ');
  if (end == std::string_view::npos || end > 8 || text.find_first_not_of(' ', end) == std::string_view::npos)
    return std::nullopt;
  const std::string_view word = text.substr(0, end);
  std::size_t position = 0;
  const std::uint32_t first = next_code_point(word, position);
  if (position == word.size() && (is_bullet(first) || (first == 'o' && text.size() > 12))) {
    Label label;
    label.bytes = end;
    label.closing = first == 'o' ? 'o' : 0;
    return label;
  }
  return numbered(word);
}

bool has_leaders(std::string_view text) {
  return text.find("....") != std::string_view::npos || text.find(". . .") != std::string_view::npos ||
         text.find("………") != std::string_view::npos;
}

TextLine text_line(const Page& page, const Line& line) {
  TextLine result;
  result.page = &page;
  result.line = &line;
  result.x0 = line.box.x0;
  result.x1 = line.box.x1;
  result.base = line.base;
  result.size = line.size;
  result.bold = result.italic = result.mono = true;
  std::size_t word_end = 0, right = 0;
  bool letters = false, signs_mono = true;
  for (std::size_t i = 0; i < line.glyphs.size(); ++i) {
    const Glyph& glyph = page.glyphs[line.glyphs[i]];
    const Face& face = page.faces[glyph.face];
    const std::string_view text = page.text_of(glyph);
    result.text += text;
    const bool sign = text.size() == 1 && !std::isalnum(static_cast<unsigned char>(text[0]));
    signs_mono = signs_mono && face.mono;
    letters = letters || !sign;
    if (!sign) { // a dot or a bullet may be of any face
      result.bold = result.bold && face.bold;
      result.italic = result.italic && face.italic;
      result.mono = result.mono && face.mono;
    }
    if (static_cast<unsigned char>(text[0]) >= 0xd6) {
      std::size_t position = 0;
      const std::uint32_t code_point = next_code_point(text, position);
      if (is_right_to_left(code_point)) ++right;
      if (is_east_asian(code_point)) result.mono = false; // all of it has one width, and is no listing
    }
    if (i + 1 < line.glyphs.size() && blank_between(page, line, i)) {
      result.text += ' ';
      if (word_end == 0) word_end = i + 1;
    }
  }
  if (!letters) result.mono = signs_mono; // a brace of a listing, and no star of a note
  result.right_to_left = right * 2 > line.glyphs.size();
  if (word_end == 0) word_end = line.glyphs.size();
  const Glyph& first = page.glyphs[line.glyphs.front()];
  const Glyph& last = page.glyphs[line.glyphs[word_end - 1]];
  result.first_word = std::fabs(std::max(last.x1, first.x1) - std::min(last.x0, first.x0));
  result.label = label_of(result.text);
  if (result.label && result.label->closing == 'o' && !page.faces[first.face].mono) result.label.reset();
  return result;
}

void append_runs(Inlines& inlines, const TextLine& line, std::size_t skip, const Marks* marks) {
  const Page& page = *line.page;
  const auto& glyphs = line.line->glyphs;
  bool blank = false;
  for (std::size_t i = 0; i < glyphs.size(); ++i) {
    const Glyph& glyph = page.glyphs[glyphs[i]];
    const std::string_view text = page.text_of(glyph);
    const bool blank_after = i + 1 < glyphs.size() && blank_between(page, *line.line, i);
    if (skip > 0) {
      skip -= std::min(skip, text.size());
      continue;
    }
    if (marks) {
      if (const auto mark = marks->find(glyphs[i]); mark != marks->end()) {
        if (!mark->second.link.empty() || std::holds_alternative<Note>(mark->second.content))
          inlines.push_back(mark->second);
        blank = blank_after;
        continue;
      }
    }
    const TextStyle style = style_of(page, *line.line, glyph);
    const std::string_view link = glyph.link >= 0
                                      ? std::string_view(page.links[static_cast<std::size_t>(glyph.link)].target)
                                      : std::string_view();
    std::string* last = inlines.empty() ? nullptr : std::get_if<std::string>(&inlines.back().content);
    if (blank) {
      // A blank is part of neither a link's end nor of code.
      const auto plain = [](const TextStyle& one) { return !one.code && !one.superscript && !one.subscript; };
      const bool same = last && inlines.back().style == style && inlines.back().link == link;
      if (last && (same || (inlines.back().link.empty() && plain(inlines.back().style))))
        *last += ' ';
      else {
        inlines.push_back({std::string(" "), {}, {}});
        last = nullptr;
      }
      blank = false;
    }
    if (last && inlines.back().style == style && inlines.back().link == link)
      *last += text;
    else
      inlines.push_back({std::string(text), style, std::string(link)});
    blank = blank_after;
  }
}

void join_lines(Inlines& inlines, std::string_view next, const KeepsHyphen& keeps) {
  if (inlines.empty() || next.empty()) return;
  if (std::holds_alternative<Anchor>(inlines.back().content)) return;
  std::string* last = std::get_if<std::string>(&inlines.back().content);
  if (!last) {
    if (!std::holds_alternative<LineBreak>(inlines.back().content)) inlines.push_back({std::string(" "), {}, {}});
    return;
  }
  std::size_t begin = 0, position = 0;
  const std::uint32_t end = last_code_point(*last, &begin), first = next_code_point(next, position);
  if (end == 0xad) {
    last->resize(begin);
    if (last->empty()) inlines.pop_back();
    return;
  }
  if (end == '-' || end == 0x2010) {
    const std::uint32_t before = last_code_point(std::string_view(*last).substr(0, begin));
    if (is_letter(before) && is_lower_letter(first)) {
      const std::size_t word = last->find_last_of(" \t") == std::string::npos ? 0 : last->find_last_of(" \t") + 1;
      const std::string_view left = std::string_view(*last).substr(word, begin - word);
      const std::string_view right = next.substr(0, next.find(' '));
      if (!keeps || !keeps(left, right)) last->resize(begin);
      if (last->empty()) inlines.pop_back();
      return;
    }
    // A compound or a range is broken behind its own hyphen; a dash has a blank before it.
    if (before != ' ' && before != 0 && begin > 0) return;
  }
  if (is_east_asian(end) && is_east_asian(first)) return;
  if (last->back() == ' ') return;
  // An address that is too long for its line goes on without a blank.
  if (end == '/' && !inlines.back().link.empty()) return;
  if (inlines.back().link.empty())
    *last += ' ';
  else
    inlines.push_back({std::string(" "), {}, {}});
}

std::string listing(const std::vector<TextLine>& lines) {
  if (lines.empty()) return {};
  float left = lines[0].x0, wide = 0;
  std::size_t count = 0;
  for (const TextLine& line : lines) {
    left = std::min(left, line.x0);
    for (const std::uint32_t i : line.line->glyphs) {
      wide += line.page->glyphs[i].x1 - line.page->glyphs[i].x0;
      ++count;
    }
  }
  wide = std::max(1.0f, wide / static_cast<float>(std::max<std::size_t>(count, 1)));
  std::string text;
  for (const TextLine& line : lines) {
    if (!text.empty()) text += '\n';
    float x = left;
    for (const std::uint32_t i : line.line->glyphs) {
      const Glyph& glyph = line.page->glyphs[i];
      const auto blanks = static_cast<int>(std::lround((glyph.x0 - x) / wide));
      if (blanks > 0) text.append(static_cast<std::size_t>(std::min(blanks, 200)), ' ');
      text += line.page->text_of(glyph);
      x = glyph.x1;
    }
  }
  return text;
}

} // namespace doc::pdf
