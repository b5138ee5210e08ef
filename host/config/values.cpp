#include "config/values.hpp"

#include "json/json.hpp"

#include <boost/json/string.hpp>

#include <charconv>
#include <span>

namespace crank {
namespace {

struct Unit {
  std::string_view suffix; // lower case
  std::uint64_t factor;
};

constexpr Unit byte_units[] = {{"gib", 1ull << 30}, {"mib", 1ull << 20}, {"kib", 1ull << 10}, {"b", 1}};
constexpr Unit time_units[] = {{"ms", 1}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}};

std::optional<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  std::string suffix = lower_case(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end)));
  if (!suffix.empty() && suffix.front() == ' ') suffix.erase(0, 1);
  if (suffix.empty()) return end == text.data() + text.size() ? std::optional(number) : std::nullopt;
  for (const Unit& unit : units) {
    if (suffix != unit.suffix) continue;
    if (number > UINT64_MAX / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

} // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view text) { return parse_with_unit(text, byte_units); }
std::optional<std::uint64_t> parse_milliseconds(std::string_view text) { return parse_with_unit(text, time_units); }
std::optional<std::uint64_t> parse_count(std::string_view text) { return parse_with_unit(text, {}); }

std::optional<bool> parse_switch(std::string_view text) {
  const std::string word = lower_case(text);
  if (word == "on" || word == "true" || word == "yes" || word == "1") return true;
  if (word == "off" || word == "false" || word == "no" || word == "0") return false;
  return std::nullopt;
}

std::string show_bytes(std::uint64_t bytes) {
  constexpr std::pair<std::uint64_t, const char*> units[] = {
      {1ull << 30, "GiB"}, {1ull << 20, "MiB"}, {1ull << 10, "KiB"}};
  for (const auto& [factor, suffix] : units) {
    if (bytes >= factor && bytes % factor == 0) return std::to_string(bytes / factor) + suffix;
  }
  return std::to_string(bytes);
}

std::string show_milliseconds(std::uint64_t milliseconds) {
  constexpr std::pair<std::uint64_t, const char*> units[] = {{3'600'000, "h"}, {60'000, "m"}, {1000, "s"}};
  for (const auto& [factor, suffix] : units) {
    if (milliseconds >= factor && milliseconds % factor == 0) return std::to_string(milliseconds / factor) + suffix;
  }
  return std::to_string(milliseconds) + "ms";
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

std::string upper_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = upper(c);
  return result;
}

// JSON strings are TOML basic strings but for "\/", which Boost.JSON does not write, and DEL, which TOML wants escaped.
std::string toml_quoted(std::string_view text) {
  std::string result = json_text(boost::json::string(text));
  for (std::size_t at = 0; (at = result.find('\x7f', at)) != std::string::npos;) result.replace(at, 1, "\\u007f");
  return result;
}

} // namespace crank
