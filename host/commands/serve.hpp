// `crank-host --plugin ...`: wires a worker together, serves until a signal, drains.
#pragma once

#include "config/command_line.hpp"
#include "error/problem.hpp"
#include "generation/supervisor_link.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace crank {

// Serves until SIGTERM or SIGINT. Returns the exit code, or the failure that kept it from serving. `started`: when main began.
Result<int, Failure> run_serve(CommandLine command, const Environment& environment,
                               std::chrono::steady_clock::time_point started);

// The same as a generation: what comes from and goes to outside is the supervisor's affair, which is told of a failure, too.
Result<int, Failure> run_generation(CommandLine command, const Environment& environment,
                                    std::chrono::steady_clock::time_point started,
                                    std::unique_ptr<SupervisorLink> link);

} // namespace crank
