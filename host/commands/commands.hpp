// Which command runs what. The only place that knows all of them.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace crank {

// How this process was started.
struct ProcessStart {
  std::chrono::steady_clock::time_point time;
  std::string program; // its file; empty if that cannot be found out
  std::vector<std::string> arguments;
};

// The exit code, or a failure for the one line that the user gets.
Result<int, Failure> run_command(CommandLine command, const Environment& environment, ProcessStart start);

} // namespace crank
