// What every door does with jobs: takes them in, finds them, ends them; each caller's own, and nobody else's.
// Knows the engine, the store and who runs them; knows no protocol.
#pragma once

#include "engine/engine.hpp"
#include "engine/thread_pool.hpp"
#include "jobs/callback_policy.hpp"
#include "jobs/job_runner.hpp"
#include "jobs/job_store.hpp"

#include <functional>
#include <string_view>

namespace crank {

class JobService {
public:
  // All of it must outlive the service. `callbacks`: where they may go; nullptr: there are none.
  JobService(Engine& engine, JobStore& store, JobOwner& owner, JobRunner& runner,
             const CallbackPolicy* callbacks = nullptr)
      : engine_(engine), store_(store), owner_(owner), runner_(runner), callbacks_(callbacks) {}

  // Runs `work` on a thread that may wait for a disk, where the functions below are called. [any thread]
  void submit(std::function<void()> work) { pool_.submit(std::move(work)); }
  // Finishes what was submitted; what comes later is done as well. The store and the I/O threads must be there still.
  void finish();

  // Keeps what a call left that was no job; who made it may ask for it like a job's. 507
  Result<Job> keep(const NewJob& call, std::vector<Artifact> artifacts);
  // What was kept is not to be had after all.
  void drop(std::string_view id) { static_cast<void>(store_.drop(id)); }
  Result<ScratchFile> make_file() { return store_.make_file(owner_.name()); }
  // For the input of a job, or what else is to be kept.
  JobBytesWriter writer() {
    return JobBytesWriter([this] { return make_file(); });
  }
  // As open_kept() of kept_files.hpp.
  Result<KeptFile> open_kept(std::string_view address, const Caller& caller);
  // It is on the disk when this returns. `job` says who asks and for what, but for what the operation settles. Problems
  // are those of JobStore::accept and what is wrong with the input or the callback's URL; 503 while the host drains.
  Result<AcceptedJob> accept(const Operation& operation, NewJob job);
  // 404 for one that is somebody else's too: who asks must not learn that it exists.
  Result<Job> find(std::string_view id, const Caller& caller);
  // 404, as above.
  Result<Job> cancel(std::string_view id, const Caller& caller);
  // The result's bytes, or why there are none: 409 where the job is not over yet, its own problem where it failed.
  Result<StoredBytes> result(const Job& job);
  // 404, and 410 where the file is gone.
  Result<StoredBytes> artifact(const Job& job, std::string_view name) { return store_.artifact(job.id, name); }
  // What its plugin logged. 404, as above.
  Result<JobLog> log(std::string_view id, const Caller& caller);
  // What jobs ask that run in this process.
  JobQuestions& questions() { return runner_.questions(); }
  Result<std::vector<Job>> list(const JobFilter& filter) { return store_.list(filter); }

private:
  Engine& engine_;
  JobStore& store_;
  JobOwner& owner_;
  JobRunner& runner_;
  const CallbackPolicy* const callbacks_;
  ThreadPool pool_{2};
};

} // namespace crank
