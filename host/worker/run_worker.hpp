// Runs a worker in this process, with the log around it and, for a generation, its supervisor.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"
#include "supervision/supervisor_link.hpp"

#include <chrono>
#include <memory>

namespace crank {

// Serves until SIGTERM or SIGINT, without a supervisor. Returns the exit code, or the failure that kept it from
// serving. `started`: when main began.
Result<int, Failure> run_worker(CommandLine command, const Environment& environment,
                                std::chrono::steady_clock::time_point started);

// The same as a generation: what comes from and goes to outside is the supervisor's affair, which is told of a failure,
// too.
Result<int, Failure> run_generation(CommandLine command, const Environment& environment,
                                    std::chrono::steady_clock::time_point started,
                                    std::unique_ptr<SupervisorLink> link);

} // namespace crank
