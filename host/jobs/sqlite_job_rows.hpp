// What stands in the rows of the job store, and what it means.
#pragma once

#include "base/caller.hpp"
#include "jobs/job.hpp"
#include "jobs/sqlite.hpp"

#include <string>

namespace crank::sqlite {

// A caller as one text: a certificate and a token of one name are two, anonymous ones are one.
[[nodiscard]] std::string whose(const Caller& caller);
// A problem as it is kept.
[[nodiscard]] std::string problem_text(const Problem& problem);
// A row of the view `shown`, but for the job's artefacts.
[[nodiscard]] Job job_of(const Statement& row);
// Of such a row: how many artefacts the job has, and its number.
[[nodiscard]] std::int64_t artifacts_in(const Statement& row);
[[nodiscard]] std::int64_t number_in(const Statement& row);

} // namespace crank::sqlite
