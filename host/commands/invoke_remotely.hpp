// `crank-host invoke CAPABILITY --url URL`: one call to a running worker, waited for where it becomes a job.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

namespace crank {

// As run_invoke(): the result on stdout, progress on stderr if that is a terminal. 0 on success; 1 when the call
// failed, with the problem as JSON on stderr; 2 when there is no worker to ask.
Result<int, Failure> invoke_remotely(const CommandLine& command, const Environment& environment);

} // namespace crank
