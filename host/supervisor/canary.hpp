// Whether a new generation that gets a share of the connections does as well as the old one.
// Knows counts; knows nothing of processes.
#pragma once

#include "generation/scoreboard.hpp"

#include <chrono>
#include <string>

namespace crank {

struct CanaryPlan {
  unsigned per_mille = 0;
  std::chrono::milliseconds duration{};
};

struct CanaryVerdict {
  enum class Decision { go_on, promote, roll_back };
  Decision decision = Decision::go_on;
  std::string reason; // one line with the figures
};

// What both generations did since the canary began, and whether its time is up. Rolls back
// - at any time: when at least 5 of its requests failed, and the share that failed is more than one percentage point above the
//   old one's and more than twice as high;
// - at the end: also when its 95th percentile of latency is more than four times the old one's and above 2 ms. (The classes of the
//   latencies are powers of two, so one class apart is no finding.)
// No requests at all promote it: it is ready, passed its verify_call, and nobody said otherwise.
[[nodiscard]] CanaryVerdict judge_canary(const ScoreboardCounts& old_one, const ScoreboardCounts& new_one,
                                         bool time_is_up);

} // namespace crank
