#include "jobs/job_service.hpp"

#include "engine/operation.hpp"

#include <utility>

namespace crank {
namespace {

bool is_same(const Caller& a, const Caller& b) { return a.kind == b.kind && a.subject == b.subject; }

} // namespace

void JobService::finish() { static_cast<void>(pool_.stop(std::chrono::milliseconds::max())); }

Result<AcceptedJob> JobService::accept(const Operation& operation, NewJob job) {
  const auto text = job.input.file ? std::nullopt : std::optional<std::string_view>(job.input.text);
  if (const auto problem = check_input(operation, job.content_type, text)) return *problem;
  job.operation = operation.spec().name;
  job.repeatable = operation.spec().repeatable;
  const CallFacts facts{operation, job.caller, job.request_id, job.traceparent};
  if (const auto refused = engine_.refusal(facts)) return *refused; // draining by now
  auto accepted = store_.accept(job, job_clock());
  if (accepted) runner_.wake();
  return accepted;
}

Result<Job> JobService::find(std::string_view id, const Caller& caller) {
  auto job = is_job_id(id) ? store_.find(id) : Result<Job>(Problem::of(CRANK_NOT_FOUND, "there is no such job"));
  if (job && !is_same(job->caller, caller)) return Problem::of(CRANK_NOT_FOUND, "there is no such job");
  return job;
}

Result<Job> JobService::cancel(std::string_view id, const Caller& caller) {
  auto job = find(id, caller);
  if (job) job = store_.cancel(job->id, job_clock());
  if (job) runner_.wake();
  return job;
}

Result<StoredBytes> JobService::result(const Job& job) {
  if (job.problem) return *job.problem;
  if (job.result) return store_.result(job.id);
  const bool over = is_over(job.state);
  Problem problem = over ? Problem::http(410, "CANCELLED", "the job was cancelled and has no result")
                         : Problem::http(409, "NOT_FINISHED", "the job is not over yet: ask for its state");
  problem.retryable = !over;
  if (!over) problem.retry_after = 1;
  return problem;
}

} // namespace crank
