#include "mcp/mcp_jobs.hpp"

#include "engine/operation.hpp"
#include "mcp/job_text.hpp"
#include "mcp/tool_names.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace crank {
namespace {

namespace json = boost::json;

// Most clients give a request up after a minute: whoever may run longer is better a task, where that is understood.
constexpr std::uint64_t longest_patience_ms = 60'000;
constexpr std::chrono::seconds usual_wait{50};
constexpr std::size_t longest_result = 64 * 1024 * 1024; // in a message
constexpr std::size_t page = 100;

// The members of an object, without its braces.
std::string members_of(const json::object& object) {
  const std::string text = json_text(object);
  return text.substr(1, text.size() - 2);
}

RpcError tasks_not_declared() {
  const json::object needed{{"extensions", json::object{{tasks_extension, json::object()}}}};
  return {RpcCode::missing_client_capability, "the client has not declared " + std::string(tasks_extension),
          json_text(json::object{{"requiredCapabilities", needed}}), 400};
}

RpcError rpc_error_of(const Problem& problem) {
  const bool callers = problem.http_status < 500 && problem.http_status != 429;
  return {callers ? RpcCode::invalid_params : RpcCode::internal_error, problem.detail, {}, 200};
}

// In the legacy era a client asks for a task with each call, in the modern one it says that it can have one.
bool understands_tasks(const McpRequest& request) {
  if (request.era == Era::modern) return declares_extension(request.message, tasks_extension);
  const json::value* task = request.message.params.if_contains("task");
  return task && task->is_object();
}

std::optional<std::string> text_of(const StoredBytes& bytes) {
  if (!bytes.file) return bytes.text;
  std::string text(bytes.size, '\0');
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t got = ::pread(bytes.file.get(), text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    at += static_cast<std::size_t>(got);
  }
  return text;
}

struct JobArguments {
  std::string id;
  std::chrono::milliseconds time = usual_wait;
};

Result<JobArguments, std::string> job_arguments(const McpRequest& request) {
  const std::string_view text = request.message.arguments.empty() ? "{}" : request.message.arguments;
  const auto parsed = parse_json(text);
  if (!parsed) return "the arguments are " + parsed.error();
  JobArguments arguments;
  for (const auto& member : parsed->get_object()) {
    if (member.key() == "job_id" && member.value().is_string()) {
      arguments.id = member.value().get_string();
    } else if (member.key() == "timeout_seconds" && member.value().is_number()) {
      const double seconds = std::clamp(member.value().to_number<double>(), 0.0, 3600.0);
      arguments.time = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
    } else {
      return "/" + std::string(member.key()) + " is not a known field, or of the wrong type";
    }
  }
  if (arguments.id.empty()) return std::string("/job_id is required");
  return arguments;
}

} // namespace

McpJobs::Method McpJobs::method_of(std::string_view name, Era era) {
  if (name == "tasks/get") return &McpJobs::get_task;
  if (name == "tasks/cancel") return &McpJobs::cancel_task;
  if (era == Era::modern) return name == "tasks/update" ? &McpJobs::update_task : nullptr;
  if (name == "tasks/result") return &McpJobs::task_result;
  return name == "tasks/list" ? &McpJobs::list_tasks : nullptr;
}

McpJobs::Method McpJobs::tool_of(std::string_view name) {
  if (name == wait_job_tool) return &McpJobs::wait_tool;
  if (name == get_job_tool) return &McpJobs::get_tool;
  return name == cancel_job_tool ? &McpJobs::cancel_tool : nullptr;
}

bool McpJobs::is_asked_for(const McpRequest& request, const OperationSpec& operation, std::uint64_t bytes) {
  if (operation.job_above_bytes && bytes > *operation.job_above_bytes) return true;
  if (!understands_tasks(request)) return false;
  return request.era == Era::legacy || operation.limits.timeout_ms > longest_patience_ms;
}

void McpJobs::accept(const SharedRequest& request, const Tool& tool, std::shared_ptr<RequestBody> body,
                     std::string content_type) {
  service_.submit([this, request, &tool, body = std::move(body), content_type = std::move(content_type)] {
    JobBytesWriter writer = service_.writer();
    auto failed = writer.append(*body->whole()); // of a message, which is in memory
    auto input = failed ? Result<JobBytes>(*failed) : writer.finish();
    if (!input) return request->refuse(rpc_error_of(input.error()));
    NewJob job;
    job.caller = request->caller();
    job.request_id = request->arrival.request_id;
    job.traceparent = request->arrival.traceparent;
    job.content_type = content_type;
    job.input = *std::move(input);
    const auto accepted = service_.accept(*tool.operation, std::move(job));
    const bool as_task = understands_tasks(*request);
    if (!accepted) {
      // What is wrong with the arguments a model can mend; who asked for a legacy task cannot take a result.
      return as_task && request->era == Era::legacy ? request->refuse(rpc_error_of(accepted.error()))
                                                    : request->answer(tool_problem(accepted.error()));
    }
    if (!as_task) return request->answer(accepted_result(accepted->job));
    const json::object task = task_of(accepted->job, request->era, keep_);
    if (request->era == Era::modern) return request->answer(members_of(task), "task");
    request->answer(R"("task":)" + json_text(task));
  });
}

