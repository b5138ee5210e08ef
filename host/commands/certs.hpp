// `crank-host certs init`.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

namespace crank {

// Makes development certificates, or keeps valid ones, and says which on standard output.
Result<int, Failure> run_certs_init(const CommandLine& command);

} // namespace crank
