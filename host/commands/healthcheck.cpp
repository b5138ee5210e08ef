#include "commands/healthcheck.hpp"

#include "commands/worker_client.hpp"

#include <iostream>

namespace crank {
namespace {

// Empty when the worker is healthy, else what is wrong.
std::string ask(const CommandLine& command, WorkerAddress address) {
  const std::size_t scheme = address.url.find("://");
  const bool has_path = scheme != std::string::npos && address.url.find('/', scheme + 3) != std::string::npos;
  auto client =
      WorkerClient::make(command, std::move(address), std::chrono::milliseconds(command.timeout_ms.value_or(2000)));
  if (!client) return client.error().message;
  const auto answer = client->get(has_path ? "" : "/health");
  if (!answer) return answer.error().message;
  if (answer->status == 200) return {};
  return client->url() + " answered " + std::to_string(answer->status) + ": " + answer->body.substr(0, 300);
}

} // namespace

Result<int, Failure> run_healthcheck(const CommandLine& command, const Environment& environment) {
  auto address = worker_address(command, environment, WorkerPort::management);
  if (!address) return std::move(address).error();
  const std::string complaint = ask(command, *std::move(address));
  if (complaint.empty()) return 0;
  std::cerr << "crank-host: unhealthy: " << complaint << '\n';
  return 1;
}

} // namespace crank
