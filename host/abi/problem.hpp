// What a plugin says when it fails.
#pragma once

#include "base/problem.hpp"
#include "engine/operation.hpp"
#include "log/log.hpp"

#include <crank/crank.h>

namespace crank {

// `operation`: whose declared errors count; nullptr when it is gone. What is wrong with the problem itself is left out,
// and said in the log with `context`.
[[nodiscard]] Problem problem_from_abi(const crank_problem* problem, const Operation* operation,
                                       const LogContext& context);

} // namespace crank
