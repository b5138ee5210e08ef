#include "identity/token_time.hpp"

#include "base/text.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace crank {
namespace {

namespace chrono = std::chrono;

// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits || text.substr(0, digits).find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  int number = 0;
  std::from_chars(text.data(), text.data() + digits, number);
  text.remove_prefix(digits);
  return number;
}

std::optional<chrono::sys_days> take_day(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take_prefix(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take_prefix(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const chrono::year_month_day date{chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(chrono::sys_days(date)) : std::nullopt;
}

std::optional<chrono::seconds> parse_period(std::string_view text) {
  constexpr std::int64_t longest = 100 * 366 * std::int64_t{86400}; // a century
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number <= 0 || end + 1 != text.data() + text.size()) return std::nullopt;
  const std::int64_t unit = *end == 'w'   ? 7 * 86400
                            : *end == 'd' ? 86400
                            : *end == 'h' ? 3600
                            : *end == 'm' ? 60
                            : *end == 's' ? 1
                                          : 0;
  if (unit == 0 || number > longest / unit) return std::nullopt;
  return chrono::seconds(number * unit);
}

} // namespace

TokenTime token_time_now() { return chrono::floor<chrono::seconds>(chrono::system_clock::now()); }

std::string token_time_text(TokenTime time) {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::optional<TokenTime> parse_token_time(std::string_view text) {
  const auto day = take_day(text);
  if (!day || text.empty()) return day;
  if (!take_prefix(text, "T")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || !take_prefix(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || !take_prefix(text, ":")) return std::nullopt;
  const auto seconds = take_number(text, 2);
  if (!seconds || text != "Z" || *hours > 23 || *minutes > 59 || *seconds > 59) return std::nullopt;
  return *day + chrono::hours(*hours) + chrono::minutes(*minutes) + chrono::seconds(*seconds);
}

Result<TokenTime, Failure> parse_expiry(std::string_view text, TokenTime now) {
  if (const auto period = parse_period(text)) return now + *period;
  const auto time = parse_token_time(text);
  const std::string given(shortened(text, 40));
  if (!time)
    return Failure{"--expires " + given +
                       ": expected a time from now such as 30d or 12h, or a date such as "
                       "2030-12-31 or 2030-12-31T12:00:00Z (UTC)",
                   2};
  if (*time <= now) return Failure{"--expires " + given + ": that is over", 2};
  return *time;
}

} // namespace crank
