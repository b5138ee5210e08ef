#include "supervisor/canary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace crank {
namespace {

constexpr double chance_at_once = 0.001, chance_at_end = 0.05;
constexpr std::uint64_t few_requests = 20;
constexpr std::uint64_t timed_requests = 100; // fewer, and one or two slow ones are the 95th percentile
constexpr std::uint64_t unremarkable_latency_us = 2000;

double failed_share(const ScoreboardCounts& counts) {
  return counts.requests == 0 ? 0.0 : static_cast<double>(counts.failures) / static_cast<double>(counts.requests);
}

std::string figures(const char* who, const ScoreboardCounts& counts) {
  char text[160];
  std::snprintf(text, sizeof text, "%s: %llu requests, %llu failed (%.2f %%), 95 %% below %.3f ms", who,
                static_cast<unsigned long long>(counts.requests), static_cast<unsigned long long>(counts.failures),
                100 * failed_share(counts), static_cast<double>(counts.latency_below(0.95)) / 1000);
  return text;
}

// The logarithm of "n choose k".
double log_choose(double n, double k) { return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1); }

} // namespace

double chance_of(const ScoreboardCounts& old_one, const ScoreboardCounts& new_one) {
  const auto requests = static_cast<double>(new_one.requests);
  const double all = requests + static_cast<double>(old_one.requests);
  const double failures = std::min(all, static_cast<double>(new_one.failures) + static_cast<double>(old_one.failures));
  double count = std::min(requests, static_cast<double>(new_one.failures));
  if (count <= failures * requests / std::max(all, 1.0)) return 1; // not more than its share
  double chance = 0;
  for (; count <= std::min(requests, failures); ++count) { // the terms only fall from here on
    const double term = std::exp(log_choose(failures, count) + log_choose(all - failures, requests - count) -
                                 log_choose(all, requests));
    chance += term;
    if (term < chance * 1e-9) break;
  }
  return std::min(chance, 1.0);
}

CanaryVerdict judge_canary(const ScoreboardCounts& old_one, const ScoreboardCounts& new_one, bool time_is_up) {
  using Decision = CanaryVerdict::Decision;
  const std::string both = figures("new", new_one) + "; " + figures("old", old_one);
  const double chance = chance_of(old_one, new_one);
  const std::string fails_more = "it fails more often (" + both + ")";
  if (chance < chance_at_once) return {Decision::roll_back, fails_more};
  if (!time_is_up) return {Decision::go_on, both};
  const bool unclear =
      std::min(new_one.requests, old_one.requests) < few_requests && failed_share(new_one) > failed_share(old_one);
  if (chance < chance_at_end || unclear) return {Decision::roll_back, fails_more};
  const std::uint64_t latency = new_one.latency_below(0.95);
  if (std::min(new_one.requests, old_one.requests) >= timed_requests && latency > unremarkable_latency_us &&
      latency > 4 * old_one.latency_below(0.95))
    return {Decision::roll_back, "it is slower (" + both + ")"};
  return {Decision::promote, "it does as well (" + both + ")"};
}

} // namespace crank
