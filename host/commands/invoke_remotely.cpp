#include "commands/invoke_remotely.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "commands/artifact_files.hpp"
#include "commands/invoke.hpp"
#include "commands/job_follow.hpp"
#include "jobs/job.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <iostream>

namespace crank {
namespace {

// A host answers when the call is over, and ends it by itself at its deadline.
constexpr std::chrono::hours answer_time{1};

int print(const WorkerAnswer& answer) {
  if (answer.status >= 400) {
    std::cerr << answer.body << '\n';
    return 1;
  }
  std::cout << answer.body;
  if (answer.content_type == "application/json") std::cout << '\n';
  return 0;
}

// What a call or a job has left: `object` has its artefacts. One that is the whole answer is printed.
int take_artifacts(WorkerClient& client, const boost::json::object& object, const ArtifactFiles& files,
                   bool whole_answer) {
  const auto* const listed = object.if_contains("artifacts");
  if (!listed || !listed->is_array()) return 0;
  const auto& artifacts = listed->get_array();
  int code = 0;
  for (const auto& artifact : artifacts) {
    if (!artifact.is_object()) continue;
    const std::string name = text_of(artifact.get_object(), "name"), href = text_of(artifact.get_object(), "href");
    const auto* const size = artifact.get_object().if_contains("bytes");
    const auto read = [&](const ArtifactFiles::Take& take) {
      bool taken = true;
      Sha256 digest;
      const auto got = client.stream(href, {}, [&](std::string_view piece) {
        digest.update(piece);
        taken = taken && take(piece);
      });
      // A transfer that broke off looks like one that is over.
      return taken && got && got->status == 200 && digest.hex() == text_of(artifact.get_object(), "sha256");
    };
    if (whole_answer && artifacts.size() == 1 && !files.are_wanted()) {
      if (read([](std::string_view piece) { return static_cast<bool>(std::cout << piece); })) return 0;
      std::cerr << "the artefact " << name << " is not whole\n";
      return 1;
    }
    const std::uint64_t bytes = size && size->is_int64() ? static_cast<std::uint64_t>(size->as_int64()) : 0;
    if (!files.keep(name, bytes, read)) code = 1;
  }
  return code;
}

// The job that artefacts beside a body are kept as: "</v1/jobs/ID..." is where they are. Empty: there are none.
std::string linked_job(std::string_view link) {
  constexpr std::string_view begins = "</v1/jobs/";
  if (!take_prefix(link, begins)) return {};
  const std::string_view id = link.substr(0, link.find_first_of("/>"));
  return is_job_id(id) ? std::string(id) : std::string();
}

} // namespace

Result<int, Failure> invoke_remotely(const CommandLine& command, const Environment& environment) {
  auto input = read_input(command.input);
  if (!input) return std::move(input).error();
  auto address = worker_address(command, environment, WorkerPort::main);
  if (!address) return std::move(address).error();
  const auto timeout = command.timeout_ms ? std::chrono::milliseconds(*command.timeout_ms) : answer_time;
  auto client = WorkerClient::make(command, *std::move(address), timeout);
  if (!client) return std::move(client).error();
  WorkerClient::Fields fields{{"Accept", "application/json, application/jsonl, */*;q=0.5"}}; // items as lines
  if (command.respond_async) fields.emplace_back("Prefer", "respond-async");
  const auto answer = client->post("/v1/capabilities/" + command.capability, *input, fields);
  if (!answer) return answer.error();
  const ArtifactFiles files(command.artifacts_directory);
  const auto accepted = parse_json(answer->body);
  // The list of artefacts is the whole answer where there is no other.
  if (answer->status == 200 && accepted && accepted->is_object() && accepted->get_object().size() == 1 &&
      accepted->get_object().contains("artifacts"))
    return take_artifacts(*client, accepted->get_object(), files, true);
  if (answer->status != 202) {
    const int code = print(*answer);
    const std::string id = linked_job(answer->link);
    if (code != 0 || id.empty()) return code;
    const auto kept = client->get("/v1/jobs/" + id);
    if (!kept) return kept.error();
    const auto object = parse_json(kept->body);
    if (!object || !object->is_object()) return refusal_of(*kept);
    return take_artifacts(*client, object->get_object(), files, false);
  }
  const std::string id = accepted && accepted->is_object() ? text_of(accepted->get_object(), "id") : std::string();
  if (id.empty()) return print(*answer); // the capability's own 202
  boost::json::object job;
  {
    const InterruptNotice notice(id);
    ProgressBar bar;
    const auto over = follow_job(*client, id, [&](const boost::json::object& current) { show_job(bar, current); });
    if (!over) return over.error();
    job = *over;
  }
  const bool whole = job.contains("artifacts") && !job.contains("result");
  int code = 0;
  if (!whole) {
    const auto result = client->get("/v1/jobs/" + id + "/result");
    if (!result) return result.error();
    code = print(*result);
  }
  return std::max(code, take_artifacts(*client, job, files, whole));
}

} // namespace crank
