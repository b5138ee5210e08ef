#include "http/accept.hpp"

#include "base/text.hpp"
#include "http/request_head.hpp"

#include <algorithm>
#include <optional>

namespace crank {
namespace {

constexpr unsigned whole = 1000;

// "1", "0.5", ".25" (old Java clients leave the zero out): a qvalue (RFC 9110 12.4.2) in thousandths.
std::optional<unsigned> parse_weight(std::string_view text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string_view units = text.substr(0, dot), decimals = text.substr(std::min(dot + 1, text.size()));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (units.size() > 1 || decimals.size() > 3 || units.size() + decimals.size() == 0) return std::nullopt;
  if (!std::all_of(units.begin(), units.end(), is_digit) || !std::all_of(decimals.begin(), decimals.end(), is_digit))
    return std::nullopt;
  unsigned weight = units.empty() ? 0 : static_cast<unsigned>(units.front() - '0') * whole;
  unsigned unit = whole / 10;
  for (const char digit : decimals) {
    weight += static_cast<unsigned>(digit - '0') * unit;
    unit /= 10;
  }
  return weight <= whole ? std::optional(weight) : std::nullopt;
}

unsigned weight_of(std::string_view parameters) {
  while (const auto parameter = next_list_member(parameters, ';')) {
    if (parameter->size() >= 2 && equal_ignoring_case(parameter->substr(0, 2), "q="))
      return parse_weight(parameter->substr(2)).value_or(whole);
  }
  return whole;
}

// 0: the range does not cover the type; 1: everything; 2: its main type; 3: it by name.
int specificity(std::string_view range, std::string_view media_type) {
  if (range == "*/*" || range == "*") return 1;
  if (equal_ignoring_case(range, media_type)) return 3;
  const std::size_t slash = media_type.find('/') + 1;
  return range.size() == slash + 1 && range.back() == '*' &&
                 equal_ignoring_case(range.substr(0, slash), media_type.substr(0, slash))
             ? 2
             : 0;
}

} // namespace

Preference preference_for(std::string_view media_type, std::string_view accept) {
  if (accept.empty()) return {};
  Preference found{0, false};
  int closest = 0;
  while (auto member = next_list_member(accept)) {
    const std::string_view range = next_list_member(*member, ';').value_or(std::string_view());
    const int fit = specificity(range, media_type);
    if (fit == 0 || fit < closest) continue;
    const unsigned weight = weight_of(*member);
    found = {fit == closest ? std::max(found.weight, weight) : weight, fit == 3};
    closest = fit;
  }
  return found;
}

} // namespace crank
