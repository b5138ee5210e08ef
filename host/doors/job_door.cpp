#include "doors/job_door.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "doors/call_door.hpp"
#include "doors/content_response.hpp"
#include "engine/operation.hpp"
#include "http/exchange.hpp"
#include "jobs/job_json.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_key = 255;
constexpr std::size_t longest_page = 500;

Response as_json(const json::value& body, int status = 200, std::string extra = {}) {
  return {status, "application/json", json_text(body), "Cache-Control: no-store\r\n" + std::move(extra)};
}

// The whole body, from memory or a file.
Result<JobBytes> bytes_of(RequestBody& body, JobBytesWriter writer) {
  if (const auto whole = body.whole()) {
    if (auto problem = writer.append(*whole)) return *std::move(problem);
    return writer.finish();
  }
  std::array<char, 65536> piece{};
  while (true) {
    const std::int64_t count = body.read(piece.data(), piece.size());
    if (count == 0) return writer.finish();
    if (count < 0) return Problem::of(static_cast<crank_status>(count), "the body ended early");
    if (auto problem = writer.append({piece.data(), static_cast<std::size_t>(count)})) return *std::move(problem);
  }
}

Content content_of(StoredBytes bytes, std::string media_type, std::string sha256) {
  Content content;
  content.media_type = std::move(media_type);
  content.sha256 = std::move(sha256);
  content.bytes = bytes.size;
  content.text = std::move(bytes.text);
  content.file = std::move(bytes.file);
  content.extra = "Cache-Control: no-store\r\n";
  return content;
}

// The value of a preference (RFC 7240 2), empty where it has none; nullopt: it is not there.
std::optional<std::string_view> preference(const RequestHead& head, std::string_view name) {
  std::string_view preferences = head.field("prefer");
  while (const auto one = next_list_member(preferences)) {
    const std::string_view token = one->substr(0, one->find(';'));
    const std::size_t equals = token.find('=');
    if (!equal_ignoring_case(trim(token.substr(0, equals)), name)) continue;
    std::string_view value = equals == std::string_view::npos ? std::string_view() : trim(token.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return value;
  }
  return std::nullopt;
}

// GET /v1/jobs: the caller's, the newest first.
void list_jobs(JobService& service, Exchange& to) {
  const RequestHead& head = to.head();
  const auto asked = [&](std::string_view key) { return head.get(key).value_or(std::string_view()); };
  JobFilter filter;
  filter.of = &head.caller();
  filter.operation = asked("query.capability");
  filter.before = asked("query.before");
  if (const auto state = head.get("query.state")) {
    filter.state = job_state_of(*state);
    if (!filter.state)
      return to.fail(Problem::http(400, "BAD_REQUEST",
                                   "state must be queued, running, succeeded, failed, cancelled or interrupted"));
  }
  if (const auto most = head.get("query.limit")) {
    const auto end = most->data() + most->size();
    const auto [read, error] = std::from_chars(most->data(), end, filter.most);
    if (error != std::errc() || read != end || filter.most == 0 || filter.most > longest_page)
      return to.fail(Problem::http(400, "BAD_REQUEST", "limit must be 1 to 500"));
  }
  const auto jobs = service.list(filter);
  if (!jobs) return to.fail(jobs.error());
  json::array list;
  for (const Job& job : *jobs) list.push_back(shown(job));
  json::object body{{"jobs", std::move(list)}};
  if (jobs->size() == filter.most) body["next"] = jobs->back().id; // for `before`
  to.respond(as_json(body));
}

} // namespace

class JobDesk::Endpoint : public Handler {
public:
  Endpoint(JobDesk& desk, std::function<void(JobService&, Exchange&)> answer)
      : desk_(desk), answer_(std::move(answer)) {}
  std::variant<BodyPlan, Problem> plan(const RequestHead&) override { return BodyPlan{false, 64 * 1024}; }
  void handle(std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody>) override {
    desk_.submit(std::move(exchange), [this](Exchange& to) { answer_(desk_.jobs_, to); });
  }

private:
  JobDesk& desk_;
  const std::function<void(JobService&, Exchange&)> answer_;
};

