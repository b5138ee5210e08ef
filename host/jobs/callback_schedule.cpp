#include "jobs/callback_schedule.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace crank {
namespace {

using std::chrono::seconds;

constexpr std::array delays = {seconds(5), seconds(30), seconds(120), seconds(600), seconds(1800), seconds(3600)};
constexpr seconds last_delay{7200};
constexpr double spread_share = 0.2;

} // namespace

std::string_view name_of(CallbackOutcome outcome) {
  switch (outcome) {
  case CallbackOutcome::delivered: return "delivered";
  case CallbackOutcome::again: return "retried";
  case CallbackOutcome::abandoned: return "abandoned";
  }
  return "abandoned";
}

CallbackOutcome outcome_of(const CallbackAnswer& answer) {
  if (answer.status >= 200 && answer.status < 300) return CallbackOutcome::delivered;
  return answer.status == 410 ? CallbackOutcome::abandoned : CallbackOutcome::again;
}

std::string error_of(const CallbackAnswer& answer) {
  if (answer.status == 0) return answer.error;
  if (outcome_of(answer) == CallbackOutcome::delivered) return {};
  std::string text = "the receiver answered " + std::to_string(answer.status);
  if (answer.status >= 300 && answer.status < 400) text += ", and redirects are not followed";
  if (answer.status == 410) text += ": it wants no more";
  return text;
}

std::optional<JobTime> next_attempt(unsigned attempt, JobTime due, JobTime now, const CallbackAnswer& answer,
                                    double spread) {
  const JobTime end = due + callback_time;
  if (now >= end) return std::nullopt;
  const std::size_t index = std::max(attempt, 1u) - 1;
  const seconds delay = index < delays.size() ? delays.at(index) : last_delay;
  const double share = 1 + spread_share * std::clamp(spread, -1.0, 1.0);
  auto wait = std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) * 1000 * share));
  const bool asks = answer.status == 429 || answer.status == 503;
  if (asks && answer.retry_after)
    wait = std::max<std::chrono::milliseconds>(wait, std::min<seconds>(*answer.retry_after, longest_retry_after));
  return std::min(now + wait, end);
}

std::optional<seconds> parse_retry_after(std::string_view text, JobTime now) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && end == text.data() + text.size() && number >= 0) {
    const std::int64_t longest = seconds(longest_retry_after).count();
    return seconds(error == std::errc() ? std::min(number, longest) : longest);
  }
  std::tm time{};
  const std::string date(text);
  const char* const rest = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
  if (!rest || *rest != '\0') return std::nullopt;
  const JobTime until{std::chrono::seconds(::timegm(&time))};
  return std::max(seconds(0), std::chrono::ceil<seconds>(until - now));
}

} // namespace crank
