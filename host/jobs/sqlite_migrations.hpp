// The tables of the job store, version by version. Knows SQLite; knows nothing of what is done with them.
#pragma once

#include "jobs/sqlite.hpp"

#include <cstdint>

namespace crank {

// The one this host knows: SQLite's user_version of the file. One more for each migration.
[[nodiscard]] int job_store_version();

// Brings an empty file or one of an earlier version up to `to`, each step in a transaction. `version`: the one it has
// then; a later one is left as it is.
[[nodiscard]] sqlite::Code migrate_job_store(sqlite::Database& database, std::int64_t& version,
                                             int to = job_store_version());

} // namespace crank
