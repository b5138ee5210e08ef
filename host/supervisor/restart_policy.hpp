// How soon a generation that failed is replaced: at once, then less and less eagerly, then hardly at all.
// Knows time; knows nothing of processes.
#pragma once

#include <chrono>

namespace crank {

class RestartPolicy {
public:
  using Clock = std::chrono::steady_clock;

  // A generation that served at least this long before it failed starts the count anew.
  static constexpr std::chrono::seconds long_enough{10};
  // After so many failures in a row the breaker opens.
  static constexpr unsigned quick_attempts = 5;
  static constexpr std::chrono::seconds breaker_pause{10};

  // A generation failed after it had served for `served` (0: it never got that far). Returns how long to wait before the next.
  std::chrono::milliseconds failed(std::chrono::milliseconds served);
  // Somebody changed something: a reload succeeded, or is being tried.
  void reset() { failures_ = 0; }
  // Whether only occasional attempts are made.
  bool breaker_open() const { return failures_ > quick_attempts; }
  unsigned failures() const { return failures_; }

private:
  unsigned failures_ = 0; // in a row
};

} // namespace crank