class JobDesk::Upload : public Handler {
public:
  explicit Upload(JobDesk& desk) : desk_(desk) {}
  std::variant<BodyPlan, Problem> plan(const RequestHead& head) override {
    if (!is_artifact_name(name_of(head)))
      return Problem::http(400, "BAD_REQUEST",
                           "that is no name of a file: 1 to 255 bytes of UTF-8, without '/' and '\\'");
    return BodyPlan{false, desk_.most_bytes_};
  }
  void handle(std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody> given) override {
    const std::shared_ptr<RequestBody> body = std::move(given);
    desk_.submit(std::move(exchange), [this, body](Exchange& to) { keep(to, *body); });
  }

private:
  static std::string_view name_of(const RequestHead& head) {
    return head.get("path.name").value_or(std::string_view());
  }

  void keep(Exchange& to, RequestBody& body) {
    const RequestHead& head = to.head();
    auto file = desk_.jobs_.make_file();
    if (!file) return to.fail(file.error());
    Artifact artifact;
    artifact.facts.name = name_of(head);
    artifact.facts.media_type = head.media_type().empty() ? "application/octet-stream" : head.media_type();
    if (auto problem = fill(*file, body, artifact.facts)) return to.fail(*problem);
    artifact.file = std::make_shared<ScratchFile>(*std::move(file));
    NewJob call;
    call.operation = "artifacts.upload";
    call.caller = head.caller();
    call.request_id = head.request_id;
    call.traceparent = head.traceparent;
    const auto kept = desk_.jobs_.keep(call, {std::move(artifact)});
    if (!kept) return to.fail(kept.error());
    const json::array artifacts = shown_artifacts(*kept);
    to.respond(as_json(artifacts.front().get_object(), 201,
                       "Location: " + address_of(*kept, kept->artifacts.front()) + "\r\n"));
  }

  static std::optional<Problem> fill(ScratchFile& file, RequestBody& body, ArtifactFacts& facts) {
    Sha256 digest;
    const auto take = [&](std::string_view piece) {
      digest.update(piece);
      facts.bytes += piece.size();
      return file.write(piece);
    };
    if (const auto whole = body.whole()) {
      if (auto problem = take(*whole)) return problem;
    } else {
      std::array<char, 65536> piece{};
      while (const std::int64_t count = body.read(piece.data(), piece.size())) {
        if (count < 0) return Problem::of(static_cast<crank_status>(count), "the body ended early");
        if (auto problem = take({piece.data(), static_cast<std::size_t>(count)})) return problem;
      }
    }
    facts.sha256 = digest.hex();
    return std::nullopt;
  }

  JobDesk& desk_;
};

bool JobDesk::is_asked_for(const RequestHead& head) { return preference(head, "respond-async").has_value(); }

// How long the client would wait is not counted down: the call's own deadline is.
bool JobDesk::is_waited_for(const RequestHead& head) {
  const auto seconds = preference(head, "wait");
  return seconds && !seconds->empty() && seconds->find_first_not_of("0123456789") == std::string_view::npos &&
         seconds->find_first_not_of('0') != std::string_view::npos;
}

void JobDesk::submit(std::shared_ptr<Exchange> exchange, Work work) {
  jobs_.submit([exchange = std::move(exchange), work = std::move(work)] { work(*exchange); });
}

