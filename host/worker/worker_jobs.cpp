#include "worker/worker_jobs.hpp"

#include "base/refusal.hpp"

#include <filesystem>

namespace crank {
namespace {

constexpr std::chrono::seconds callback_grace{2}; // for attempts in flight, at the end

} // namespace

Result<std::unique_ptr<WorkerJobs>, Failure> WorkerJobs::open(const Settings& settings, Engine& engine,
                                                              Leadership& leadership, const PluginSet& plugins,
                                                              Metrics& metrics, AuditObserver* audit) {
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
      [&plugins](std::string_view name) { return plugins.find_job_operation(name); },
      JobRunner::Options{directory, std::chrono::milliseconds(settings.jobs_keep_ms), settings.jobs_max_bytes,
                         settings.jobs_max_bytes, std::chrono::milliseconds(settings.jobs_cancel_grace_ms),
                         settings.worker_id, &metrics.jobs()});
  if (auto failure = jobs->open_callbacks(settings, leadership, metrics, audit)) return *std::move(failure);
  jobs->watch_.emplace(*jobs->store_);
  jobs->service_.emplace(engine, *jobs->store_, *jobs->owner_, *jobs->runner_,
                         jobs->callback_policy_ ? &*jobs->callback_policy_ : nullptr);
  jobs->desk_.emplace(*jobs->service_, settings.jobs_max_bytes);
  jobs->events_.emplace(*jobs->service_, *jobs->watch_, std::chrono::milliseconds(settings.limits.event_keepalive_ms));
  if (!jobs->runner_->start() || !jobs->callbacks_->start() || !jobs->watch_->start()) return no_thread();
  return jobs;
}

std::optional<Failure> WorkerJobs::open_callbacks(const Settings& settings, Leadership& leadership, Metrics& metrics,
                                                  AuditObserver* audit) {
  if (!settings.callback_secret_file.empty()) {
    auto secrets = CallbackSecrets::open(settings.callback_secret_file);
    if (!secrets) return std::move(secrets).error();
    callback_secrets_ = *std::move(secrets);
    callback_policy_.emplace(settings.callback_allow);
    auto transport =
        HttpCallbackTransport::make(*callback_secrets_, *callback_policy_, {.ca_file = settings.callback_ca_file});
    if (!transport) return std::move(transport).error();
    callback_transport_ = *std::move(transport);
  }
  CallbackSender::Options options;
  options.directory = settings.jobs_dir;
  options.pending = [&metrics](std::uint64_t count) { metrics.callbacks_pending.Set(static_cast<double>(count)); };
  options.report = [&metrics, audit](const CallbackSender::Report& report) {
    metrics.callbacks(name_of(report.outcome)).Increment();
    if (audit && report.outcome != CallbackOutcome::again) audit->called_back(report);
  };
  callbacks_.emplace(*store_, *owner_, leadership, callback_transport_.get(), std::move(options));
  return std::nullopt;
}

void WorkerJobs::finish() {
  service_->finish();
  watch_->stop();
  runner_->stop();
  callbacks_->stop(callback_grace);
}

AnswerFiles answer_files(WorkerJobs* jobs, const Settings& settings) {
  return {jobs ? &jobs->service() : nullptr, settings.spool_dir,
          jobs ? settings.jobs_max_bytes : settings.limits.response_bytes};
}

} // namespace crank
