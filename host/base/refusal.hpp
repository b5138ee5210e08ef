// What the system refuses, in one line that says what to do about it. Knows nothing of who asked for it.
#pragma once

#include "base/problem.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <system_error>

namespace crank {

// "; raise the limit of open files (ulimit -n)" and the like; empty where there is nothing to advise.
[[nodiscard]] std::string_view advice_on(const std::error_code& refusal);

// What to say where a thread is refused.
[[nodiscard]] Failure no_thread();

// "`what`: REASON; ADVICE" of an exception that ended something, with exit code 1.
[[nodiscard]] Failure failure_of(std::string_view what, const std::exception& problem);

} // namespace crank
