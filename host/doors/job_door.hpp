// The HTTP door to jobs: the route of a capability or of a form with `Prefer: respond-async` (RFC 7240), and /v1/jobs.
// Knows Exchange and the service of jobs; knows nothing of plugins.
#pragma once

#include "http/router.hpp"
#include "jobs/job_service.hpp"

#include <memory>

namespace crank {

class JobDesk {
public:
  // The service must outlive the desk.
  // `most_bytes`: of what is uploaded.
  JobDesk(JobService& jobs, std::uint64_t most_bytes) : jobs_(jobs), most_bytes_(most_bytes) {}

  // Whether the request is to become a job.
  static bool is_asked_for(const RequestHead& head);
  // Whether the client insists on an answer in this response (RFC 7240 4.3, "wait" with a time above 0).
  static bool is_waited_for(const RequestHead& head);
  // Answers with 202 and the job's address once it is on the disk, or with a problem. The caller may use the operation.
  void accept(Operation& operation, std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody> body);

  // POST /v1/artifacts/{name}: the body is kept as a job's artefact is, for later calls to name. GET /v1/jobs, GET and
  // DELETE /v1/jobs/{id}, GET /v1/jobs/{id}/result and logs. Each caller sees its own jobs, and no others.
  void add_routes(Router& router);

private:
  class Endpoint;
  class Upload;
  using Work = std::function<void(Exchange&)>;

  // On a thread that may wait for a disk.
  void submit(std::shared_ptr<Exchange> exchange, Work work);

  JobService& jobs_;
  const std::uint64_t most_bytes_;
};

} // namespace crank
