#include "mcp/mcp_jobs.hpp"

#include "engine/operation.hpp"
#include "mcp/client_requests.hpp"
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
    const bool as_task = understands_tasks(*request);
    // Who has a task of the legacy era would have to be asked on the stream of tasks/result.
    if (as_task && request->era == Era::modern) job.may_be_asked = request->abilities().kinds();
    const auto accepted = service_.accept(*tool.operation, std::move(job));
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
  service_.questions().close("another process serves from now on");
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

void McpJobs::wait_tool(const SharedRequest& request) {
  const auto arguments = job_arguments(*request);
  const std::chrono::milliseconds time = arguments ? arguments->time : usual_wait;
  const auto place = place_of(request);
  if (!place) return;
  with_tool_job(request, false, [this, request, time, place](const Job& job) {
    wait(request, place, job, time, [this, request](const Job& now) {
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

std::shared_ptr<WaitPlace> McpJobs::place_of(const SharedRequest& request) {
  auto place = take_place(running_, request->key());
  if (!place) request->refuse({RpcCode::invalid_request, "a request with this id is running already", {}, 400});
  return place;
}

void McpJobs::wait(const SharedRequest& request, const std::shared_ptr<WaitPlace>& place, const Job& job,
                   std::optional<std::chrono::milliseconds> most, Found over) {
  const auto wait = std::make_shared<JobWait>(watch_, timers_, request->peer, request->progress_token(), most,
                                              [this, request, place, over = std::move(over)](const Job& now) {
                                                place->release();
                                                finish(request, now, over);
                                              });
  if (!place->begin(wait)) return request->peer->abandon();
  if (const auto problem = wait->begin(job)) {
    place->release();
    return request->answer(tool_problem(*problem));
  }
  request->peer->on_gone([weak = std::weak_ptr(place)] {
    if (const auto its_place = weak.lock()) its_place->stop();
  });
  const std::lock_guard lock(mutex_);
  std::erase_if(waits_, [](const auto& one) { return one.expired(); });
  if (!letting_go_) return waits_.push_back(wait);
  wait->let_go(); // does not come back here
}

// What is watched is the job's state; its files may have been written down only just now.
void McpJobs::finish(const SharedRequest& request, const Job& seen, const Found& over) {
  service_.submit([this, request, seen, over] {
    if (!is_over(seen.state)) return over(seen);
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
