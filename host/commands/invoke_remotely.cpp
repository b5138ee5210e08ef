#include "commands/invoke_remotely.hpp"

#include "commands/invoke.hpp"
#include "commands/job_follow.hpp"
#include "json/json.hpp"

#include <iostream>

namespace crank {
namespace {

// A host answers when the call is over, and ends it by itself at its deadline.
constexpr std::chrono::hours answer_time{1};

int print(const WorkerAnswer& answer) {
  if (answer.status >= 400) {
    std::cerr << answer.body << '\n';
    return 1;
  }
  std::cout << answer.body;
  if (answer.content_type == "application/json") std::cout << '\n';
  return 0;
}

} // namespace

Result<int, Failure> invoke_remotely(const CommandLine& command, const Environment& environment) {
  auto input = read_input(command.input);
  if (!input) return std::move(input).error();
  auto address = worker_address(command, environment, WorkerPort::main);
  if (!address) return std::move(address).error();
  const auto timeout = command.timeout_ms ? std::chrono::milliseconds(*command.timeout_ms) : answer_time;
  auto client = WorkerClient::make(command, *std::move(address), timeout);
  if (!client) return std::move(client).error();
  WorkerClient::Fields fields{{"Accept", "application/json, application/jsonl, */*;q=0.5"}}; // items as lines
  if (command.respond_async) fields.emplace_back("Prefer", "respond-async");
  const auto answer = client->post("/v1/capabilities/" + command.capability, *input, fields);
  if (!answer) return answer.error();
  if (answer->status != 202) return print(*answer);
  const auto accepted = parse_json(answer->body);
  const std::string id = accepted && accepted->is_object() ? text_of(accepted->get_object(), "id") : std::string();
  if (id.empty()) return print(*answer); // the capability's own 202
  {
    const InterruptNotice notice(id);
    ProgressBar bar;
    const auto over = follow_job(*client, id, [&](const boost::json::object& job) { show_job(bar, job); });
    if (!over) return over.error();
  }
  const auto result = client->get("/v1/jobs/" + id + "/result");
  if (!result) return result.error();
  return print(*result);
}

} // namespace crank
