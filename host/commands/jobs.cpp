#include "commands/jobs.hpp"

#include "commands/job_follow.hpp"
#include "commands/table.hpp"
#include "jobs/job.hpp"
#include "json/json.hpp"

#include <unistd.h>

#include <cmath>
#include <iostream>

namespace crank {
namespace {

namespace json = boost::json;

// Of silence: an event stream says something every quarter of a minute, unless it was configured otherwise.
constexpr std::chrono::seconds timeout{60};

Result<WorkerClient, Failure> client_for(const CommandLine& command, const Environment& environment) {
  if (command.command != Command::jobs_list && !is_job_id(command.job_id))
    return Failure{"the id of a job has 32 hexadecimal digits, see crank-host jobs list; not " + command.job_id, 2};
  auto address = worker_address(command, environment, WorkerPort::main);
  if (!address) return std::move(address).error();
  return WorkerClient::make(command, *std::move(address), timeout);
}

// The object of an answer with that status.
Result<json::object, Failure> object_of(const Result<WorkerAnswer, Failure>& answer) {
  if (!answer) return answer.error();
  if (answer->status >= 400) return refusal_of(*answer);
  auto value = parse_json(answer->body);
  if (!value || !value->is_object()) return refusal_of(*answer);
  return std::move(value->get_object());
}

// Empty: it is not known.
std::string percent_of(const json::object& job) {
  const auto* progress = job.if_contains("progress");
  const auto* fraction = progress && progress->is_object() ? progress->get_object().if_contains("fraction") : nullptr;
  if (!fraction || !fraction->is_number()) return "";
  return std::to_string(static_cast<int>(std::floor(fraction->to_number<double>() * 100))) + " %";
}

std::string note_of(const json::object& job) {
  const auto* progress = job.if_contains("progress");
  return progress && progress->is_object() ? printable(text_of(progress->get_object(), "note")) : std::string();
}

// "ID running 45 % waiting".
std::string line_of(const json::object& job) {
  std::string line = text_of(job, "id") + " " + printable(outcome_of(job));
  for (const std::string& part : {percent_of(job), note_of(job)}) {
    if (!part.empty()) line.append(" ").append(part);
  }
  return line;
}

void print_job(const json::object& job) {
  const auto row = [](std::string_view name, const std::string& value) {
    if (!value.empty()) std::cout << name << std::string(12 - name.size(), ' ') << printable(value) << '\n';
  };
  row("job", text_of(job, "id"));
  row("capability", text_of(job, "capability"));
  row("state", outcome_of(job));
  if (const auto* asked = job.if_contains("cancel_requested"); asked && asked->is_bool() && asked->get_bool())
    row("cancel", "asked for");
  row("progress", percent_of(job));
  row("note", note_of(job));
  for (const char* name : {"created", "started", "ended", "request_id"}) row(name, text_of(job, name));
  if (const auto* result = job.if_contains("result"); result && result->is_object()) {
    const json::object& object = result->get_object();
    const auto* bytes = object.if_contains("bytes");
    row("result", text_of(object, "media_type") + ", " + (bytes ? json_text(*bytes) : "?") + " bytes, at " +
                      text_of(object, "href"));
  }
  const auto* artifacts = job.if_contains("artifacts");
  if (!artifacts || !artifacts->is_array()) return;
  for (const json::value& artifact : artifacts->get_array()) {
    if (!artifact.is_object()) continue;
    const json::object& object = artifact.get_object();
    const auto* bytes = object.if_contains("bytes");
    row("artifact", text_of(object, "name") + ", " + text_of(object, "media_type") + ", " +
                        (bytes ? json_text(*bytes) : "?") + " bytes, at " + text_of(object, "href"));
  }
}

} // namespace

Result<int, Failure> run_jobs_list(const CommandLine& command, const Environment& environment) {
  auto client = client_for(command, environment);
  if (!client) return std::move(client).error();
  std::string path = "/v1/jobs?limit=" + std::to_string(command.job_count);
  if (!command.job_state.empty()) path += "&state=" + command.job_state;
  if (!command.job_capability.empty()) path += "&capability=" + command.job_capability;
  const auto body = object_of(client->get(path));
  if (!body) return body.error();
  if (command.json) {
    std::cout << json_text(*body) << '\n';
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"ID", "CAPABILITY", "STATE", "PROGRESS", "CREATED"}};
  if (const auto* jobs = body->if_contains("jobs"); jobs && jobs->is_array()) {
    for (const json::value& value : jobs->get_array()) {
      if (!value.is_object()) continue;
      const json::object& job = value.get_object();
      rows.push_back({text_of(job, "id"), text_of(job, "capability"), text_of(job, "state"), percent_of(job),
                      text_of(job, "created")});
    }
  }
  print_table(rows);
  return 0;
}

Result<int, Failure> run_jobs_show(const CommandLine& command, const Environment& environment) {
  auto client = client_for(command, environment);
  if (!client) return std::move(client).error();
  const auto job = object_of(client->get("/v1/jobs/" + command.job_id));
  if (!job) return job.error();
  if (command.json)
    std::cout << json_text(*job) << '\n';
  else
    print_job(*job);
  return 0;
}

Result<int, Failure> run_jobs_cancel(const CommandLine& command, const Environment& environment) {
  auto client = client_for(command, environment);
  if (!client) return std::move(client).error();
  const auto job = object_of(client->remove("/v1/jobs/" + command.job_id));
  if (!job) return job.error();
  if (command.json)
    std::cout << json_text(*job) << '\n';
  else if (const std::string state = text_of(*job, "state"); state == "running")
    std::cout << "job " << command.job_id << " is asked to end\n";
  else
    std::cout << "job " << command.job_id << " is " << (state == "cancelled" ? "" : "over: ") << state << '\n';
  return 0;
}

Result<int, Failure> run_jobs_wait(const CommandLine& command, const Environment& environment) {
  auto client = client_for(command, environment);
  if (!client) return std::move(client).error();
  const bool lines = isatty(STDOUT_FILENO) != 1; // on a terminal there is the bar, and the last word
  ProgressBar bar;
  const InterruptNotice notice(command.job_id);
  const auto over = follow_job(*client, command.job_id, [&](const json::object& job) {
    show_job(bar, job);
    if (command.json)
      std::cout << json_text(job) << std::endl;
    else if (lines)
      std::cout << line_of(job) << std::endl;
  });
  bar.clear();
  if (!over) return over.error();
  if (!command.json && !lines) std::cout << line_of(*over) << '\n';
  return text_of(*over, "state") == "succeeded" ? 0 : 1;
}

Result<int, Failure> run_jobs_logs(const CommandLine& command, const Environment& environment) {
  auto client = client_for(command, environment);
  if (!client) return std::move(client).error();
  const auto answer = client->get("/v1/jobs/" + command.job_id + "/logs");
  if (!answer) return answer.error();
  if (answer->status != 200) return refusal_of(*answer);
  if (command.json) {
    std::cout << answer->body;
    return 0;
  }
  std::string_view rest = answer->body;
  while (!rest.empty()) {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    const auto value = parse_json(text);
    if (!value || !value->is_object()) continue;
    const json::object& line = value->get_object();
    if (const auto* dropped = line.if_contains("dropped"))
      std::cout << "(" << json_text(*dropped) << " earlier lines were not kept)\n";
    else
      std::cout << text_of(line, "time") << " " << text_of(line, "level") << " " << printable(text_of(line, "message"))
                << '\n';
  }
  return 0;
}

} // namespace crank
