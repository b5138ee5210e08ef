// `crank-host mcp`: the capabilities of plugins as tools of an MCP server over standard input and output, for a client
// that starts it. One process, without the supervisor: whoever started it starts it again.
#pragma once

#include "base/problem.hpp"
#include "commands/commands.hpp"
#include "config/command_line.hpp"

namespace crank {

// 0 when the input ended, or the client went; 1 when plugin code had to be left behind. With --print-config it prints
// what clients want in their configuration files, and ends.
Result<int, Failure> run_mcp(const CommandLine& command, const Environment& environment, const ProcessStart& start);

} // namespace crank
