// What a callback says. Knows jobs and JSON.
#pragma once

#include "jobs/job.hpp"

#include <string>

namespace crank {

// {"type":"job.succeeded","timestamp":…,"job_id":…,"status":…,"sha256":…,"data":{…}}: `data` is what GET
// /v1/jobs/{id} shows but for the callback, the same for every attempt. The job is over.
[[nodiscard]] std::string callback_body(const Job& job);

} // namespace crank
