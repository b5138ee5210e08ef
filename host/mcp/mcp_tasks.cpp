// The part of McpJobs that clients have for tasks.
#include "mcp/client_requests.hpp"
#include "mcp/job_text.hpp"
#include "mcp/mcp_jobs.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::size_t page = 100;

RpcError tasks_not_declared() {
  const json::object needed{{"extensions", json::object{{tasks_extension, json::object()}}}};
  return {RpcCode::missing_client_capability, "the client has not declared " + std::string(tasks_extension),
          json_text(json::object{{"requiredCapabilities", needed}}), 400};
}

} // namespace

void McpJobs::with_task(const SharedRequest& request, bool cancels, Found found) {
  if (request->era == Era::modern && !declares_extension(request->message, tasks_extension))
    return request->refuse(tasks_not_declared());
  std::string id(text_param(request->message, "taskId"));
  if (id.empty()) return request->refuse(invalid_params("params/taskId is required"));
  with_job(
      request, std::move(id), cancels, [request](const Problem& problem) { request->refuse(rpc_error_of(problem)); },
      std::move(found));
}

void McpJobs::get_task(const SharedRequest& request) {
  with_task(request, false, [this, request](const Job& job) {
    json::object task = task_of(job, request->era, keep_);
    const auto open = request->era == Era::modern && !is_over(job.state) ? service_.questions().open(job.id)
                                                                         : std::vector<Question>();
    if (!open.empty()) task["status"] = "input_required";
    std::string members = members_of(task);
    if (!open.empty()) members += R"(,"inputRequests":)" + input_requests(open);
    if (request->era == Era::modern && is_over(job.state)) {
      const std::string_view status = task["status"].get_string();
      if (status == "completed") members += R"(,"result":{)" + result_members(request, job) + "}";
      if (status == "failed" && job.problem)
        members += R"(,"error":)" + json_text(json::object{{"code", static_cast<int>(RpcCode::internal_error)},
                                                           {"message", job.problem->detail}});
    }
    request->answer(members);
  });
}

void McpJobs::task_result(const SharedRequest& request) {
  const auto place = place_of(request);
  if (!place) return;
  with_task(request, false, [this, request, place](const Job& job) {
    wait(request, place, job, std::nullopt, [this, request](const Job& now) {
      if (!is_over(now.state))
        return request->refuse({RpcCode::internal_error, "the worker is going: ask again", {}, 200});
      const json::object related{{"taskId", now.id}};
      request->answer(result_members(request, now) + R"(,"_meta":{"io.modelcontextprotocol/related-task":)" +
                      json_text(related) + "}");
    });
  });
}

void McpJobs::list_tasks(const SharedRequest& request) {
  std::string before(text_param(request->message, "cursor"));
  if (!before.empty() && !is_job_id(before)) return request->refuse(invalid_params("there is no such page"));
  service_.submit([this, request, before = std::move(before)] {
    JobFilter filter;
    filter.of = &request->caller();
    filter.before = before;
    filter.most = page;
    const auto jobs = service_.list(filter);
    if (!jobs) return request->refuse(rpc_error_of(jobs.error()));
    json::array tasks;
    for (const Job& job : *jobs) tasks.push_back(task_of(job, request->era, keep_));
    std::string members = R"("tasks":)" + json_text(tasks);
    if (jobs->size() == page) members += R"(,"nextCursor":")" + jobs->back().id + "\"";
    request->answer(members);
  });
}

// What does not answer anything that is asked is of no concern. (SEP-2663)
void McpJobs::update_task(const SharedRequest& request) {
  auto responses = input_responses(request->message);
  if (!responses) return request->refuse(responses.error());
  with_task(request, false, [this, request, responses = *std::move(responses)](const Job& job) {
    for (const Question& open : service_.questions().open(job.id)) {
      const auto* response = responses.if_contains(open.name);
      if (response) service_.questions().answer(job.id, answer_of_result(open, *response));
    }
    request->answer({});
  });
}

void McpJobs::cancel_task(const SharedRequest& request) {
  if (request->era == Era::modern) return with_task(request, true, [request](const Job&) { request->answer({}); });
  with_task(request, false, [this, request](const Job& job) {
    if (is_over(job.state))
      return request->refuse(invalid_params("the task is over: it is " + std::string(name_of(job.state))));
    const auto cancelled = service_.cancel(job.id, request->caller());
    if (!cancelled) return request->refuse(rpc_error_of(cancelled.error()));
    request->answer(members_of(task_of(*cancelled, request->era, keep_)));
  });
}

} // namespace crank
