#include "numbers.hpp"

#include <utility>

namespace doc {
namespace {

// a to z, aa to zz, ...
std::string letters(std::int64_t number, char first) {
  std::string out;
  for (; number > 0; number = (number - 1) / 26) out.insert(out.begin(), static_cast<char>(first + (number - 1) % 26));
  return out;
}

std::string roman(std::int64_t number, bool is_upper) {
  constexpr std::pair<int, const char*> parts[] = {{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"},
                                                   {90, "xc"},  {50, "l"},   {40, "xl"}, {10, "x"},   {9, "ix"},
                                                   {5, "v"},    {4, "iv"},   {1, "i"}};
  std::string out;
  for (const auto& [value, text] : parts) {
    for (; number >= value; number -= value) out += text;
  }
  if (is_upper) {
    for (char& letter : out) letter = static_cast<char>(letter - 'a' + 'A');
  }
  return out;
}

} // namespace

std::string number_text(Numbering numbering, std::int64_t number) {
  const bool has_letters = number > 0 && number < 4000;
  switch (numbering) {
  case Numbering::bullet: return "\xe2\x80\xa2";
  case Numbering::decimal: break;
  case Numbering::lower_alpha:
  case Numbering::upper_alpha:
    if (has_letters) return letters(number, numbering == Numbering::lower_alpha ? 'a' : 'A');
    break;
  case Numbering::lower_roman:
  case Numbering::upper_roman:
    if (has_letters) return roman(number, numbering == Numbering::upper_roman);
    break;
  }
  return std::to_string(number);
}

} // namespace doc
