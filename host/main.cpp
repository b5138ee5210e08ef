// Wires the commands to the command line. The only place that knows all of them.
#include "certs/certificates.hpp"
#include "commands/control.hpp"
#include "commands/describe.hpp"
#include "commands/healthcheck.hpp"
#include "commands/invoke.hpp"
#include "commands/serve.hpp"
#include "commands/supervise.hpp"
#include "commands/verify.hpp"
#include "config/command_line.hpp"
#include "plugin/library.hpp"
#include "version.hpp"

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

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

// One process, a supervisor, or one of its generations.
Result<int, Failure> serve(crank::CommandLine command, const crank::Environment& environment,
                           std::chrono::steady_clock::time_point started, std::vector<std::string> arguments) {
  auto link = crank::SupervisorLink::from_environment();
  if (!link) return std::move(link).error();
  if (*link) return crank::run_generation(std::move(command), environment, started, *std::move(link));
  if (command.settings.no_supervisor || command.print_config)
    return crank::run_serve(std::move(command), environment, started);
  return crank::run_supervised(std::move(command), environment, started, std::move(arguments));
}

Result<int, Failure> run(crank::CommandLine command, const crank::Environment& environment,
                         std::chrono::steady_clock::time_point started, std::vector<std::string> arguments) {
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
  case crank::Command::serve: return serve(std::move(command), environment, started, std::move(arguments));
  }
  return Failure{"unknown command", 2};
}

} // namespace

int main(int argc, char** argv) {
  const auto started = std::chrono::steady_clock::now();
  const crank::Environment environment = crank::process_environment();
  std::vector<std::string> arguments(argv + 1, argv + argc);
  auto command =
      crank::parse_command_line(arguments, environment, {crank::host_version, crank::plugin_search_path({})});
  Failure failure;
  if (command) {
    auto code = run(*std::move(command), environment, started, std::move(arguments));
    if (code && std::cout.flush()) return *code;
    failure = code ? Failure{"cannot write to standard output; is the disk full or the reader gone?", 1}
                   : std::move(code).error();
  } else {
    failure = std::move(command).error();
  }
  std::cerr << "crank-host: " << failure.message << '\n';
  return failure.exit_code;
}
