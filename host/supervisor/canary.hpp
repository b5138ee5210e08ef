// Whether a new generation that gets a share of the connections does as well as the old one.
// Knows counts; knows nothing of processes.
#pragma once

#include "supervision/scoreboard.hpp"

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

// How likely it is that the new one has at least so many of all failures by chance, if it is no worse than the old one:
// the one-sided exact test of R. A. Fisher (The Design of Experiments, 1935) on failed and other requests of both. 1
// without failures or requests.
[[nodiscard]] double chance_of(const ScoreboardCounts& old_one, const ScoreboardCounts& new_one);

// What both generations did since the canary began, and whether its time is up. Rolls back
// - at any time: when its failures are more than the old one's by a chance below 1 in 1,000 (it is looked at every
// second);
// - at the end: when that chance is below 1 in 20; when either had fewer than 20 requests and a greater share of the
// new one's
//   failed, for those are too few to be cleared by; and when both had at least 100 and its 95th percentile of latency
//   is more than four times the old one's and above 2 ms. (The classes of the latencies are powers of two, so one class
//   apart is no finding.)
// No requests at all promote it: it is ready, passed its verify_call, and nobody said otherwise. Sessions are not
// judged.
[[nodiscard]] CanaryVerdict judge_canary(const ScoreboardCounts& old_one, const ScoreboardCounts& new_one,
                                         bool time_is_up);

} // namespace crank
