#include "jobs/job_json.hpp"

#include "base/text.hpp"
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

std::string address_of(const Job& job, const ArtifactFacts& artifact) {
  return address_of(job) + "/artifacts/" + percent_encode(artifact.name);
}

json::array shown_artifacts(const Job& job) {
  json::array artifacts;
  for (const ArtifactFacts& artifact : job.artifacts) {
    json::object object{{"name", artifact.name},
                        {"href", address_of(job, artifact)},
                        {"media_type", artifact.media_type},
                        {"bytes", artifact.bytes},
                        {"sha256", artifact.sha256}};
    if (!artifact.description.empty()) object["description"] = artifact.description;
    if (artifact.shown_inline) object["inline"] = true;
    artifacts.push_back(std::move(object));
  }
  return artifacts;
}

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
  if (!job.artifacts.empty()) object["artifacts"] = shown_artifacts(job);
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
