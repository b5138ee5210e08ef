// The jobs of a worker, put together: store, owner, runner, watch, service and doors.
#pragma once

#include "config/settings.hpp"
#include "doors/job_door.hpp"
#include "doors/job_events.hpp"
#include "jobs/job_owner.hpp"
#include "jobs/job_runner.hpp"
#include "jobs/job_service.hpp"
#include "jobs/job_watch.hpp"
#include "jobs/sqlite_job_store.hpp"
#include "worker/plugin_set.hpp"

#include <memory>
#include <optional>

namespace crank {

class WorkerJobs {
public:
  // All of it must outlive this object. A failure says what is wrong with jobs_dir.
  static Result<std::unique_ptr<WorkerJobs>, Failure> open(const Settings& settings, Engine& engine,
                                                           Leadership& leadership, const PluginSet& plugins);

  JobService& service() { return *service_; }
  JobWatch& watch() { return *watch_; }
  JobDesk& desk() { return *desk_; }
  JobEvents& events() { return *events_; }
  // Answers nobody any more, and writes down what is known. Before the I/O threads end.
  void finish();

private:
  WorkerJobs() = default;

  std::unique_ptr<SqliteJobStore> store_;
  std::optional<JobOwner> owner_;
  std::optional<JobRunner> runner_;
  std::optional<JobWatch> watch_;
  std::optional<JobService> service_;
  std::optional<JobDesk> desk_;
  std::optional<JobEvents> events_;
};

} // namespace crank
