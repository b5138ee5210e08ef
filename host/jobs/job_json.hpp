// A job as every door shows it. Knows jobs and JSON; knows no door.
#pragma once

#include "jobs/job.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>

namespace crank {

// RFC 3339, in UTC, with milliseconds.
[[nodiscard]] std::string text_of(JobTime time);
// Where a job is found over HTTP: "/v1/jobs/" and its id.
[[nodiscard]] std::string address_of(const Job& job);
// Where one of its artefacts is: as above, "/artifacts/" and its name.
[[nodiscard]] std::string address_of(const Job& job, const ArtifactFacts& artifact);
// Its artefacts, as they are in shown().
[[nodiscard]] boost::json::array shown_artifacts(const Job& job);
// The object of GET /v1/jobs/{id}.
[[nodiscard]] boost::json::object shown(const Job& job);

} // namespace crank
