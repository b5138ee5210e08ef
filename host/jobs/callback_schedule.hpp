// What an answer to a callback means, and when the next attempt is. Knows no clock and no store.
#pragma once

#include "jobs/job.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

struct CallbackAnswer {
  int status = 0;    // of HTTP; 0: there was none
  std::string error; // why there was none
  std::optional<std::chrono::seconds> retry_after;
  bool given_up = false; // the host stops: it was no attempt that says anything
};

enum class CallbackOutcome { delivered, again, abandoned };
[[nodiscard]] std::string_view name_of(CallbackOutcome outcome);

// Everything but 2xx is to come again, and 410 Gone never (Standard Webhooks).
[[nodiscard]] CallbackOutcome outcome_of(const CallbackAnswer& answer);
// For last_error; empty: it was delivered.
[[nodiscard]] std::string error_of(const CallbackAnswer& answer);

// For so long after the end of its job a callback is tried.
inline constexpr std::chrono::hours callback_time{24};
// The longest that a Retry-After is waited for.
inline constexpr std::chrono::hours longest_retry_after{6};

// When the next attempt is, where number `attempt` failed `now`: after 5 s, 30 s, 2 min, 10 min, 30 min, 1 h and then
// every 2 h, a fifth more or less as `spread` says, which is in [-1,1]; not before the answer's retry_after. The last
// one is when callback_time is over. nullopt: that was it.
[[nodiscard]] std::optional<JobTime> next_attempt(unsigned attempt, JobTime due, JobTime now,
                                                  const CallbackAnswer& answer, double spread);

// Of a Retry-After: seconds, or a date (RFC 9110 10.2.3). nullopt: it is neither.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, JobTime now);

} // namespace crank
