#include "jobs/callback_payload.hpp"

#include "jobs/job_json.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>

namespace crank {

namespace json = boost::json;

std::string callback_body(const Job& job) {
  const std::string_view status = name_of(job.state);
  json::object data = shown(job);
  data.erase("callback"); // it changes from attempt to attempt
  json::object body{{"type", std::string("job.").append(status)},
                    {"timestamp", text_of(job.ended.value_or(job.created))},
                    {"job_id", job.id},
                    {"status", status}};
  // Of the file that is named, and of the answer itself where there is none.
  if (!job.artifacts.empty()) {
    body["artifact_path"] = address_of(job, job.artifacts.front());
    body["sha256"] = job.artifacts.front().sha256;
  } else if (job.result) {
    body["sha256"] = job.result->sha256;
  }
  body["data"] = std::move(data);
  return json_text(body);
}

} // namespace crank
