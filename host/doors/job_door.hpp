// The HTTP door to jobs: a capability's own route with `Prefer: respond-async` (RFC 7240), and /v1/jobs.
// Knows Exchange and the service of jobs; knows nothing of plugins.
#pragma once

#include "http/router.hpp"
#include "jobs/job_service.hpp"

#include <memory>

namespace crank {

class JobDesk {
public:
  // The service must outlive the desk.
  explicit JobDesk(JobService& jobs) : jobs_(jobs) {}

  // Whether the request is to become a job.
  static bool is_asked_for(const RequestHead& head);
  // Whether the client insists on an answer in this response (RFC 7240 4.3, "wait" with a time above 0).
  static bool is_waited_for(const RequestHead& head);
  // Answers with 202 and the job's address once it is on the disk, or with a problem. The caller may use the operation.
  void accept(Operation& operation, std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody> body);

  // GET /v1/jobs, GET and DELETE /v1/jobs/{id}, GET /v1/jobs/{id}/result and logs. Each caller sees its own jobs, and
  // no others.
  void add_routes(Router& router);

private:
  class Endpoint;
  using Work = std::function<void(Exchange&)>;

  // On a thread that may wait for a disk.
  void submit(std::shared_ptr<Exchange> exchange, Work work);

  JobService& jobs_;
};

} // namespace crank
