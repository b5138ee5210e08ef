#include "shift.hpp"

#include <algorithm>
#include <array>

namespace doc::markdown {
namespace {

constexpr std::size_t places = 256;
constexpr std::size_t misread = 4; // MD_BLOCK_LI
constexpr std::size_t none = std::string_view::npos;

bool is_rule(std::string_view text) {
  if (text.empty() || (text[0] != '-' && text[0] != '_' && text[0] != '*')) return false;
  return text.find_first_not_of(text[0] == '-' ? "- \t" : text[0] == '_' ? "_ \t" : "* \t") == none;
}

struct Line {
  std::size_t begin = 0; // of what is in the list item
  std::size_t end = 0;
  bool is_in_list = false; // indented, or behind a list's mark
};

// Goes over indentation and the marks of lists and quotes.
Line line_at(std::string_view text, std::size_t begin, std::size_t end) {
  Line line{begin, end, false};
  // Where the line ends as a rule would: a scan for each mark would take all of them again.
  std::size_t rule = end;
  char mark_of_rule = '\0';
  while (rule > begin) {
    const char c = text[rule - 1];
    const bool is_mark = c == '-' || c == '_' || c == '*';
    if (c != ' ' && c != '\t' && !(is_mark && (mark_of_rule == '\0' || c == mark_of_rule))) break;
    if (is_mark) mark_of_rule = c;
    --rule;
  }
  const auto skip = [&](std::string_view of) {
    line.begin = std::min(text.find_first_not_of(of, line.begin), end);
    return line.begin;
  };
  for (;;) {
    const std::size_t before = line.begin;
    line.is_in_list = skip(" \t") > before || line.is_in_list;
    if (line.begin >= rule) return line;
    std::size_t mark = line.begin;
    if (mark < end && text[mark] == '>') {
      ++line.begin;
      continue;
    }
    if (mark < end && (text[mark] == '-' || text[mark] == '+' || text[mark] == '*')) {
      ++mark;
    } else {
      mark = std::min(text.find_first_not_of("0123456789", mark), end);
      if (mark == line.begin || mark == end || (text[mark] != '.' && text[mark] != ')')) return line;
      ++mark;
    }
    if (mark >= end || (text[mark] != ' ' && text[mark] != '\t')) return line;
    line.begin = mark;
  }
}

class Places {
public:
  explicit Places(std::string_view text) : text_(text) {}

  std::size_t fewest() {
    Line before, last;
    std::size_t blanks = 0;
    for (std::size_t begin = 0; begin < text_.size();) {
      std::size_t end = std::min(text_.find('\n', begin), text_.size());
      const std::size_t next = end + 1;
      if (end > begin && text_[end - 1] == '\r') --end;
      const Line line = line_at(text_, begin, end);
      begin = next;
      if (line.begin < line.end) {
        before = last;
        last = line;
        blanks = 0;
      } else if (last.is_in_list && ++blanks <= 2) {
        blanks == 1 ? first_blank(before, last) : second_blank(last);
      }
    }
    const auto best = [&](std::size_t shift) { return counts_[(misread + places - shift) % places]; };
    std::size_t found = 0;
    for (std::size_t shift = 1; shift < places && best(found) > 0; ++shift) {
      if (best(shift) < best(found)) found = shift;
    }
    return found;
  }

private:
  // What ends without a blank line: headings, rules, and code between fences.
  void first_blank(const Line& before, const Line& last) {
    const std::string_view text = text_.substr(last.begin, last.end - last.begin);
    if (text[0] == '#') {
      count(text_.find_first_not_of("# \t", last.begin));
    } else if (is_rule(text) || text[0] == '=') {
      count(last.begin);
      count(before.begin); // which may be a heading that is underlined
    } else if (text[0] == '`' || text[0] == '~') {
      count(before.end);
    }
  }

  // Whatever stands before the first blank line has ended at the second; the lines of tables begin behind their pipe.
  void second_blank(const Line& last) {
    count(last.begin);
    count(last.end);
    if (text_[last.begin] == '|') count(text_.find_first_not_of("| \t", last.begin));
  }

  void count(std::size_t place) {
    if (place != none) ++counts_[place % places];
  }

  std::string_view text_;
  std::array<std::size_t, places> counts_{};
};

} // namespace

std::size_t empty_lines_before(std::string_view text) { return Places(text).fewest(); }

} // namespace doc::markdown
