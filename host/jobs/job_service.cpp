#include "jobs/job_service.hpp"

#include "engine/operation.hpp"
#include "jobs/kept_files.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>

#include <utility>

namespace crank {
namespace {

// Why no callback goes there. A name is resolved when it is called back: what it leads to then counts.
std::optional<Problem> check_callback(const CallbackPolicy* policy, const std::string& text) {
  const auto refused = [](std::string reason) {
    return Problem::http(422, "CALLBACK_REFUSED", "Callback-Url " + std::move(reason));
  };
  if (!policy)
    return refused("cannot be served: this worker makes no callbacks; its operator turns them on with "
                   "--callback-secret-file, and without them the job's state can be asked for");
  const auto url = parse_callback_url(text);
  if (!url) return Problem::http(400, "BAD_CALLBACK_URL", "Callback-Url " + url.error());
  if (auto reason = policy->refusal(*url)) return refused(*std::move(reason));
  return std::nullopt;
}

// Longer inputs are not looked into for the address of a callback; the field Callback-Url is there for them.
constexpr std::uint64_t longest_looked_into = 16 * 1024 * 1024;

std::string text_of(const JobBytes& bytes) {
  if (!bytes.file) return bytes.text;
  std::string text(bytes.size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const std::int64_t count = bytes.file->read_at(done, text.data() + done, text.size() - done);
    if (count <= 0) return {};
    done += static_cast<std::size_t>(count);
  }
  return text;
}

// What the capability's own member of the input says, where it declares one: clients that can set no field have that.
std::optional<std::string> callback_in(const OperationSpec& spec, const JobBytes& input) {
  if (spec.callback_input.empty() || input.size > longest_looked_into) return std::nullopt;
  const auto value = parse_json(text_of(input));
  const auto* object = value ? value->if_object() : nullptr;
  const auto* url = object ? object->if_contains(spec.callback_input) : nullptr;
  return url && url->is_string() ? std::optional(std::string(url->get_string())) : std::nullopt;
}

} // namespace

void JobService::finish() { static_cast<void>(pool_.stop(std::chrono::milliseconds::max())); }

Result<AcceptedJob> JobService::accept(const Operation& operation, NewJob job) {
  const auto text = job.input.file ? std::nullopt : std::optional<std::string_view>(job.input.text);
  if (const auto problem = check_input(operation, job.content_type, text)) return *problem;
  if (auto url = job.callback_url ? std::nullopt : callback_in(operation.spec(), job.input))
    job.callback_url = *std::move(url);
  if (job.callback_url) {
    if (const auto problem = check_callback(callbacks_, *job.callback_url)) return *problem;
  }
  job.operation = operation.spec().name;
  job.repeatable = operation.spec().repeatable;
  const CallFacts facts{operation, job.caller, job.request_id, job.traceparent};
  if (const auto refused = engine_.refusal(facts)) return *refused; // draining by now
  const auto accept = [&] { return store_.accept(job, job_clock()); };
  auto accepted = job.may_be_asked.empty() ? accept() : runner_.before_it_runs([&] {
    auto added = accept();
    if (added && !added->replayed) runner_.questions().allow(added->job.id, std::move(job.may_be_asked));
    return added;
  });
  if (accepted && !accepted->replayed) runner_.metrics().accepted();
  if (accepted) runner_.wake();
  return accepted;
}

Result<Job> JobService::keep(const NewJob& call, std::vector<Artifact> artifacts) {
  for (const Artifact& artifact : artifacts) {
    if (auto problem = artifact.file->sync()) return *std::move(problem);
  }
  auto kept = store_.keep(call, {{}, {}, std::move(artifacts)}, job_clock());
  if (kept) runner_.make_room_soon();
  return kept;
}

Result<KeptFile> JobService::open_kept(std::string_view address, const Caller& caller) {
  return crank::open_kept(store_, address, caller);
}

Result<Job> JobService::find(std::string_view id, const Caller& caller) {
  auto job = is_job_id(id) ? store_.find(id) : Result<Job>(Problem::of(CRANK_NOT_FOUND, "there is no such job"));
  if (job && !is_same(job->caller, caller)) return Problem::of(CRANK_NOT_FOUND, "there is no such job");
  return job;
}

Result<Job> JobService::cancel(std::string_view id, const Caller& caller) {
  auto job = find(id, caller);
  if (!job) return job;
  const bool waited = job->state == JobState::queued;
  job = store_.cancel(job->id, job_clock());
  if (job && waited) runner_.questions().end(job->id, CRANK_CANCELLED, "the job was cancelled");
  if (job && waited && job->state == JobState::cancelled) runner_.metrics().ended(name_of(job->state));
  if (job) runner_.wake();
  return job;
}

Result<JobLog> JobService::log(std::string_view id, const Caller& caller) {
  const auto job = find(id, caller);
  if (!job) return job.error();
  return store_.log(job->id);
}

Result<StoredBytes> JobService::result(const Job& job) {
  if (job.problem) return *job.problem;
  if (job.result) return store_.result(job.id);
  const bool over = is_over(job.state);
  if (job.state == JobState::succeeded) return Problem::of(CRANK_NOT_FOUND, "the job has no result but its artefacts");
  Problem problem = over ? Problem::http(410, "CANCELLED", "the job was cancelled and has no result")
                         : Problem::http(409, "NOT_FINISHED", "the job is not over yet: ask for its state");
  problem.retryable = !over;
  if (!over) problem.retry_after = 1;
  return problem;
}

} // namespace crank
