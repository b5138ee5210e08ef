#include "mcp/job_text.hpp"

#include "jobs/job_json.hpp"
#include "mcp/contents.hpp"
#include "json/json.hpp"

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::int64_t poll_ms = 1000;

std::string_view task_status(const Job& job, Era era) {
  switch (job.state) {
  case JobState::queued:
  case JobState::running: return "working";
  case JobState::succeeded: return "completed";
  case JobState::failed: return era == Era::modern ? "completed" : "failed";
  case JobState::cancelled: return "cancelled";
  case JobState::interrupted: break;
  }
  return "failed";
}

std::string result_of(const json::object& structured, std::string_view sentence) {
  const std::string text = json_text(structured);
  std::string members = R"("content":[)" + text_content(sentence.empty() ? std::string_view(text) : sentence);
  return members + R"(],"structuredContent":)" + text + R"(,"isError":false)";
}

} // namespace

std::string_view job_tool_definitions() {
  return R"json({"name":"wait_job","title":"Wait for a job","description":"Waits until a job is over and gives its result. A call that takes long answers with status accepted and a job_id: give that here. If the job is not over after timeout_seconds, the answer says that it is still running: call again.","inputSchema":{"type":"object","properties":{"job_id":{"type":"string","description":"as it was given"},"timeout_seconds":{"type":"integer","minimum":0,"maximum":3600,"default":50,"description":"how long to wait"}},"required":["job_id"],"additionalProperties":false},"annotations":{"readOnlyHint":true,"idempotentHint":true,"destructiveHint":false,"openWorldHint":false}},)json"
         R"json({"name":"get_job","title":"Look at a job","description":"Says whether a job waits, runs or is over, and how far it is. It does not wait; wait_job gives the result.","inputSchema":{"type":"object","properties":{"job_id":{"type":"string","description":"as it was given"}},"required":["job_id"],"additionalProperties":false},"annotations":{"readOnlyHint":true,"idempotentHint":true,"destructiveHint":false,"openWorldHint":false}},)json"
         R"json({"name":"cancel_job","title":"Cancel a job","description":"Ends a job that waits or runs. One that is over stays as it is.","inputSchema":{"type":"object","properties":{"job_id":{"type":"string","description":"as it was given"}},"required":["job_id"],"additionalProperties":false},"annotations":{"readOnlyHint":false,"idempotentHint":true,"destructiveHint":true,"openWorldHint":false}})json";
}

std::string job_result(const Job& job) {
  json::object known{{"job_id", job.id}, {"status", name_of(job.state)}, {"capability", job.operation}};
  if (job.fraction >= 0 && !is_over(job.state)) known["fraction"] = job.fraction;
  if (!job.note.empty() && !is_over(job.state)) known["note"] = job.note;
  if (job.cancel_requested && !is_over(job.state)) known["cancel_requested"] = true;
  known["created"] = text_of(job.created);
  if (job.started) known["started"] = text_of(*job.started);
  if (job.ended) known["ended"] = text_of(*job.ended);
  if (job.problem) known["error"] = json::object{{"code", job.problem->code}, {"detail", job.problem->detail}};
  return result_of(known, {});
}

std::string accepted_result(const Job& job) {
  return result_of({{"status", "accepted"}, {"job_id", job.id}},
                   "accepted as the job " + job.id + ": call wait_job with this job_id for its result");
}

json::object task_of(const Job& job, Era era, std::chrono::milliseconds keep) {
  json::object task{{"taskId", job.id}, {"status", task_status(job, era)}};
  if (job.problem)
    task["statusMessage"] = job.problem->detail;
  else if (!job.note.empty() && !is_over(job.state))
    task["statusMessage"] = job.note;
  task["createdAt"] = text_of(job.created);
  task["lastUpdatedAt"] = text_of(job.ended ? *job.ended : job.started ? *job.started : job.created);
  task[era == Era::modern ? "ttlMs" : "ttl"] = static_cast<std::int64_t>(keep.count());
  task[era == Era::modern ? "pollIntervalMs" : "pollInterval"] = poll_ms;
  return task;
}

} // namespace crank
