// `crank-host --plugin ...`: one process, or a supervisor and its generations.
#pragma once

#include "commands/commands.hpp"

namespace crank {

// Serves until a signal ends it. The exit code, or what kept it from serving.
Result<int, Failure> run_serve(CommandLine command, const Environment& environment, ProcessStart start);

// A generation that cannot even read its configuration: whoever asked for it is told by its supervisor, and so is the
// log. False: this process has no supervisor.
bool tell_supervisor(const Failure& failure);

} // namespace crank
