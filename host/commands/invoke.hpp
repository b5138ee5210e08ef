// `crank-host invoke CAPABILITY`: one call from the command line, without a server. The CLI's door to the engine. With
// a URL a running worker is asked (invoke_remotely.hpp).
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

namespace crank {

// Input from stdin or a file, the result on stdout, progress on stderr if that is a terminal. 0 on success; 1 when the
// call failed, with the problem as JSON on stderr.
Result<int, Failure> run_invoke(const CommandLine& command, const Environment& environment);

// What `source` holds, a file or "-" for standard input.
Result<std::string, Failure> read_input(const std::string& source);

} // namespace crank
