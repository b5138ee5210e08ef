// The jobs of a worker, put together: store, owner, runner, callbacks, watch, service and doors.
#pragma once

#include "config/settings.hpp"
#include "doors/job_door.hpp"
#include "doors/job_events.hpp"
#include "jobs/answer_files.hpp"
#include "jobs/callback_http.hpp"
#include "jobs/callback_sender.hpp"
#include "jobs/job_owner.hpp"
#include "jobs/job_runner.hpp"
#include "jobs/job_service.hpp"
#include "jobs/job_watch.hpp"
#include "jobs/sqlite_job_store.hpp"
#include "metrics/metrics.hpp"
#include "worker/audit_observer.hpp"
#include "worker/plugin_set.hpp"

#include <memory>
#include <optional>

namespace crank {

class WorkerJobs {
public:
  // All of it must outlive this object. `audit`: nullptr where nothing is recorded. A failure says what is wrong with
  // jobs_dir or the files that callbacks need.
  static Result<std::unique_ptr<WorkerJobs>, Failure> open(const Settings& settings, Engine& engine,
                                                           Leadership& leadership, const PluginSet& plugins,
                                                           Metrics& metrics, AuditObserver* audit);

  JobService& service() { return *service_; }
  JobWatch& watch() { return *watch_; }
  JobDesk& desk() { return *desk_; }
  JobEvents& events() { return *events_; }
  // Answers nobody any more, and writes down what is known. Before the I/O threads end.
  void finish();

private:
  WorkerJobs() = default;
  std::optional<Failure> open_callbacks(const Settings& settings, Leadership& leadership, Metrics& metrics,
                                        AuditObserver* audit);

  std::unique_ptr<SqliteJobStore> store_;
  std::optional<JobOwner> owner_;
  std::optional<JobRunner> runner_;
  std::optional<JobWatch> watch_;
  std::unique_ptr<CallbackSecrets> callback_secrets_; // nullptr: there are no callbacks
  std::optional<CallbackPolicy> callback_policy_;
  std::unique_ptr<HttpCallbackTransport> callback_transport_;
  std::optional<CallbackSender> callbacks_;
  std::optional<JobService> service_;
  std::optional<JobDesk> desk_;
  std::optional<JobEvents> events_;
};

// Where files of answers go. `jobs`: nullptr where there are none.
[[nodiscard]] AnswerFiles answer_files(WorkerJobs* jobs, const Settings& settings);

} // namespace crank
