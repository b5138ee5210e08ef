// operations.cpp: the echo plugin's calls, one function each.
#include "echo.hpp"

#include "text.hpp"
#include "worker.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

namespace echo {
namespace {

std::string key_as_member(const crank_call *call, std::string_view key) {
  std::string_view value;
  return quoted(key) + ":" + (get(call, key, value) ? quoted(value) : "null");
}

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string known_about(const crank_call *call) {
  std::string out = "\"operation\":" + quoted(view(call->operation));
  out += ",\"request_id\":" + quoted(view(call->request_id));
  out += ",\"content_type\":" + quoted(view(call->content_type));
  out += ",\"body_size\":" + count_or_null(call->body_size);
  out += ",\"deadline_ms\":" + count_or_null(call->deadline_ms);
  for (const std::string_view key : {"method", "path", "target", "path.name", "query.q", "header.x-test", "header.host",
                                     "caller.kind", "caller.subject", "caller.scopes", "caller.address", "traceparent",
                                     "idempotency_key", "job.id", "job.attempt", "no.such.key"}) {
    out += "," + key_as_member(call, key);
  }
  return out;
}

crank_status echo_back(Instance &, crank_call *call) {
  const auto body = view(call->body);
  return write(call, "{\"body\":" + std::string(body.empty() ? "null" : body) + "," + known_about(call) + "}");
}

crank_status keys(Instance &, crank_call *call) { return write(call, "{" + known_about(call) + "}"); }

crank_status raw(Instance &, crank_call *call) {
  const auto type = call->content_type;
  if (type.len != 0) {
    const crank_status status = call->set(call, str("media_type"), type);
    if (status != CRANK_OK) return status;
  }
  return write(call, view(call->body));
}

crank_status config(Instance &instance, crank_call *call) { return write(call, instance.config); }

/* Waits, reports progress, and says whether it waited to the end. */
bool wait(crank_call *call, milliseconds wanted) {
  const auto begun = steady_clock::now();
  for (auto now = begun; now - begun < wanted; now = steady_clock::now()) {
    if (cancelled(call)) return false;
    progress(call, std::chrono::duration<double>(now - begun) / wanted, "waiting");
    std::this_thread::sleep_for(std::min<milliseconds>(wanted, milliseconds(2)));
  }
  return !cancelled(call);
}

crank_status slow(Instance &, crank_call *call) {
  const auto ms = integer(member(view(call->body), "ms"), 0);
  if (!wait(call, milliseconds(ms))) return fail(call, CRANK_CANCELLED, "stopped as asked");
  progress(call, 1.0, "done");
  return write(call, "{\"done\":true}");
}

crank_status items(Instance &, crank_call *call) {
  const auto input = view(call->body);
  const auto count = integer(member(input, "count"), 0);
  const auto fail_after = integer(member(input, "fail_after"), -1);
  const milliseconds pace(integer(member(input, "pace_ms"), 0));
  for (std::int64_t i = 0; i < count; ++i) {
    if (i == fail_after) return fail(call, CRANK_UNAVAILABLE, "failed in the middle, as asked");
    if (!wait(call, pace)) return fail(call, CRANK_CANCELLED, "stopped as asked");
    const crank_status status = write(call, "{\"index\":" + std::to_string(i) + "}");
    if (status != CRANK_OK) return status;
  }
  return CRANK_OK;
}

crank_status failure(Instance &, crank_call *call) {
  const auto input = view(call->body);
  const auto status = static_cast<crank_status>(integer(member(input, "status"), CRANK_INTERNAL));
  const auto text = unquoted(member(input, "text"));
  return fail(call, status, text.empty() ? "failed as asked" : text, unquoted(member(input, "code")));
}

/* Everything a problem can say. */
crank_status problem(Instance &, crank_call *call) {
  const auto input = view(call->body);
  const auto details = member(input, "details");
  const crank_field_error fields[] = {{str("/range/to"), str("must be above /range/from")},
                                      {str(""), str("is odd as a whole")}};
  const crank_problem problem = {sizeof(crank_problem),
                                 static_cast<crank_status>(integer(member(input, "status"), CRANK_INVALID)),
                                 2,
                                 str(unquoted(member(input, "code"))),
                                 str("wrong in two ways"),
                                 static_cast<std::uint64_t>(integer(member(input, "retry_after_ms"), -1)),
                                 fields,
                                 str(details)};
  return call->fail(call, &problem);
}

/* All keys that begin with "prefix", and how often the visitor was called where it stops after "most". */
crank_status each(Instance &, crank_call *call) {
  struct Seen {
    std::string pairs;
    std::int64_t count = 0, most;
  } seen{{}, 0, integer(member(view(call->body), "most"), 1000)};
  const auto visit = [](void *user, crank_str key, crank_str value) noexcept -> std::int32_t {
    auto &to = *static_cast<Seen *>(user);
    to.pairs += (to.count++ == 0 ? "[" : ",[") + quoted(view(key)) + "," + quoted(view(value)) + "]";
    return to.count >= to.most ? 1 : 0;
  };
  const auto prefix = unquoted(member(view(call->body), "prefix"));
  const crank_status status = call->each(call, str(prefix), visit, &seen);
  return write(call, "{\"status\":" + std::to_string(status) + ",\"pairs\":[" + seen.pairs + "]}");
}

/* Sets what the input names, writes "body", and sets once more. */
crank_status set(Instance &, crank_call *call) {
  const auto input = view(call->body);
  std::string results;
  const auto say = [&](std::string_view key, std::string_view value) {
    results += (results.empty() ? "" : ",") + std::to_string(call->set(call, str(key), str(value)));
  };
  if (!member(input, "status").empty()) say("status", unquoted(member(input, "status")));
  if (!member(input, "media_type").empty()) say("media_type", unquoted(member(input, "media_type")));
  if (!member(input, "key").empty()) say(unquoted(member(input, "key")), unquoted(member(input, "value")));
  say("header.x-results", results);
  const auto body = unquoted(member(input, "body"));
  if (member(input, "body").empty()) return CRANK_OK;
  const crank_status status = write(call, body);
  if (status != CRANK_OK) return fail(call, CRANK_INTERNAL, "write() said " + std::to_string(status), "TEAPOT");
  return call->set(call, str("header.x-late"), str("1")) == CRANK_INVALID ? CRANK_OK : CRANK_INTERNAL;
}

/* Says what it is told about itself, and counts that. */
crank_status health(Instance &instance, crank_call *call) {
  const auto input = view(call->body);
  if (instance.health == nullptr) return fail(call, CRANK_UNSUPPORTED, "the host takes no health");
  const crank_health_report report = {sizeof(crank_health_report),
                                      static_cast<std::int32_t>(integer(member(input, "state"), 0)), 0,
                                      str(unquoted(member(input, "reason")))};
  return write(call, std::to_string(instance.health->report(instance.host, &report)));
}

crank_status metric(Instance &instance, crank_call *call) {
  const auto input = view(call->body);
  if (instance.metrics == nullptr) return fail(call, CRANK_UNSUPPORTED, "the host has no metrics");
  const crank_label label = {str("what"), str(unquoted(member(input, "label")))};
  const double bounds[] = {1, 2.5, 10};
  const auto kind = static_cast<std::int32_t>(integer(member(input, "kind"), CRANK_COUNTER));
  const crank_metric_spec spec = {sizeof(crank_metric_spec),
                                  str(unquoted(member(input, "name"))),
                                  str("A number of the echo plugin."),
                                  kind,
                                  label.value.len == 0 ? 0u : 1u,
                                  &label,
                                  kind == CRANK_HISTOGRAM ? bounds : nullptr,
                                  kind == CRANK_HISTOGRAM ? 3u : 0u,
                                  0};
  std::uint64_t id = 0;
  const crank_status status = instance.metrics->make(instance.host, &spec, &id);
  const auto value = static_cast<double>(integer(member(input, "value"), 1));
  const auto how = unquoted(member(input, "how"));
  if (how == "set")
    instance.metrics->set(instance.host, id, value);
  else if (how == "observe")
    instance.metrics->observe(instance.host, id, value);
  else
    instance.metrics->add(instance.host, id, value);
  return write(call, std::to_string(status));
}

crank_status big(Instance &, crank_call *call) {
  static const std::string block(65536, 'x');
  auto left = static_cast<std::uint64_t>(integer(member(view(call->body), "bytes"), 0));
  while (left > 0) {
    const auto part = std::min<std::uint64_t>(left, block.size());
    const crank_status status = write(call, std::string_view(block).substr(0, part));
    if (status != CRANK_OK) return status;
    left -= part;
  }
  return CRANK_OK;
}

crank_status upload(Instance &, crank_call *call) {
  std::array<char, 65536> buffer;
  Tally tally;
  for (;;) {
    const std::int64_t count = call->read(call, buffer.data(), buffer.size());
    if (count < 0) return fail(call, static_cast<crank_status>(count), "the body ended early");
    if (count == 0) break;
    tally.add(buffer.data(), static_cast<std::size_t>(count));
  }
  return write(call, tally.json(count_or_null(call->body_size)));
}

struct Operation {
  std::string_view name;
  crank_status (*serve)(Instance &, crank_call *);
};

constexpr Operation operations[] = {
    {"test.echo", echo_back},
    {"test.inline", echo_back},
    {"test.config", config},
    {"test.slow", slow},
    {"test.deadline", slow},
    {"test.items", items},
    {"test.fail", failure},
    {"test.pending", pending},
    {"test.timer", timer},
    {"test.big", big},
    {"test.upload", upload},
    {"test.raw", raw},
    {"test.keys", keys},
    {"test.each", each},
    {"test.set", set},
    {"test.problem", problem},
    {"test.health", health},
    {"test.metric", metric},
    {"test.files", files},
    {"test.defer", defer},
    {"test.kept", kept},
    {"test.body_file", body_file},
    {"test.until_cancelled", until_cancelled},
};

} // namespace

crank_status serve(Instance &instance, crank_call *call) {
  for (const Operation &operation : operations) {
    if (operation.name == view(call->operation)) return operation.serve(instance, call);
  }
  return fail(call, CRANK_NOT_FOUND, "echo has no such operation");
}

crank_status defer(Instance &, crank_call *call) {
  crank_str value;
  std::string whole; // where the host has it in a file
  char piece[65536];
  if (call->body.ptr == nullptr)
    for (int64_t count = 0; (count = call->read(call, piece, sizeof(piece))) > 0;)
      whole.append(piece, static_cast<std::size_t>(count));
  const auto input = call->body.ptr ? view(call->body) : std::string_view(whole);
  const bool offered = call->get(call, CRANK_STR("job.offered"), &value) == CRANK_OK && view(value) == "true";
  if (offered && member(input, "long") == "true") return CRANK_DEFER;
  const bool is_job = call->get(call, CRANK_STR("job.id"), &value) == CRANK_OK;
  return write(call, std::string(is_job ? "{\"job\":true" : "{\"job\":false") +
                         ",\"offered\":" + (offered ? "true" : "false") +
                         ",\"length\":" + std::to_string(unquoted(member(input, "text")).size()) + "}");
}

/* Waits until it is cancelled, and says why: it sleeps until then, it does not ask. */
crank_status until_cancelled(Instance &instance, crank_call *call) {
  if (!CRANK_HAS(crank_call, call, on_cancel)) return CRANK_UNSUPPORTED;
  if (member(view(call->body), "wait") != "true") return fail(call, CRANK_INVALID, "wait must be true");
  struct Wait {
    std::mutex mutex;
    std::condition_variable changed;
    std::int32_t reason = CRANK_CANCEL_NONE;
  } wait;
  const auto fired = [](void *user, std::int32_t reason) noexcept {
    auto &to = *static_cast<Wait *>(user);
    const std::lock_guard lock(to.mutex);
    to.reason = reason;
    to.changed.notify_one();
  };
  log(instance, "waiting to be cancelled");
  if (call->on_cancel(call, fired, &wait) != CRANK_OK) return CRANK_INTERNAL;
  {
    std::unique_lock lock(wait.mutex);
    wait.changed.wait(lock, [&] { return wait.reason != CRANK_CANCEL_NONE; });
  }
  call->on_cancel(call, nullptr, nullptr);
  log(instance,
      "cancelled because of " + std::to_string(wait.reason) + ", and again " + std::to_string(call->cancelled(call)));
  return fail(call, CRANK_CANCELLED, "stopped as asked");
}

crank_status pending(Instance &instance, crank_call *call) {
  if (!CRANK_HAS(crank_call, call, finish)) return CRANK_UNSUPPORTED;
  const auto ms = integer(member(view(call->body), "ms"), 0);
  instance.worker->finish_after(call, milliseconds(ms));
  return CRANK_PENDING;
}

} // namespace echo
