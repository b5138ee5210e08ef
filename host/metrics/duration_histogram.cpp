#include "metrics/duration_histogram.hpp"

#include <algorithm>
#include <limits>

namespace crank {

void DurationHistogram::observe(double seconds) noexcept {
  if (!(seconds > 0)) seconds = 0;
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds); // first bound >= seconds
  counts_[static_cast<std::size_t>(bucket - bounds.begin())].fetch_add(1, std::memory_order_relaxed);
  constexpr double longest = 1e9; // seconds; keeps the conversion defined
  nanoseconds_.fetch_add(static_cast<std::uint64_t>(std::min(seconds, longest) * 1e9), std::memory_order_relaxed);
}

prometheus::ClientMetric::Histogram DurationHistogram::collect() const {
  prometheus::ClientMetric::Histogram histogram;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    cumulative += counts_[i].load(std::memory_order_relaxed);
    const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({cumulative, bound});
  }
  histogram.sample_count = cumulative;
  histogram.sample_sum = static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
  return histogram;
}

} // namespace crank
