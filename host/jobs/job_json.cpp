#include "jobs/job_json.hpp"

#include "http/response.hpp"
#include "json/json.hpp"

#include <array>
#include <ctime>

namespace crank {

namespace json = boost::json;

std::string text_of(JobTime time) {
  const auto milliseconds = time.time_since_epoch().count();
  const std::time_t seconds = milliseconds / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + size, text.size() - size, ".%03dZ", static_cast<int>(milliseconds % 1000));
  return text.data();
}

std::string address_of(const Job& job) { return "/v1/jobs/" + job.id; }

json::object shown(const Job& job) {
  json::object object{{"id", job.id},           {"capability", job.operation},     {"state", name_of(job.state)},
                      {"attempt", job.attempt}, {"created", text_of(job.created)}, {"request_id", job.request_id}};
  if (job.cancel_requested && !is_over(job.state)) object["cancel_requested"] = true;
  if (job.started) object["started"] = text_of(*job.started);
  if (job.ended) object["ended"] = text_of(*job.ended);
  if (job.state == JobState::running && (job.fraction >= 0 || !job.note.empty())) {
    json::object progress;
    if (job.fraction >= 0) progress["fraction"] = job.fraction;
    if (!job.note.empty()) progress["note"] = job.note;
    object["progress"] = std::move(progress);
  }
  if (job.result)
    object["result"] = json::object{{"href", address_of(job) + "/result"},
                                    {"media_type", job.result->media_type},
                                    {"bytes", job.result->bytes},
                                    {"sha256", job.result->sha256}};
  if (job.callback) {
    json::object callback{
        {"url", job.callback->place}, {"state", name_of(job.callback->state)}, {"attempts", job.callback->attempts}};
    if (!job.callback->error.empty()) callback["last_error"] = job.callback->error;
    if (job.callback->next) callback["next"] = text_of(*job.callback->next);
    object["callback"] = std::move(callback);
  }
  if (job.problem) object["error"] = *parse_json(problem_json(*job.problem, job.request_id));
  return object;
}

} // namespace crank
