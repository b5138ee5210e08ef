// `crank-host --plugin ...`: wires a worker together, serves until a signal, drains.
#pragma once

#include "config/command_line.hpp"
#include "error/problem.hpp"

#include <chrono>
#include <optional>

namespace crank {

// Serves until SIGTERM or SIGINT. Returns the exit code, or the failure that kept it from serving. `started`: when main began.
Result<int, Failure> run_serve(CommandLine command, const Environment& environment,
                               std::chrono::steady_clock::time_point started);

} // namespace crank
