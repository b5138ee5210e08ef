// `crank-host jobs list`, `show`, `cancel`, `wait` and `logs`: the jobs of a running worker, over HTTP(S).
// Exit codes: 0 done, 1 the job failed or the worker refused, 2 there is no worker to ask or no job to wait for.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

namespace crank {

Result<int, Failure> run_jobs_list(const CommandLine& command, const Environment& environment);
Result<int, Failure> run_jobs_show(const CommandLine& command, const Environment& environment);
Result<int, Failure> run_jobs_cancel(const CommandLine& command, const Environment& environment);
// 0: it succeeded; 1: it failed, was cancelled or interrupted. Ctrl-C ends the waiting with 130.
Result<int, Failure> run_jobs_wait(const CommandLine& command, const Environment& environment);
Result<int, Failure> run_jobs_logs(const CommandLine& command, const Environment& environment);

} // namespace crank
