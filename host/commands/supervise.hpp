// `crank-host --plugin ...` by default: a supervisor over generations that serve. Wires the supervisor together.
#pragma once

#include "config/command_line.hpp"
#include "error/problem.hpp"

#include <string>
#include <vector>

namespace crank {

// Serves until SIGTERM or SIGINT. `arguments`: what this process was started with, for the generations to read again.
Result<int, Failure> run_supervised(const CommandLine& command, std::vector<std::string> arguments);

} // namespace crank
