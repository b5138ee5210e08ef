// Log lines about refused requests: at most one in a second, however many are refused. Knows no token.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace crank {

class RefusalLog {
public:
  using Time = std::chrono::steady_clock::time_point;

  // The line that is due now, or empty: it is counted. [any thread]
  [[nodiscard]] std::string note(std::string refusal, Time now);
  // The line about what was counted and not yet said; empty: nothing, or it is not due. [any thread]
  [[nodiscard]] std::string rest(Time now);

private:
  bool due(Time now) const { return !said_ || now - last_ >= std::chrono::seconds(1); }

  std::mutex mutex_; // guards what follows
  bool said_ = false;
  Time last_;
  std::uint64_t unsaid_ = 0;
  std::string latest_; // of those unsaid
};

} // namespace crank
