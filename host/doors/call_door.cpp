#include "doors/call_door.hpp"

#include "base/text.hpp"
#include "doors/call_reply.hpp"
#include "doors/job_door.hpp"
#include "engine/deferred_body.hpp"
#include "http/exchange.hpp"

#include <charconv>

namespace crank {
namespace {

class CallDoor : public Handler {
public:
  CallDoor(Engine& engine, Operation& operation, const HttpLimits& limits, AnswerFiles places, JobDesk* jobs)
      : engine_(engine), operation_(operation), places_(std::move(places)), jobs_(jobs),
        most_bytes_(operation.spec().limits.max_body_bytes.value_or(limits.body_bytes)) {}

  std::variant<BodyPlan, Problem> plan(const RequestHead& head) override {
    if (auto problem = check_head(engine_, operation_, head)) return std::move(*problem);
    const bool becomes_job = jobs_ && (JobDesk::is_asked_for(head) || is_long(head, declared_length(head)));
    if (jobs_ && !becomes_job && !operation_.spec().defers && !head.field("callback-url").empty())
      return Problem::http(400, "BAD_REQUEST",
                           "Callback-Url is for jobs: send `Prefer: respond-async` with it, or leave it out");
    if (becomes_job) return BodyPlan{false, most_bytes_};
    return BodyPlan{operation_.spec().body == BodyMode::stream, most_bytes_};
  }

  void handle(std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody> body) override {
    const RequestHead& head = exchange->head();
    if (jobs_ && (JobDesk::is_asked_for(head) || is_long(head, body->size())))
      return jobs_->accept(operation_, exchange, std::move(body));
    auto reply = std::make_shared<CallReply>(
        exchange, operation_.spec(), choose_representation(operation_.spec(), head), places_, way_to_a_job(exchange));
    const auto invocation = std::make_shared<Invocation>(operation_, exchange->shared_head(), std::move(body),
                                                         content_type(operation_, head), head.request_id,
                                                         head.traceparent, std::move(reply));
    engine_.invoke(invocation);
    if (invocation->answered()) return; // inline: no need to watch the client
    exchange->on_disconnect([&engine = engine_, weak = std::weak_ptr(invocation)] {
      if (const auto abandoned = weak.lock()) engine.abandon(*abandoned);
    });
  }

private:
  // For a plugin that finds a call too long to be waited for.
  std::function<void(std::shared_ptr<Invocation>)> way_to_a_job(const std::shared_ptr<Exchange>& exchange) {
    if (!jobs_ || !operation_.spec().defers || JobDesk::is_waited_for(exchange->head())) return {};
    return [this, exchange](std::shared_ptr<Invocation> call) {
      jobs_->accept(operation_, exchange, std::make_unique<DeferredBody>(std::move(call)));
    };
  }
  // Whether the operation wants a body of that length to be a job's, and the client does not want to wait. A body that
  // streams to the plugin without a length has begun to before anybody knows.
  bool is_long(const RequestHead& head, std::uint64_t bytes) const {
    const auto threshold = operation_.spec().job_above_bytes;
    return threshold && bytes != CRANK_UNKNOWN && bytes > *threshold && !JobDesk::is_waited_for(head);
  }
  static std::uint64_t declared_length(const RequestHead& head) {
    const std::string_view text = head.field("content-length"); // the parser has checked it
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    return error == std::errc() && end == text.data() + text.size() ? length : CRANK_UNKNOWN;
  }

  Engine& engine_;
  Operation& operation_;
  const AnswerFiles places_;
  JobDesk* const jobs_;
  const std::uint64_t most_bytes_;
};

std::string list_of(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

// Nothing is decoded here, and a plugin must not take compressed bytes for the content (RFC 9110 15.5.16).
std::optional<Problem> check_coding(const RequestHead& head) {
  std::string_view codings = head.field("content-encoding");
  while (const auto coding = next_list_member(codings)) {
    if (equal_ignoring_case(*coding, "identity")) continue;
    Problem problem = Problem::http(415, "UNSUPPORTED_MEDIA_TYPE",
                                    "the body must come as it is, without Content-Encoding: no coding is undone here");
    problem.headers.emplace_back("Accept-Encoding", "identity");
    return problem;
  }
  return std::nullopt;
}

} // namespace

std::optional<Problem> check_head(const Engine& engine, const Operation& operation, const RequestHead& head) {
  if (auto problem = engine.refusal({operation, head.caller(), head.request_id, head.traceparent})) return problem;
  if (auto problem = check_coding(head)) return problem;
  const std::string type = head.media_type();
  // Without a Content-Type the body counts as what the operation wants: old clients leave it out.
  if (type.empty() || operation.takes(type)) return std::nullopt;
  return Problem::http(415, "UNSUPPORTED_MEDIA_TYPE",
                       operation.spec().name + " takes " + list_of(operation.spec().content_types) + ", not " +
                           std::string(shortened(type, 100)));
}

std::string content_type(const Operation& operation, const RequestHead& head) {
  return operation.spec().form ? std::string(head.field("content-type")) : head.media_type();
}

std::shared_ptr<Handler> make_call_door(Engine& engine, Operation& operation, const HttpLimits& limits,
                                        AnswerFiles places, JobDesk* jobs) {
  return std::make_shared<CallDoor>(engine, operation, limits, std::move(places), jobs);
}

} // namespace crank
