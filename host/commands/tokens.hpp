// `crank-host tokens add`, `list` and `revoke`. Knows the token file; a running worker follows it by itself.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

namespace crank {

// Prints the token, alone and once, on standard output. One that cannot be printed is revoked again.
Result<int, Failure> run_tokens_add(const CommandLine& command);
// Prints what is known of the tokens, as a table or JSON.
Result<int, Failure> run_tokens_list(const CommandLine& command);
Result<int, Failure> run_tokens_revoke(const CommandLine& command);

} // namespace crank
