// How soon a generation that failed is replaced. One that served is replaced at once, within a budget: each crash costs
// its requests, and waiting would cost others. One that failed before it served is retried less and less eagerly, then
// hardly at all. Knows time; knows nothing of processes.
#pragma once

#include <chrono>

namespace crank {

class RestartPolicy {
public:
  using Clock = std::chrono::steady_clock;

  // Failures of generations that served: so many at once, and one more for every refill.
  static constexpr double budget = 120;
  static constexpr std::chrono::milliseconds refill{500};
  // After so many failures without a budget in a row, the breaker opens.
  static constexpr unsigned quick_attempts = 5;
  static constexpr std::chrono::seconds breaker_pause{10};

  // A generation failed at `now`, after it had served or not. Returns how long to wait before the next.
  std::chrono::milliseconds failed(bool served, Clock::time_point now);
  // Somebody changed something: a reload succeeded, or is being tried.
  void reset();
  // Whether only occasional attempts are made.
  bool breaker_open() const { return failures_ > quick_attempts; }
  unsigned failures() const { return failures_; }

private:
  unsigned failures_ = 0; // in a row
  double left_ = budget;
  Clock::time_point counted_{};
};

} // namespace crank