void McpJobs::let_go() {
  std::vector<std::weak_ptr<JobWait>> waits;
  {
    const std::lock_guard lock(mutex_);
    letting_go_ = true;
    waits.swap(waits_);
  }
  for (const auto& weak : waits) {
    if (const auto wait = weak.lock()) wait->let_go();
  }
}

void McpJobs::with_job(const SharedRequest& request, std::string id, bool cancels,
                       std::function<void(const Problem&)> failed, Found found) {
  service_.submit([this, request, id = std::move(id), cancels, failed = std::move(failed), found = std::move(found)] {
    const auto job = cancels ? service_.cancel(id, request->caller()) : service_.find(id, request->caller());
    job ? found(*job) : failed(job.error());
  });
}

void McpJobs::with_tool_job(const SharedRequest& request, bool cancels, Found found) {
  auto arguments = job_arguments(*request);
  if (!arguments) return request->answer(tool_problem_text(arguments.error()));
  with_job(
      request, std::move(arguments->id), cancels,
      [request](const Problem& problem) { request->answer(tool_problem(problem)); }, std::move(found));
}

void McpJobs::with_task(const SharedRequest& request, bool cancels, Found found) {
  if (request->era == Era::modern && !declares_extension(request->message, tasks_extension))
    return request->refuse(tasks_not_declared());
  std::string id(text_param(request->message, "taskId"));
  if (id.empty()) return request->refuse(invalid_params("params/taskId is required"));
  with_job(
      request, std::move(id), cancels, [request](const Problem& problem) { request->refuse(rpc_error_of(problem)); },
      std::move(found));
}

void McpJobs::wait_tool(const SharedRequest& request) {
  const auto arguments = job_arguments(*request);
  const std::chrono::milliseconds time = arguments ? arguments->time : usual_wait;
  with_tool_job(request, false, [this, request, time](const Job& job) {
    wait(request, job, time, [this, request](const Job& now) {
      request->answer(is_over(now.state) ? result_members(request, now) : job_result(now));
    });
  });
}

void McpJobs::get_tool(const SharedRequest& request) {
  with_tool_job(request, false, [request](const Job& job) { request->answer(job_result(job)); });
}

void McpJobs::cancel_tool(const SharedRequest& request) {
  with_tool_job(request, true, [request](const Job& job) { request->answer(job_result(job)); });
}

void McpJobs::get_task(const SharedRequest& request) {
  with_task(request, false, [this, request](const Job& job) {
    json::object task = task_of(job, request->era, keep_);
    std::string members = members_of(task);
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
  with_task(request, false, [this, request](const Job& job) {
    wait(request, job, std::nullopt, [this, request](const Job& now) {
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

// Nothing is ever asked of a client in the middle of a job.
void McpJobs::update_task(const SharedRequest& request) {
  with_task(request, false, [request](const Job&) { request->answer({}); });
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

void McpJobs::wait(const SharedRequest& request, const Job& job, std::optional<std::chrono::milliseconds> most,
                   Found over) {
  const std::string key = request->key();
  if (!key.empty() && !running_.add(key))
    return request->refuse({RpcCode::invalid_request, "a request with this id is running already", {}, 400});
  const auto wait = std::make_shared<JobWait>(watch_, timers_, request->peer, request->progress_token(), most,
                                              [this, request, key, over = std::move(over)](const Job& now) {
                                                if (!key.empty()) running_.remove(key);
                                                finish(request, now, over);
                                              });
  const auto stop = [this, key, weak = std::weak_ptr(wait)] {
    if (!key.empty()) running_.remove(key);
    if (const auto its_wait = weak.lock()) its_wait->abandon();
  };
  if (!key.empty()) running_.set(key, stop);
  if (const auto problem = wait->begin(job)) {
    if (!key.empty()) running_.remove(key);
    return request->answer(tool_problem(*problem));
  }
  request->peer->on_gone(stop);
  const std::lock_guard lock(mutex_);
  std::erase_if(waits_, [](const auto& one) { return one.expired(); });
  if (!letting_go_) return waits_.push_back(wait);
  wait->let_go(); // does not come back here
}

// What is watched is the job's state; its files may have been written down only just now.
void McpJobs::finish(const SharedRequest& request, const Job& seen, const Found& over) {
  service_.submit([this, request, seen, over] {
    const auto fresh = service_.find(seen.id, request->caller());
    over(fresh ? *fresh : seen);
  });
}

// What its call would have been answered with.
std::string McpJobs::result_members(const SharedRequest& request, const Job& job) {
  if (job.problem) return tool_problem(*job.problem);
  if (!job.result) return job_result(job);
  if (job.result->bytes > longest_result)
    return tool_problem_text("the result is " + std::to_string(job.result->bytes) +
                             " bytes long, too long for a message: GET /v1/jobs/" + job.id + "/result has it");
  const auto bytes = service_.result(job);
  if (!bytes) return tool_problem(bytes.error());
  const auto text = text_of(*bytes);
  if (!text) return tool_problem_text("the result cannot be read");
  const Tool* tool = tools_.of_capability(job.operation);
  static const OperationSpec unknown; // of a plugin that is not there any more
  return tool_result(tool ? tool->operation->spec() : unknown, job.result->media_type, *text, "crank:job/" + job.id,
                     artifact_contents(job, places_, request->arrival.base));
}

} // namespace crank
