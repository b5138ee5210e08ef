// Wires the commands to the command line. The only place that knows all of them.
#include "certs/certificates.hpp"
#include "commands/control.hpp"
#include "commands/describe.hpp"
#include "commands/healthcheck.hpp"
#include "commands/inherited_state.hpp"
#include "commands/invoke.hpp"
#include "commands/serve.hpp"
#include "commands/supervise.hpp"
#include "commands/verify.hpp"
#include "config/command_line.hpp"
#include "error/refusal.hpp"
#include "generation/supervisor_link.hpp"
#include "log/log.hpp"
#include "plugin/library.hpp"
#include "process/program_path.hpp"
#include "version.hpp"

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

using crank::Failure;
using crank::Result;

Result<int, Failure> find_then(const crank::CommandLine& command, int (*run)(const std::filesystem::path&)) {
  auto path = crank::find_plugin(command.plugin, crank::plugin_search_path(command.settings.plugin_path));
  if (!path) return std::move(path).error();
  return run(*path);
}

Result<int, Failure> init_certificates(const crank::CommandLine& command) {
  auto made =
      crank::make_development_certificates(command.settings.cert_dir, {command.names, command.days, command.force});
  if (!made) return std::move(made).error();
  std::string names;
  for (const std::string& name : made->names) names += " " + name;
  std::cout << (made->kept ? "kept the valid certificates in " : "made development certificates in ")
            << command.settings.cert_dir << " for" << names << '\n';
  return 0;
}

// How this process was started.
struct Start {
  std::chrono::steady_clock::time_point time;
  std::string program;
  std::vector<std::string> arguments;
};

// One process, a supervisor, or one of its generations.
Result<int, Failure> serve(crank::CommandLine command, const crank::Environment& environment, Start start) {
  auto link = crank::SupervisorLink::from_environment();
  if (!link) return std::move(link).error();
  if (*link) return crank::run_generation(std::move(command), environment, start.time, *std::move(link));
  if (command.settings.no_supervisor || command.print_config) {
    crank::unblock_signals();
    return crank::run_serve(std::move(command), environment, start.time);
  }
  return crank::run_supervised(std::move(command), environment, start.time, std::move(start.program),
                               std::move(start.arguments));
}

Result<int, Failure> run(crank::CommandLine command, const crank::Environment& environment, Start start) {
  if (command.command != crank::Command::serve) crank::unblock_signals();
  switch (command.command) {
  case crank::Command::show: std::cout << command.text; return 0;
  case crank::Command::describe: return find_then(command, crank::run_describe);
  case crank::Command::verify: return find_then(command, crank::run_verify);
  case crank::Command::invoke: return crank::run_invoke(command, environment);
  case crank::Command::healthcheck: return crank::run_healthcheck(command, environment);
  case crank::Command::certs_init: return init_certificates(command);
  case crank::Command::status: return crank::run_status(command);
  case crank::Command::reload: return crank::run_reload(command);
  case crank::Command::upgrade: return crank::run_upgrade(command);
  case crank::Command::serve: return serve(std::move(command), environment, std::move(start));
  }
  return Failure{"unknown command", 2};
}

// What only an exception can tell (no memory, no descriptors for an event loop) is a failure like any other.
Result<int, Failure> run_safely(crank::CommandLine command, const crank::Environment& environment, Start start) {
  try {
    return run(std::move(command), environment, std::move(start));
  } catch (const std::exception& problem) {
    return crank::failure_of("cannot go on", problem);
  }
}

// A generation that cannot even read its configuration: whoever asked for it is told by its supervisor, and so is the log.
bool tell_supervisor(const Failure& failure) {
  const auto link = crank::SupervisorLink::from_environment();
  if (!link || !*link) return false;
  (*link)->report(crank::FailedReport{failure.message, failure.exit_code});
  return true;
}

} // namespace

int main(int argc, char** argv) {
  Start start{std::chrono::steady_clock::now(), crank::program_path(argv[0]), {argv + 1, argv + argc}};
  crank::open_standard_descriptors();
  crank::reset_ignored_signals();
  crank::open_log(STDERR_FILENO);
  const crank::Environment environment = crank::process_environment();
  auto command =
      crank::parse_command_line(start.arguments, environment, {crank::host_version, crank::plugin_search_path({})});
  Failure failure;
  if (command) {
    auto code = run_safely(*std::move(command), environment, std::move(start));
    if (code && std::cout.flush()) return *code;
    failure = code ? Failure{"cannot write to standard output; is the disk full or the reader gone?", 1}
                   : std::move(code).error();
  } else {
    failure = std::move(command).error();
    if (tell_supervisor(failure)) return failure.exit_code;
  }
  crank::complain(failure.message);
  return failure.exit_code;
}
