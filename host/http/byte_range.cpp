#include "http/byte_range.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace crank {
namespace {

// Digits and nothing else. What does not fit is as large as can be: such a position is behind every end.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : UINT64_MAX;
}

} // namespace

ByteRange byte_range(std::string_view field, std::uint64_t size) {
  const ByteRange whole{ByteRange::Kind::whole, 0, size}, none{ByteRange::Kind::none, 0, 0};
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos || !equal_ignoring_case(field.substr(0, equals), "bytes")) return whole;
  const std::string_view set = trim(field.substr(equals + 1));
  const std::size_t dash = set.find('-');
  if (dash == std::string_view::npos) return whole;
  const std::string_view first = set.substr(0, dash), last = set.substr(dash + 1);
  if (first.empty()) { // the last so many
    const auto count = number(last);
    if (!count) return whole;
    if (*count == 0 || size == 0) return none;
    const std::uint64_t length = std::min(*count, size);
    return {ByteRange::Kind::part, size - length, length};
  }
  const auto from = number(first);
  const auto to = last.empty() ? std::optional(UINT64_MAX) : number(last);
  if (!from || !to || *to < *from) return whole;
  if (*from >= size) return none;
  return {ByteRange::Kind::part, *from, std::min(*to, size - 1) - *from + 1};
}

} // namespace crank
