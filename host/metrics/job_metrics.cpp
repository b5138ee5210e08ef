#include "metrics/job_metrics.hpp"

#include <string>
#include <utility>

namespace crank {

JobMetrics::JobMetrics(prometheus::Registry& registry)
    : accepted_(prometheus::BuildCounter()
                    .Name("crank_jobs_accepted_total")
                    .Help("Jobs that this process took in.")
                    .Register(registry)
                    .Add({})),
      ended_(prometheus::BuildCounter()
                 .Name("crank_jobs_ended_total")
                 .Help("Jobs whose end this process wrote down, by state.")
                 .Register(registry)),
      waits_(prometheus::BuildHistogram()
                 .Name("crank_job_wait_seconds")
                 .Help("Seconds from the acceptance of a job to its first beginning.")
                 .Register(registry)
                 .Add({}, prometheus::Histogram::BucketBoundaries{0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600, 21600,
                                                                  86400})),
      jobs_(prometheus::BuildGauge()
                .Name("crank_jobs")
                .Help("Jobs of this worker that are not over; told by the process that leads.")
                .Register(registry)) {
  for (const char* state : {"succeeded", "failed", "cancelled", "interrupted"}) ended(state, 0);
}

void JobMetrics::ended(std::string_view state, std::uint64_t count) {
  ended_.Add({{"state", std::string(state)}}).Increment(static_cast<double>(count));
}

void JobMetrics::in_store(std::uint64_t queued, std::uint64_t running) {
  const std::lock_guard lock(mutex_);
  if (!queued_) {
    queued_ = &jobs_.Add({{"state", "queued"}});
    running_ = &jobs_.Add({{"state", "running"}});
  }
  queued_->Set(static_cast<double>(queued));
  running_->Set(static_cast<double>(running));
}

void JobMetrics::follow() {
  const std::lock_guard lock(mutex_);
  for (auto* gauge : {std::exchange(queued_, nullptr), std::exchange(running_, nullptr)}) {
    if (gauge) jobs_.Remove(gauge);
  }
}

} // namespace crank
