// `crank-host audit verify` and `crank-host audit tail`.
#pragma once

#include "base/problem.hpp"
#include "config/command_line.hpp"

namespace crank {

// 0: nothing is wrong; 1 with one line: what is.
[[nodiscard]] Result<int, Failure> run_audit_verify(const CommandLine& command);

// With --follow it ends when its reader is gone, or by a signal.
[[nodiscard]] Result<int, Failure> run_audit_tail(const CommandLine& command);

} // namespace crank
