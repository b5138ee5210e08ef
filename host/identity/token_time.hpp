// Points in time of a token, as people write them. UTC, whole seconds.
#pragma once

#include "base/problem.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

using TokenTime = std::chrono::sys_seconds;

[[nodiscard]] TokenTime token_time_now();

// "2026-12-31T12:00:00Z" (RFC 3339), and back.
[[nodiscard]] std::string token_time_text(TokenTime time);
// Also "2026-12-31", which is its first second.
[[nodiscard]] std::optional<TokenTime> parse_token_time(std::string_view text);

// "30d" (w, d, h, m or s after a number) from `now`, or a time as above. The failure (exit code 2) says what was
// expected: a time that is over is none.
[[nodiscard]] Result<TokenTime, Failure> parse_expiry(std::string_view text, TokenTime now);

} // namespace crank
