// How a time stands in the store: milliseconds since the epoch.
#pragma once

#include "jobs/job.hpp"

#include <cstdint>

namespace crank::sqlite {

[[nodiscard]] inline std::int64_t ms(JobTime time) { return time.time_since_epoch().count(); }
[[nodiscard]] inline JobTime time_of(std::int64_t milliseconds) {
  return JobTime(std::chrono::milliseconds(milliseconds));
}

} // namespace crank::sqlite
