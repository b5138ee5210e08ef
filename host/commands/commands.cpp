#include "commands/commands.hpp"

#include "base/refusal.hpp"
#include "commands/audit.hpp"
#include "commands/callbacks.hpp"
#include "commands/certs.hpp"
#include "commands/control.hpp"
#include "commands/describe.hpp"
#include "commands/healthcheck.hpp"
#include "commands/invoke.hpp"
#include "commands/jobs.hpp"
#include "commands/mcp.hpp"
#include "commands/serve.hpp"
#include "commands/tokens.hpp"
#include "commands/verify.hpp"
#include "os/inherited_state.hpp"
#include "plugin/library.hpp"

#include <filesystem>
#include <iostream>
#include <utility>

namespace crank {
namespace {

Result<int, Failure> find_then(const CommandLine& command, int (*run)(const std::filesystem::path&)) {
  auto path = find_plugin(command.plugin, plugin_search_path(command.settings.plugin_path));
  if (!path) return std::move(path).error();
  return run(*path);
}

Result<int, Failure> run(CommandLine command, const Environment& environment, ProcessStart start) {
  if (command.command != Command::serve) unblock_signals();
  switch (command.command) {
  case Command::show: std::cout << command.text; return 0;
  case Command::describe: return find_then(command, run_describe);
  case Command::verify: return find_then(command, run_verify);
  case Command::invoke: return run_invoke(command, environment);
  case Command::mcp: return run_mcp(command, environment, start);
  case Command::healthcheck: return run_healthcheck(command, environment);
  case Command::certs_init: return run_certs_init(command);
  case Command::tokens_add: return run_tokens_add(command);
  case Command::tokens_list: return run_tokens_list(command);
  case Command::tokens_revoke: return run_tokens_revoke(command);
  case Command::callbacks_secret: return run_callbacks_secret(command);
  case Command::status: return run_status(command);
  case Command::reload: return run_reload(command);
  case Command::upgrade: return run_upgrade(command);
  case Command::audit_verify: return run_audit_verify(command);
  case Command::audit_tail: return run_audit_tail(command);
  case Command::jobs_list: return run_jobs_list(command, environment);
  case Command::jobs_show: return run_jobs_show(command, environment);
  case Command::jobs_cancel: return run_jobs_cancel(command, environment);
  case Command::jobs_wait: return run_jobs_wait(command, environment);
  case Command::jobs_logs: return run_jobs_logs(command, environment);
  case Command::serve: return run_serve(std::move(command), environment, std::move(start));
  }
  return Failure{"unknown command", 2};
}

} // namespace

// What only an exception can tell (no memory, no descriptors for an event loop) is a failure like any other.
Result<int, Failure> run_command(CommandLine command, const Environment& environment, ProcessStart start) {
  try {
    return run(std::move(command), environment, std::move(start));
  } catch (const std::exception& problem) {
    return failure_of("cannot go on", problem);
  }
}

} // namespace crank
