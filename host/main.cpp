// Prepares the process, reads the command line, runs the command, and says in one line what went wrong.
#include "base/problem.hpp"
#include "commands/commands.hpp"
#include "commands/serve.hpp"
#include "config/command_line.hpp"
#include "log/log.hpp"
#include "os/inherited_state.hpp"
#include "os/program_path.hpp"
#include "plugin/library.hpp"
#include "version.hpp"

#include <chrono>
#include <iostream>

#include <unistd.h>

int main(int argc, char** argv) {
  crank::ProcessStart start{std::chrono::steady_clock::now(), crank::program_path(argv[0]), {argv + 1, argv + argc}};
  crank::open_standard_descriptors();
  crank::reset_ignored_signals();
  crank::open_log(STDERR_FILENO);
  const crank::Environment environment = crank::process_environment();
  auto command =
      crank::parse_command_line(start.arguments, environment, {crank::host_version, crank::plugin_search_path({})});
  crank::Failure failure;
  if (command) {
    auto code = crank::run_command(*std::move(command), environment, std::move(start));
    if (code && std::cout.flush()) return *code;
    failure = code ? crank::Failure{"cannot write to standard output; is the disk full or the reader gone?", 1}
                   : std::move(code).error();
  } else {
    failure = std::move(command).error();
    if (crank::tell_supervisor(failure)) return failure.exit_code;
  }
  crank::complain(failure.message);
  return failure.exit_code;
}
