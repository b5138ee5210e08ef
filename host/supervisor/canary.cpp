#include "supervisor/canary.hpp"

#include <algorithm>
#include <cstdio>

namespace crank {
namespace {

constexpr std::uint64_t fewest_failures = 5;
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

} // namespace

CanaryVerdict judge_canary(const ScoreboardCounts& old_one, const ScoreboardCounts& new_one, bool time_is_up) {
  using Decision = CanaryVerdict::Decision;
  const std::string both = figures("new", new_one) + "; " + figures("old", old_one);
  const double fails = failed_share(new_one), failed = failed_share(old_one);
  if (new_one.failures >= fewest_failures && fails > failed + 0.01 && fails > 2 * failed)
    return {Decision::roll_back, "it fails more often (" + both + ")"};
  if (!time_is_up) return {Decision::go_on, both};
  const std::uint64_t latency = new_one.latency_below(0.95);
  if (old_one.requests > 0 && latency > unremarkable_latency_us && latency > 4 * old_one.latency_below(0.95))
    return {Decision::roll_back, "it is slower (" + both + ")"};
  return {Decision::promote, "it does as well (" + both + ")"};
}

} // namespace crank
