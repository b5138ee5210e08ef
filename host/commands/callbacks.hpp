// `crank-host callbacks secret`. Knows the file of secrets; a running worker follows it by itself.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

namespace crank {

// Prints the new secret, alone, on standard output.
Result<int, Failure> run_callbacks_secret(const CommandLine& command);

} // namespace crank
