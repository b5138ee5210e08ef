#include "typed_marks.hpp"

#include "../../text/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace doc::rtf {
namespace {

// 0 for what is no Roman number.
std::int32_t roman_value(const std::string& digits) {
  static constexpr std::pair<char, std::int32_t> values[] = {{'i', 1},   {'v', 5},   {'x', 10},  {'l', 50},
                                                             {'c', 100}, {'d', 500}, {'m', 1000}};
  std::int32_t sum = 0, highest = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    const auto* value =
        std::find_if(std::begin(values), std::end(values), [digit](const auto& one) { return one.first == *digit; });
    if (value == std::end(values)) return 0;
    sum += value->second < highest ? -value->second : value->second;
    highest = std::max(highest, value->second);
  }
  return sum;
}

} // namespace

std::optional<TypedMark> typed_mark(const std::string& text) {
  const std::size_t tab = text.find('\t');
  if (tab == std::string::npos || tab == 0 || tab > 8) return std::nullopt;
  const std::string mark = text.substr(0, tab);
  for (const char* bullet : {"\xe2\x80\xa2", "\xc2\xb7", "\xe2\x97\xa6", "\xe2\x96\xaa", "\xe2\x97\x8f", "-", "*", "o",
                             "\xe2\x80\x93", "\xe2\x80\xa3", "\xe2\x81\x83", "\xe2\x96\xa0"}) {
    if (mark == bullet) return TypedMark{Numbering::bullet, 1, tab + 1};
  }
  const std::size_t begin = mark[0] == '(' ? 1 : 0;
  const char last = mark.back();
  if ((last != '.' && last != ')') || mark.size() < begin + 2) return std::nullopt;
  const std::string number = mark.substr(begin, mark.size() - begin - 1);
  if (number.size() <= 5 && std::all_of(number.begin(), number.end(), [](unsigned char c) { return std::isdigit(c); }))
    return TypedMark{Numbering::decimal, std::atoi(number.c_str()), tab + 1};
  if (number.size() != 1) return std::nullopt;
  if (number[0] >= 'a' && number[0] <= 'z') return TypedMark{Numbering::lower_alpha, number[0] - 'a' + 1, tab + 1};
  if (number[0] >= 'A' && number[0] <= 'Z') return TypedMark{Numbering::upper_alpha, number[0] - 'A' + 1, tab + 1};
  return std::nullopt;
}

std::optional<TypedMark> shown_number(std::string text, const std::optional<TypedMark>& before) {
  text = collapse_blanks(text);
  if (!text.empty() && text.front() == '(') text.erase(0, 1);
  if (!text.empty() && (text.back() == '.' || text.back() == ')')) text.pop_back();
  if (text.empty() || text.size() > 8) return std::nullopt;
  const auto is = [&text](int (*kind)(int)) {
    return std::all_of(text.begin(), text.end(), [kind](unsigned char c) { return c < 0x80 && kind(c) != 0; });
  };
  if (is(std::isdigit)) return TypedMark{Numbering::decimal, std::atoi(text.c_str()), 0};
  const bool is_upper = is(std::isupper);
  if (!is_upper && !is(std::islower)) return std::nullopt;
  for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  const TypedMark roman{is_upper ? Numbering::upper_roman : Numbering::lower_roman, roman_value(text), 0};
  const TypedMark letter{is_upper ? Numbering::upper_alpha : Numbering::lower_alpha, text[0] - 'a' + 1, 0};
  const auto follows = [&before](const TypedMark& one) {
    return before && before->numbering == one.numbering && before->number + 1 == one.number;
  };
  if (text.size() == 1 && (follows(letter) || (!follows(roman) && text != "i"))) return letter;
  return roman.number > 0 ? std::optional(roman) : std::nullopt;
}

} // namespace doc::rtf
