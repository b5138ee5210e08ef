// The HTTP door to jobs: a capability's own route with `Prefer: respond-async` (RFC 7240), and /v1/jobs.
// Knows Exchange, the engine and the store of jobs; knows nothing of plugins.
#pragma once

#include "engine/engine.hpp"
#include "http/router.hpp"
#include "jobs/job_runner.hpp"
#include "jobs/job_store.hpp"

#include <memory>

namespace crank {

class JobDesk {
public:
  // All of it must outlive the desk.
  JobDesk(Engine& engine, JobStore& store, JobRunner& runner) : engine_(engine), store_(store), runner_(runner) {}
  // Finishes what it has. The store and the I/O threads must be there still; what comes later is done as well.
  void finish();

  // Whether the request is to become a job.
  static bool is_asked_for(const RequestHead& head);
  static constexpr std::uint64_t most_input_bytes = JobLimits{}.most_input_bytes;
  // Answers with 202 and the job's address once it is on the disk, or with a problem. The caller may use the operation.
  void accept(Operation& operation, std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody> body);

  // GET /v1/jobs, GET and DELETE /v1/jobs/{id}, GET /v1/jobs/{id}/result. Each caller sees its own jobs, and no others.
  void add_routes(Router& router);

private:
  class Endpoint;
  using Work = std::function<void(Exchange&)>;

  // On a thread that may wait for a disk.
  void submit(std::shared_ptr<Exchange> exchange, Work work);
  Result<Job> job_of(const Exchange& exchange);

  Engine& engine_;
  JobStore& store_;
  JobRunner& runner_;
  ThreadPool pool_{2};
};

} // namespace crank
