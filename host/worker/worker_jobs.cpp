#include "worker/worker_jobs.hpp"

#include "base/refusal.hpp"

#include <filesystem>

namespace crank {

Result<std::unique_ptr<WorkerJobs>, Failure> WorkerJobs::open(const Settings& settings, Engine& engine,
                                                              Leadership& leadership, const PluginSet& plugins) {
  const std::filesystem::path directory = settings.jobs_dir;
  std::error_code ignored; // what is wrong with it, opening the store says
  if (std::filesystem::create_directory(directory, ignored))
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, ignored);
  std::unique_ptr<WorkerJobs> jobs(new WorkerJobs);
  JobLimits limits;
  limits.most_bytes = settings.jobs_max_bytes;
  auto store = SqliteJobStore::open(directory, limits);
  if (!store) return std::move(store).error();
  jobs->store_ = *std::move(store);
  auto owner = JobOwner::make(directory);
  if (!owner) return std::move(owner).error();
  jobs->owner_.emplace(*std::move(owner));
  jobs->runner_.emplace(
      engine, *jobs->store_, *jobs->owner_, leadership,
      [&plugins](std::string_view name) { return plugins.find_capability(name); },
      JobRunner::Options{directory, std::chrono::milliseconds(settings.jobs_keep_ms), settings.jobs_max_bytes,
                         settings.jobs_max_bytes, settings.worker_id});
  jobs->watch_.emplace(*jobs->store_);
  jobs->service_.emplace(engine, *jobs->store_, *jobs->owner_, *jobs->runner_);
  jobs->desk_.emplace(*jobs->service_);
  jobs->events_.emplace(*jobs->service_, *jobs->watch_, std::chrono::milliseconds(settings.limits.event_keepalive_ms));
  if (!jobs->runner_->start() || !jobs->watch_->start()) return no_thread();
  return jobs;
}

void WorkerJobs::finish() {
  service_->finish();
  watch_->stop();
  runner_->stop();
}

} // namespace crank
