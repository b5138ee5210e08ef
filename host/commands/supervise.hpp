// `crank-host --plugin ...` by default: a supervisor over generations that serve. Wires the supervisor together.
#pragma once

#include "config/command_line.hpp"
#include "error/problem.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace crank {

// Serves until SIGTERM or SIGINT. `program`: the path to run it again by (process/program_path.hpp); `arguments`: what this process was
// started with, for the generations to read again.
// Returns in the first generation, too, which is a child that never was another program.
Result<int, Failure> run_supervised(CommandLine command, const Environment& environment,
                                    std::chrono::steady_clock::time_point started, std::string program,
                                    std::vector<std::string> arguments);

} // namespace crank
