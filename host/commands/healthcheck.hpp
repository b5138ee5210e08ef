// `crank-host healthcheck`: asks a running worker whether it is healthy; for container engines that want an exit code.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

namespace crank {

// 0 when the worker answers 200, 1 with one line on stderr otherwise.
Result<int, Failure> run_healthcheck(const CommandLine& command, const Environment& environment);

} // namespace crank
