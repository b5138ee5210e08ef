// `crank-host status` and `crank-host reload`: asks a running supervisor. Knows its control socket.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

namespace crank {

// Prints what the host does, as a table or JSON.
Result<int, Failure> run_status(const CommandLine& command);
// Prints what became of it; exit code 1 when the new generation failed.
Result<int, Failure> run_reload(const CommandLine& command);

// The same for crank-host itself.
Result<int, Failure> run_upgrade(const CommandLine& command);

} // namespace crank
