// The tables of the job store, and how a file of an older host becomes one of this.
#pragma once

#include <cstdint>
#include <string>

namespace crank::sqlite {

// The version that a file has when all steps were taken.
extern const int job_schema_version;
// The statements that raise a file of `version`, 0 for an empty one, to that. To be run in one transaction.
[[nodiscard]] std::string raise_job_schema(int version);

} // namespace crank::sqlite
