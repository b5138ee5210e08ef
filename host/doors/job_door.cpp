#include "doors/job_door.hpp"

#include "base/text.hpp"
#include "engine/operation.hpp"
#include "http/exchange.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <charconv>
#include <ctime>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_key = 255;
constexpr std::size_t longest_page = 500;

// RFC 3339, in UTC.
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
  if (job.problem) object["error"] = *parse_json(problem_json(*job.problem, job.request_id));
  return object;
}

Response as_json(const json::value& body, int status = 200, std::string extra = {}) {
  return {status, "application/json", json_text(body), "Cache-Control: no-store\r\n" + std::move(extra)};
}

// The whole body, from memory or a file.
Result<std::string> text_of(RequestBody& body) {
  if (const auto whole = body.whole()) return std::string(*whole);
  std::string text;
  std::array<char, 65536> piece{};
  while (true) {
    const std::int64_t count = body.read(piece.data(), piece.size());
    if (count == 0) return text;
    if (count < 0) return Problem::of(static_cast<crank_status>(count), "the body ended early");
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

bool is_same(const Caller& a, const Caller& b) { return a.kind == b.kind && a.subject == b.subject; }

} // namespace

class JobDesk::Endpoint : public Handler {
public:
  Endpoint(JobDesk& desk, std::function<void(JobDesk&, Exchange&)> answer) : desk_(desk), answer_(std::move(answer)) {}
  std::variant<BodyPlan, Problem> plan(const RequestHead&) override { return BodyPlan{false, 64 * 1024}; }
  void handle(std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody>) override {
    desk_.submit(std::move(exchange), [this](Exchange& to) { answer_(desk_, to); });
  }

private:
  JobDesk& desk_;
  const std::function<void(JobDesk&, Exchange&)> answer_;
};

void JobDesk::finish() { static_cast<void>(pool_.stop(std::chrono::milliseconds::max())); }

bool JobDesk::is_asked_for(const RequestHead& head) {
  std::string_view preferences = head.field("prefer");
  while (const auto preference = next_list_member(preferences)) {
    if (equal_ignoring_case(trim(preference->substr(0, preference->find(';'))), "respond-async")) return true;
  }
  return false;
}

void JobDesk::submit(std::shared_ptr<Exchange> exchange, Work work) {
  pool_.submit([exchange = std::move(exchange), work = std::move(work)] { work(*exchange); });
}

void JobDesk::accept(Operation& operation, std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody> given) {
  const std::shared_ptr<RequestBody> body = std::move(given);
  submit(std::move(exchange), [this, &operation, body](Exchange& to) {
    const RequestHead& head = to.head();
    auto text = text_of(*body);
    if (!text) return to.fail(text.error());
    if (const auto problem = check_input(operation, head.media_type(), *text)) return to.fail(*problem);
    NewJob job;
    job.operation = operation.spec().name;
    job.caller = head.caller();
    job.request_id = head.request_id;
    job.traceparent = head.traceparent;
    job.content_type = head.media_type();
    job.input = *std::move(text);
    job.repeatable = operation.spec().repeatable;
    if (const std::string_view key = head.field("idempotency-key"); !key.empty()) {
      if (key.size() > longest_key)
        return to.fail(Problem::http(400, "BAD_REQUEST", "Idempotency-Key must be at most 255 bytes long"));
      job.idempotency_key = key;
    }
    const CallFacts facts{operation, head.caller(), head.request_id, head.traceparent};
    if (const auto refused = engine_.refusal(facts)) return to.fail(*refused); // draining by now
    const auto accepted = store_.accept(job, job_clock());
    if (!accepted) return to.fail(accepted.error());
    runner_.wake();
    std::string extra = "Location: " + address_of(accepted->job) + "\r\nPreference-Applied: respond-async\r\n";
    if (accepted->replayed) extra += "X-Idempotent-Replay: true\r\n";
    to.respond(as_json(shown(accepted->job), 202, std::move(extra)));
  });
}

Result<Job> JobDesk::job_of(const Exchange& exchange) {
  const auto id = exchange.head().get("path.id").value_or(std::string_view());
  auto job = is_job_id(id) ? store_.find(id) : Result<Job>(Problem::of(CRANK_NOT_FOUND, "there is no such job"));
  // Others must not learn that it exists.
  if (job && !is_same(job->caller, exchange.head().caller()))
    return Problem::of(CRANK_NOT_FOUND, "there is no such job");
  return job;
}

void JobDesk::add_routes(Router& router) {
  const auto add = [&](std::string_view method, std::string_view path,
                       std::function<void(JobDesk&, Exchange&)> answer) {
    router.add(method, path, std::make_shared<Endpoint>(*this, std::move(answer)));
  };
  add("GET", "/v1/jobs/{id}", [](JobDesk& desk, Exchange& to) {
    const auto job = desk.job_of(to);
    job ? to.respond(as_json(shown(*job))) : to.fail(job.error());
  });
  add("DELETE", "/v1/jobs/{id}", [](JobDesk& desk, Exchange& to) {
    auto job = desk.job_of(to);
    if (job) job = desk.store_.cancel(job->id, job_clock());
    if (!job) return to.fail(job.error());
    desk.runner_.wake();
    to.respond(as_json(shown(*job), is_over(job->state) ? 200 : 202));
  });
  add("GET", "/v1/jobs/{id}/result", [](JobDesk& desk, Exchange& to) {
    const auto job = desk.job_of(to);
    if (!job) return to.fail(job.error());
    if (job->problem) return to.fail(*job->problem);
    if (!job->result) {
      const bool over = is_over(job->state);
      Problem problem = over ? Problem::http(410, "CANCELLED", "the job was cancelled and has no result")
                             : Problem::http(409, "NOT_FINISHED", "the job is not over yet: ask for its state");
      problem.retryable = !over;
      if (!over) problem.retry_after = 1;
      return to.fail(problem);
    }
    auto bytes = desk.store_.result(job->id);
    if (!bytes) return to.fail(bytes.error());
    to.respond({200, job->result->media_type, *std::move(bytes), "Cache-Control: no-store\r\n"});
  });
  add("GET", "/v1/jobs", [](JobDesk& desk, Exchange& to) {
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
    const auto jobs = desk.store_.list(filter);
    if (!jobs) return to.fail(jobs.error());
    json::array list;
    for (const Job& job : *jobs) list.push_back(shown(job));
    json::object body{{"jobs", std::move(list)}};
    if (jobs->size() == filter.most) body["next"] = jobs->back().id; // for `before`
    to.respond(as_json(body));
  });
}

} // namespace crank