void JobDesk::accept(Operation& operation, std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody> given) {
  const std::shared_ptr<RequestBody> body = std::move(given);
  submit(std::move(exchange), [this, &operation, body](Exchange& to) {
    const RequestHead& head = to.head();
    std::string type = content_type(operation, head);
    if (const auto& form = operation.spec().form) { // who sent it is there now, and not when the job runs
      if (const auto read = read_form(*form, type, *body); !read) return to.fail(read.error());
    }
    auto input = bytes_of(*body, jobs_.writer());
    if (!input) return to.fail(input.error());
    NewJob job;
    job.caller = head.caller();
    job.request_id = head.request_id;
    job.traceparent = head.traceparent;
    job.content_type = std::move(type);
    job.input = *std::move(input);
    if (const std::string_view key = head.field("idempotency-key"); !key.empty()) {
      if (key.size() > longest_key)
        return to.fail(Problem::http(400, "BAD_REQUEST", "Idempotency-Key must be at most 255 bytes long"));
      job.idempotency_key = key;
    }
    if (const std::string_view url = head.field("callback-url"); !url.empty()) job.callback_url = url;
    const auto accepted = jobs_.accept(operation, std::move(job));
    if (!accepted) return to.fail(accepted.error());
    std::string extra = "Location: " + address_of(accepted->job) + "\r\n";
    if (is_asked_for(head)) extra += "Preference-Applied: respond-async\r\n";
    if (accepted->replayed) extra += "X-Idempotent-Replay: true\r\n";
    to.respond(as_json(shown(accepted->job), 202, std::move(extra)));
  });
}

void JobDesk::add_routes(Router& router) {
  const auto add = [&](std::string_view method, std::string_view path,
                       std::function<void(JobService&, Exchange&)> answer) {
    router.add(method, path, std::make_shared<Endpoint>(*this, std::move(answer)));
  };
  const auto id_of = [](const Exchange& exchange) {
    return exchange.head().get("path.id").value_or(std::string_view());
  };
  add("GET", "/v1/jobs/{id}", [id_of](JobService& jobs, Exchange& to) {
    const auto job = jobs.find(id_of(to), to.head().caller());
    job ? to.respond(as_json(shown(*job))) : to.fail(job.error());
  });
  add("DELETE", "/v1/jobs/{id}", [id_of](JobService& jobs, Exchange& to) {
    const auto job = jobs.cancel(id_of(to), to.head().caller());
    if (!job) return to.fail(job.error());
    to.respond(as_json(shown(*job), is_over(job->state) ? 200 : 202));
  });
  add("GET", "/v1/jobs/{id}/result", [id_of](JobService& jobs, Exchange& to) {
    const auto job = jobs.find(id_of(to), to.head().caller());
    if (!job) return to.fail(job.error());
    auto bytes = jobs.result(*job);
    if (!bytes) return to.fail(bytes.error());
    respond_content(to, content_of(*std::move(bytes), job->result->media_type, job->result->sha256));
  });
  add("GET", "/v1/jobs/{id}/artifacts/{name}", [id_of](JobService& jobs, Exchange& to) {
    const auto job = jobs.find(id_of(to), to.head().caller());
    if (!job) return to.fail(job.error());
    const auto name = to.head().get("path.name").value_or(std::string_view());
    auto bytes = jobs.artifact(*job, name);
    if (!bytes) return to.fail(bytes.error());
    const auto facts = std::find_if(job->artifacts.begin(), job->artifacts.end(),
                                    [&](const ArtifactFacts& artifact) { return artifact.name == name; });
    if (facts == job->artifacts.end()) // the job was over only just now
      return to.fail(Problem::of(CRANK_NOT_FOUND, "the job has no artefact of that name"));
    Content content = content_of(*std::move(bytes), facts->media_type, facts->sha256);
    content.file_name = facts->name;
    respond_content(to, std::move(content));
  });
  add("GET", "/v1/jobs/{id}/logs", [id_of](JobService& jobs, Exchange& to) {
    auto log = jobs.log(id_of(to), to.head().caller());
    if (!log) return to.fail(log.error());
    const std::string first = log->dropped > 0 ? json_text(json::object{{"dropped", log->dropped}}) + "\n" : "";
    to.respond({200, "application/jsonl", first + log->text, "Cache-Control: no-store\r\n"});
  });
  add("GET", "/v1/jobs", &list_jobs);
  router.add("POST", "/v1/artifacts/{name}", std::make_shared<Upload>(*this));
}

} // namespace crank
