// The counters of jobs. Knows prometheus-cpp; knows nothing of who counts.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <mutex>
#include <string_view>

namespace crank {

// Each process counts what it did itself. How many jobs there are in the store that a worker's processes share, the one
// that leads says alone, so that a sum over processes is right. [any thread]
class JobMetrics {
public:
  explicit JobMetrics(prometheus::Registry& registry);

  void accepted() { accepted_.Increment(); }                   // crank_jobs_accepted_total
  void ended(std::string_view state, std::uint64_t count = 1); // crank_jobs_ended_total{state}
  void waited(double seconds) { waits_.Observe(seconds); }     // crank_job_wait_seconds: from accepted to begun
  // crank_jobs{state="queued"|"running"}
  void in_store(std::uint64_t queued, std::uint64_t running);
  // There is no such series here from now on.
  void follow();

private:
  prometheus::Counter& accepted_;
  prometheus::Family<prometheus::Counter>& ended_;
  prometheus::Histogram& waits_;
  prometheus::Family<prometheus::Gauge>& jobs_;
  std::mutex mutex_; // guards what follows
  prometheus::Gauge* queued_ = nullptr;
  prometheus::Gauge* running_ = nullptr;
};

} // namespace crank
