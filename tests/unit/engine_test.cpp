// Engine: admission, input check, inline or pooled, deadline, cancelling, draining. The worker is a function, the door
// a record.
#include "catch.hpp"

#include "engine_fixture.hpp"

#include "json/json.hpp"

using namespace crank;
using namespace crank::test;

namespace {

// A worker that answers at once and is done.
void answers(World& world, std::string text = "{}") {
  world.fake_plugin.on_call = [&world, text](const std::shared_ptr<Invocation>& invocation) {
    invocation->reply({"application/json", text});
    world.engine.completed(*invocation);
  };
}

// A worker that waits for the gate first; `entered` counts those inside.
void waits(World& world, Watched<int>& entered) {
  world.fake_plugin.on_call = [&world, &entered](const std::shared_ptr<Invocation>& invocation) {
    entered.change([](int& count) { ++count; });
    static_cast<void>(world.gate.wait());
    invocation->reply({"application/json", "{}"});
    world.engine.completed(*invocation);
  };
}

OperationSpec narrow(unsigned slots, unsigned queue, std::uint64_t timeout_ms = 3'600'000) {
  OperationSpec spec = spec_of("a.b");
  spec.limits.max_concurrency = slots;
  spec.limits.queue = queue;
  spec.limits.timeout_ms = timeout_ms;
  return spec;
}

bool has_count(World& world, const char* status, int count) {
  return world.metrics.text().find("worker_requests_total{capability=\"a.b\",status=\"" + std::string(status) +
                                   "\",worker_id=\"w\"} " + std::to_string(count) + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("a pooled call is answered from another thread") {
  World world;
  std::atomic<bool> elsewhere{false};
  const auto here = std::this_thread::get_id();
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    elsewhere = std::this_thread::get_id() != here;
    invocation->reply({"text/plain", std::string(*invocation->body().whole())});
    world.engine.completed(*invocation);
  };
  auto call = world.invoke(world.operation(spec_of("a.b")), "body");
  const Ending answer = call.sink->wait();
  REQUIRE(answer.reply);
  CHECK(answer.reply->content_type == "text/plain");
  CHECK(answer.reply->body == "body");
  CHECK(elsewhere);
  CHECK(world.wait_idle());
  CHECK(has_count(world, "ok", 1));
}

TEST_CASE("an inline call is answered before invoke() returns, on the same thread") {
  World world;
  std::thread::id ran_on;
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    ran_on = std::this_thread::get_id();
    invocation->reply({"text/plain", "x"});
    world.engine.completed(*invocation);
  };
  auto call = world.invoke(world.operation(spec_of("a.b"), true), "body");
  CHECK(call.sink->answered());
  CHECK(ran_on == std::this_thread::get_id());
  CHECK(world.engine.in_flight() == 0);
}

TEST_CASE("an inline call whose body is long or in a file goes to the pool") {
  World world;
  std::atomic<bool> elsewhere{false};
  const auto here = std::this_thread::get_id();
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    elsewhere = std::this_thread::get_id() != here;
    invocation->reply({});
    world.engine.completed(*invocation);
  };
  Operation& operation = world.operation(spec_of("a.b"), true);
  SECTION("long") { CHECK(world.invoke(operation, std::string(64 * 1024 + 1, 'x')).sink->wait().reply); }
  SECTION("in a file") { CHECK(world.invoke(operation, "x", "", false).sink->wait().reply); }
  CHECK(elsewhere);
}

namespace {

// Lets in whose token has the operation's name for a scope.
class ScopePolicy : public AccessPolicy {
public:
  std::optional<Problem> refusal(const Caller& caller, const Operation& operation) const override {
    if (caller.has_scope(operation.spec().name)) return std::nullopt;
    return Problem::http(403, "FORBIDDEN", caller.subject + " may not use " + operation.spec().name);
  }
};

} // namespace

TEST_CASE("who may not use an operation is told so before anything else is looked at") {
  World world;
  std::atomic<int> called{0};
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    ++called;
    invocation->reply({"text/plain", invocation->caller().subject});
    world.engine.completed(*invocation);
  };
  const ScopePolicy policy;
  world.engine.set_access(&policy);
  OperationSpec spec = spec_of("a.b");
  spec.input_schema = *parse_json(R"({"type":"object"})");
  Operation& operation = world.operation(spec, GENERATE(false, true));
  world.caller = {CallerKind::token, "ann", "a.c", "192.0.2.1"};

  SECTION("even if the input is wrong, too, and the engine takes no work") {
    world.engine.set_state(GENERATE(EngineState::ready, EngineState::draining));
    const Ending answer = world.invoke(operation, "[]", "application/json").sink->wait();
    REQUIRE(answer.problem);
    CHECK(answer.problem->http_status == 403);
    CHECK(answer.problem->detail == "ann may not use a.b");
    CHECK(called == 0);
    CHECK(world.engine.in_flight() == 0);
  }
  SECTION("and who may is served, with the plugin knowing who it is") {
    world.caller.scopes += " a.b";
    const Ending answer = world.invoke(operation, "{}", "application/json").sink->wait();
    REQUIRE(answer.reply);
    CHECK(answer.reply->body == "ann");
    CHECK(called == 1);
  }
  SECTION("and the host's own calls ask nobody") {
    auto call = world.prepare(operation, "{}", "application/json");
    world.engine.invoke_early(call.invocation);
    CHECK(call.sink->wait().reply);
  }
}

TEST_CASE("an engine that is not ready refuses without calling the worker") {
  World world;
  std::atomic<int> called{0};
  world.fake_plugin.on_call = [&](const auto&) { ++called; };
  const EngineState state = GENERATE(EngineState::starting, EngineState::draining);
  world.engine.set_state(state);
  Operation& operation = world.operation(spec_of("a.b"), GENERATE(false, true));
  REQUIRE(world.engine.refusal({operation, {}, {}, {}}));
  const Ending answer = world.invoke(operation).sink->wait();
  REQUIRE(answer.problem);
  CHECK(answer.problem->status == CRANK_UNAVAILABLE);
  CHECK(answer.problem->http_status == 503);
  CHECK(answer.problem->retryable);
  CHECK(answer.problem->retry_after == 1u);
  CHECK(answer.problem->detail ==
        (state == EngineState::starting ? "the worker is still starting" : "the worker is shutting down"));
  CHECK(world.engine.in_flight() == 0);
  CHECK(called == 0);
  CHECK(has_count(world, "unavailable", 1));
}

TEST_CASE("draining lets what was admitted finish") {
  World world;
  Watched<int> entered;
  waits(world, entered);
  Operation& operation = world.operation(narrow(1, 1));
  auto running = world.invoke(operation), waiting = world.invoke(operation);
  REQUIRE(entered.wait([](int count) { return count == 1; }));
  world.engine.set_state(EngineState::draining);
  CHECK(world.invoke(operation).sink->wait().problem);
  CHECK(world.engine.in_flight() == 2);
  world.gate.open();
  CHECK(running.sink->wait().reply);
  CHECK(waiting.sink->wait().reply);
  CHECK(world.wait_idle());
}

namespace {

// Writes down what it is told.
class Witness : public CallObserver {
public:
  std::optional<Problem> refusal() const override {
    return takes_nothing ? std::optional(Problem::of(CRANK_UNAVAILABLE, "not now")) : std::nullopt;
  }
  void answered(const CallFacts& call, const CallOutcome& outcome) noexcept override {
    told.change([&](auto& lines) {
      lines.push_back(std::string(call.request_id) + " " + call.operation.spec().name + " " +
                      std::string(status_label(outcome.status)) + " " + std::string(outcome.code) + " " +
                      std::to_string(outcome.http_status));
    });
  }
  void denied(const CallFacts& call, const Problem& problem) noexcept override {
    told.change([&](auto& lines) { lines.push_back(std::string(call.request_id) + " may not: " + problem.code); });
  }
  void session_opened(const CallFacts&) noexcept override {}
  void session_closed(const CallFacts&, int, double) noexcept override {}

  std::atomic<bool> takes_nothing = false;
  Watched<std::vector<std::string>> told;
};

} // namespace

TEST_CASE("who observes the engine hears of every answer once, and of none before it") {
  Witness witness;
  World world;
  world.engine.set_observer(&witness);
  Watched<int> entered;
  waits(world, entered);
  Operation& operation = world.operation(narrow(1, 0));
  auto running = world.invoke(operation);
  CHECK(witness.told.get().empty());
  auto refused = world.invoke(operation);
  REQUIRE(refused.sink->answered());
  REQUIRE(witness.told.get().size() == 1);
  CHECK(witness.told.get()[0].find(" busy ") != std::string::npos);
  CHECK(witness.told.get()[0].substr(witness.told.get()[0].size() - 4) == " 429");
  world.gate.open();
  CHECK(running.sink->wait().reply);
  CHECK(world.wait_idle());
  REQUIRE(witness.told.get().size() == 2);
  CHECK(witness.told.get()[1].find(" ok  200") != std::string::npos);
  running.invocation->fail(Problem::of(CRANK_INTERNAL, "late"));
  CHECK(witness.told.get().size() == 2);
}

TEST_CASE("who observes the engine hears of those who may not, by their request") {
  Witness witness;
  World world;
  world.engine.set_observer(&witness);
  const ScopePolicy policy;
  world.engine.set_access(&policy);
  Operation& operation = world.operation(spec_of("a.b"));
  REQUIRE(world.engine.refusal({operation, {}, "r1", {}}));
  CHECK(witness.told.get() == std::vector<std::string>{"r1 may not: FORBIDDEN"});
}

TEST_CASE("who observes the engine may say that nothing can begin") {
  Witness witness;
  World world;
  witness.takes_nothing = true;
  world.engine.set_observer(&witness);
  Operation& operation = world.operation(narrow(1, 0));
  const Ending answer = world.invoke(operation).sink->wait();
  REQUIRE(answer.problem);
  CHECK(answer.problem->status == CRANK_UNAVAILABLE);
  CHECK(world.engine.refusal({operation, {}, {}, {}}));
  SECTION("but what was accepted before runs") {
    world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
      invocation->reply({});
      world.engine.completed(*invocation);
    };
    auto accepted = world.prepare(operation);
    world.engine.invoke_patiently(accepted.invocation);
    CHECK(accepted.sink->wait().reply);
    CHECK(world.wait_idle());
  }
  witness.takes_nothing = false;
  CHECK_FALSE(world.engine.refusal({operation, {}, {}, {}}));
}

TEST_CASE("with slots and queue full a call is told to come back") {
  World world;
  Watched<int> entered;
  waits(world, entered);
  Operation& operation = world.operation(narrow(1, 1));
  auto running = world.invoke(operation), waiting = world.invoke(operation), refused = world.invoke(operation);
  REQUIRE(refused.sink->answered());
  const Ending answer = refused.sink->wait();
  REQUIRE(answer.problem);
  CHECK(answer.problem->status == CRANK_BUSY);
  CHECK(answer.problem->http_status == 429);
  CHECK(answer.problem->retryable);
  CHECK(answer.problem->retry_after == 1u);
  CHECK(world.engine.in_flight() == 2);
  CHECK_FALSE(running.sink->answered());
  CHECK_FALSE(waiting.sink->answered());
  world.gate.open();
  CHECK(running.sink->wait().reply);
  CHECK(waiting.sink->wait().reply);
  CHECK(world.wait_idle());
  CHECK(world.invoke(operation).sink->wait().reply); // there is room again
  CHECK(has_count(world, "busy", 1));
}

TEST_CASE("no more calls run than an operation has slots") {
  World world(8);
  struct Load {
    int running = 0, highest = 0;
  };
  Watched<Load> load;
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    load.change([](Load& l) { l.highest = std::max(l.highest, ++l.running); });
    std::this_thread::yield();
    load.change([](Load& l) { --l.running; });
    invocation->reply({});
    world.engine.completed(*invocation);
  };
  Operation& operation = world.operation(narrow(3, 1000));
  std::vector<World::Call> calls;
  for (int i = 0; i < 300; ++i) calls.push_back(world.invoke(operation));
  for (auto& call : calls) REQUIRE(call.sink->wait().reply);
  CHECK(load.get().highest <= 3);
  CHECK(world.wait_idle());
}

TEST_CASE("a deadline answers while the worker is still busy, and keeps its slot") {
  World world;
  Watched<int> entered;
  waits(world, entered);
  Operation& operation = world.operation(narrow(1, 0, 20));
  auto call = world.invoke(operation, "body");
  const Ending answer = call.sink->wait();
  REQUIRE(answer.problem);
  CHECK(answer.problem->status == CRANK_DEADLINE);
  CHECK(answer.problem->http_status == 504);
  CHECK(answer.problem->detail.find("20 ms") != std::string::npos);
  CHECK(call.invocation->cancelled());
  CHECK(call.invocation->cancel_reason() == CancelReason::deadline);
  CHECK(call.aborted->get() == CRANK_DEADLINE);
  // If the worker was entered at all it is in there still.
  if (entered.get() == 1) {
    CHECK(world.engine.in_flight() == 1);
    CHECK(world.invoke(operation).sink->wait().problem->status == CRANK_BUSY);
  }
  world.gate.open();
  CHECK(world.wait_idle());
  CHECK(call.sink->answer.get().terminals == 1); // the worker's late answer is not heard
}

TEST_CASE("a deadline takes a call out of the queue") {
  World world;
  Watched<int> entered;
  waits(world, entered);
  // The same operation with two time limits is not to be had: the one that waits began later by being made later.
  Operation& operation = world.operation(narrow(1, 5, 200));
  auto running = world.invoke(operation);
  auto waiting = world.invoke(operation);
  const Ending answer = waiting.sink->wait();
  REQUIRE(answer.problem);
  CHECK(answer.problem->status == CRANK_DEADLINE);
  CHECK(answer.problem->detail.find("free slot") != std::string::npos);
  world.gate.open();
  CHECK(world.wait_idle());
  CHECK(entered.get() <= 1); // it never reached the worker
  answers(world);
  CHECK(world.invoke(operation).sink->wait().terminals == 1);
}

TEST_CASE("a caller that goes away while its call waits frees its place at once") {
  World world;
  Watched<int> entered;
  waits(world, entered);
  Operation& operation = world.operation(narrow(1, 1));
  auto running = world.invoke(operation), waiting = world.invoke(operation);
  REQUIRE(entered.wait([](int count) { return count == 1; }));
  world.engine.abandon(*waiting.invocation);
  const Ending answer = waiting.sink->wait();
  REQUIRE(answer.problem);
  CHECK(answer.problem->status == CRANK_CANCELLED);
  CHECK(world.engine.in_flight() == 1);
  auto next = world.invoke(operation);
  CHECK_FALSE(next.sink->answered());
  world.gate.open();
  CHECK(next.sink->wait().reply);
  CHECK(world.wait_idle());
  CHECK(entered.get() == 2);
}

TEST_CASE("a caller that goes away while its call runs only asks the worker to stop") {
  World world;
  Watched<int> entered;
  waits(world, entered);
  auto call = world.invoke(world.operation(narrow(1, 1)), "body");
  REQUIRE(entered.wait([](int count) { return count == 1; }));
  world.engine.abandon(*call.invocation);
  CHECK(call.invocation->cancelled());
  CHECK(call.invocation->cancel_reason() == CancelReason::caller_gone);
  CHECK(call.aborted->get() == CRANK_CANCELLED);
  CHECK_FALSE(call.sink->answered());
  CHECK(world.engine.in_flight() == 1);
  world.engine.abandon(*call.invocation); // twice does no harm
  world.gate.open();
  CHECK(call.sink->wait().reply);
  CHECK(world.wait_idle());
}

TEST_CASE("a call that is cancelled before a thread takes it never reaches the worker") {
  World world(1);
  std::atomic<int> called{0};
  world.fake_plugin.on_call = [&](const auto&) { ++called; };
  Gate held;
  world.engine.pool().submit([&] { static_cast<void>(held.wait()); });
  auto call = world.invoke(world.operation(narrow(5, 5)));
  world.engine.abandon(*call.invocation);
  CHECK_FALSE(call.sink->answered());
  held.open();
  const Ending answer = call.sink->wait();
  REQUIRE(answer.problem);
  CHECK(answer.problem->status == CRANK_CANCELLED);
  CHECK(world.wait_idle());
  CHECK(called == 0);
}

TEST_CASE("the first answer is the answer") {
  World world;
  world.fake_plugin.on_call = [](const auto&) {};
  Operation& operation = world.operation(spec_of("a.b"));
  auto call = world.prepare(operation);
  CHECK(call.invocation->fail(Problem::of(CRANK_BUSY, "first")));
  CHECK_FALSE(call.invocation->reply({}));
  CHECK_FALSE(call.invocation->fail(Problem::of(CRANK_INTERNAL, "second")));
  CHECK_FALSE(call.invocation->end());
  CHECK(call.sink->answer.get().terminals == 1);
  CHECK(call.sink->answer.get().problem->detail == "first");
}

TEST_CASE("an invocation that is dropped is answered all the same") {
  World world;
  auto call = world.prepare(world.operation(spec_of("a.b")));
  call.invocation.reset();
  REQUIRE(call.sink->answer.get().problem);
  CHECK(call.sink->answer.get().problem->status == CRANK_INTERNAL);
}

TEST_CASE("callers that leave, deadlines and answers that race leave nothing behind") {
  World world(4);
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    std::this_thread::yield();
    invocation->reply({});
    world.engine.completed(*invocation);
  };
  Operation& operation = world.operation(narrow(2, 50, 2));
  std::vector<World::Call> calls;
  for (int i = 0; i < 500; ++i) {
    calls.push_back(world.invoke(operation));
    if (i % 3 == 0) world.engine.abandon(*calls[calls.size() / 2].invocation);
    if (i % 7 == 0) world.engine.abandon(*calls.back().invocation);
  }
  for (auto& call : calls) CHECK(call.sink->wait().terminals == 1);
  CHECK(world.wait_idle());
  // Every slot came back.
  Watched<int> entered;
  waits(world, entered);
  OperationSpec spec = operation.spec();
  auto first = world.invoke(operation), second = world.invoke(operation);
  CHECK(first.sink->wait().terminals == 1); // by its deadline at the latest
  CHECK(second.sink->wait().terminals == 1);
  world.gate.open();
  CHECK(world.wait_idle());
  CHECK(world.metrics.text().find("worker_queue_depth{capability=\"a.b\",worker_id=\"w\"} 0\n") != std::string::npos);
  CHECK(world.metrics.text().find("worker_active_requests{capability=\"a.b\",worker_id=\"w\"} 0\n") !=
        std::string::npos);
}

// ---- input ----

namespace {

OperationSpec with_schema() {
  OperationSpec spec = spec_of("a.b");
  spec.input_schema = *parse_json(R"({"type":"object","required":["text"],"additionalProperties":false,
    "properties":{"text":{"type":"string"},"options":{"type":"object","properties":{"count":{"type":"integer"}}}}})");
  return spec;
}

} // namespace

TEST_CASE("input that is wrong is refused before the worker sees it, and its slot comes back") {
  World world;
  std::atomic<int> called{0};
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    ++called;
    invocation->reply({});
    world.engine.completed(*invocation);
  };
  const bool run_inline = GENERATE(false, true);
  OperationSpec spec = with_schema();
  spec.limits.max_concurrency = 1;
  spec.limits.queue = 0;
  Operation& operation = world.operation(spec, run_inline);
  for (int i = 0; i < 3; ++i) {
    const Ending answer = world.invoke(operation, R"({"text":1})", "application/json").sink->wait();
    REQUIRE(answer.problem);
    CHECK(answer.problem->status == CRANK_INVALID);
    CHECK(answer.problem->http_status == 422);
    REQUIRE(answer.problem->fields.size() == 1);
    CHECK(answer.problem->fields[0].pointer == "/text");
    CHECK(answer.problem->detail.find("/text") != std::string::npos);
    CHECK(world.wait_idle());
    // completed() gives the slot back just after the count; the pool's one task is over when the next call gets
    // through.
  }
  CHECK(called == 0);
  CHECK(world.metrics.text().find("worker_active_requests{capability=\"a.b\",worker_id=\"w\"} 0\n") !=
        std::string::npos);
}

TEST_CASE("what of an input is checked") {
  World world;
  OperationSpec spec = with_schema();
  Operation& operation = world.operation(spec);
  const auto status = [](const std::optional<Problem>& problem) { return problem ? problem->http_status : 0; };
  CHECK(status(check_input(operation, "application/json", R"({"text":"a"})")) == 0);
  CHECK(status(check_input(operation, "", R"({"text":"a"})")) == 0);
  CHECK(status(check_input(operation, "application/json", R"({"text":"a","options":{"count":"x"}})")) == 422);
  CHECK(status(check_input(operation, "application/json", R"({})")) == 422);
  CHECK(status(check_input(operation, "application/json", R"([])")) == 422);
  CHECK(status(check_input(operation, "", R"({})")) == 422);
  CHECK(status(check_input(operation, "application/json", "")) == 400);
  CHECK(status(check_input(operation, "application/json", "{")) == 400);
  CHECK(status(check_input(operation, "application/json", R"({"text":"a"} x)")) == 400);
  CHECK(status(check_input(operation, "application/json", R"({"text":"a","text":1})")) == 400);
  CHECK(status(check_input(operation, "application/json", "{\"text\":\"\xff\"}")) == 400);
  CHECK(status(check_input(operation, "application/json", std::nullopt)) == 413);
  CHECK(status(check_input(operation, "text/plain", "not JSON")) == 0);
  CHECK(status(check_input(operation, "text/plain", std::nullopt)) == 0);
  CHECK(check_input(operation, "application/json", "{")->code == "INVALID_JSON");

  spec.body = BodyMode::stream;
  CHECK(status(check_input(world.operation(spec), "application/json", "{")) == 0);
  CHECK(status(check_input(world.operation(spec_of("free")), "application/json", "{")) == 0);
}

TEST_CASE("every field at fault is named") {
  World world;
  const auto problem = check_input(world.operation(with_schema()), "application/json",
                                   R"({"text":1,"options":{"count":"x"},"other":1})");
  REQUIRE(problem);
  std::string pointers;
  for (const FieldError& field : problem->fields) pointers += field.pointer + " ";
  CHECK(pointers.find("/text ") != std::string::npos);
  CHECK(pointers.find("/options/count ") != std::string::npos);
  CHECK(problem->detail.find("; ") != std::string::npos);
}

TEST_CASE("an inline call that is PENDING meets its deadline, and its limit") {
  World world;
  std::vector<std::shared_ptr<Invocation>> pending;
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) { pending.push_back(invocation); };
  OperationSpec spec = spec_of("a.b");
  spec.limits.max_concurrency = 2;
  spec.limits.timeout_ms = 30;
  Operation& operation = world.operation(spec, true);
  const auto first = world.invoke(operation, "1");
  const auto second = world.invoke(operation, "2");
  const auto third = world.invoke(operation, "3");
  REQUIRE(third.sink->answered());
  CHECK(third.sink->wait().problem->status == CRANK_BUSY);
  CHECK(pending.size() == 2);
  for (const auto& call : {first, second}) {
    const Ending answer = call.sink->wait();
    REQUIRE(answer.problem);
    CHECK(answer.problem->status == CRANK_DEADLINE);
    CHECK(answer.terminals == 1);
  }
  CHECK(world.engine.in_flight() == 2); // the plugin still holds them
  for (const auto& invocation : pending) world.engine.completed(*invocation);
  CHECK(world.engine.in_flight() == 0);
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    invocation->reply({});
    world.engine.completed(*invocation);
  };
  CHECK(world.invoke(operation, "4").sink->wait().reply);
}

TEST_CASE("the end of the drain period reaches what runs and what waits, and answers what does not return") {
  World world;
  Watched<int> entered;
  waits(world, entered);
  Operation& operation = world.operation(narrow(1, 1));
  auto running = world.invoke(operation, "body"), waiting = world.invoke(operation);
  REQUIRE(entered.wait([](int count) { return count == 1; }));
  world.engine.set_state(EngineState::draining);
  world.engine.cancel_all();
  CHECK(running.invocation->cancel_reason() == CancelReason::draining);
  CHECK(running.aborted->get() == CRANK_CANCELLED);
  CHECK_FALSE(running.sink->answered()); // it may return yet
  CHECK(waiting.sink->wait().problem->http_status == 503);
  CHECK(world.engine.in_flight() == 1);
  CHECK(world.engine.answer_all() == std::vector<std::string>{"a.b"});
  CHECK(running.sink->wait().problem->http_status == 503);
  CHECK(running.sink->wait().problem->retry_after == 1u);
  world.gate.open();
  CHECK(world.wait_idle());
  CHECK(running.sink->answer.get().terminals == 1);
}

TEST_CASE("deadlines, disconnects, completions and the end of a drain may meet in any order") {
  World world(4);
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    std::this_thread::yield();
    if (!invocation->cancelled()) invocation->reply({});
    world.engine.completed(*invocation);
  };
  Operation& operation = world.operation(narrow(2, 1000, 2));
  std::atomic<bool> over{false};
  std::thread drains([&] {
    while (!over) world.engine.cancel_all();
  });
  std::vector<World::Call> calls;
  for (int i = 0; i < 500; ++i) {
    calls.push_back(world.invoke(operation));
    if (i % 3 == 0) world.engine.abandon(*calls.back().invocation);
  }
  CHECK(world.wait_idle());
  over = true;
  drains.join();
  for (auto& call : calls) {
    call.invocation.reset(); // the last holder, unless its deadline fires right now
    CHECK(call.sink->wait().terminals == 1);
  }
  CHECK(world.engine.answer_all().empty());
}

// ---- patient calls ----

TEST_CASE("who waits patiently is never refused, and comes after those who do not") {
  World world;
  Watched<int> entered;
  std::mutex mutex;
  std::vector<std::string> order;
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    {
      const std::lock_guard lock(mutex);
      order.emplace_back(invocation->body().whole().value_or(""));
    }
    entered.change([](int& count) { ++count; });
    static_cast<void>(world.gate.wait());
    invocation->reply({"application/json", "{}"});
    world.engine.completed(*invocation);
  };
  Operation& operation = world.operation(narrow(1, 1), GENERATE(false, true));
  std::vector<World::Call> patient;
  for (int i = 0; i < 20; ++i) {
    patient.push_back(world.prepare(operation, "patient " + std::to_string(i)));
    world.engine.invoke_patiently(patient.back().invocation);
  }
  REQUIRE(entered.wait([](int count) { return count == 1; })); // the first had room
  auto hasty = world.prepare(operation, "hasty", "", false);   // not in memory: for the pool, and behind the first
  if (!operation.run_inline()) world.engine.invoke(hasty.invocation);
  world.gate.open();
  for (const auto& call : patient) CHECK(call.sink->wait().reply);
  if (!operation.run_inline()) CHECK(hasty.sink->wait().reply);
  REQUIRE(world.wait_idle());
  if (!operation.run_inline()) {
    REQUIRE(order.size() == 21);
    CHECK(order[0] == "patient 0");
    CHECK(order[1].empty()); // the hasty one, whose body is in no memory
    CHECK(order[2] == "patient 1");
  }
  CHECK(order.back() == "patient 19");
}

TEST_CASE("the time of a patient call begins when it gets its slot") {
  World world;
  Watched<int> entered;
  waits(world, entered);
  Operation& operation = world.operation(narrow(1, 1));
  const auto first = world.invoke(operation);
  REQUIRE(entered.wait([](int count) { return count == 1; }));
  const auto patient = world.prepare(operation);
  world.engine.invoke_patiently(patient.invocation);
  const auto before = Invocation::Clock::now();
  CHECK(patient.invocation->started() <= before);
  world.gate.open();
  CHECK(patient.sink->wait().reply);
  CHECK(patient.invocation->started() >= before);
  CHECK(patient.invocation->deadline() == patient.invocation->started() + std::chrono::milliseconds(3'600'000));
}

TEST_CASE("who waits patiently can be taken out, and is told when draining begins") {
  World world;
  Watched<int> entered;
  waits(world, entered);
  Operation& operation = world.operation(narrow(1, 1));
  const auto first = world.invoke(operation);
  REQUIRE(entered.wait([](int count) { return count == 1; }));
  const auto gone = world.prepare(operation);
  const auto told = world.prepare(operation);
  world.engine.invoke_patiently(gone.invocation);
  world.engine.invoke_patiently(told.invocation);
  CHECK(world.engine.in_flight() == 3);
  world.engine.abandon(*gone.invocation);
  CHECK(gone.sink->wait().problem);
  CHECK(world.engine.in_flight() == 2);
  world.engine.set_state(EngineState::draining);
  const Ending answer = told.sink->wait();
  REQUIRE(answer.problem);
  CHECK(answer.problem->status == CRANK_UNAVAILABLE);
  CHECK(world.engine.in_flight() == 1); // the first is served to its end
  const auto late = world.prepare(operation);
  world.engine.invoke_patiently(late.invocation);
  CHECK(late.sink->wait().problem);
  world.gate.open();
  CHECK(first.sink->wait().reply);
  REQUIRE(world.wait_idle());
  CHECK(entered.get() == 1);
}

TEST_CASE("a form is read before the worker is called, and refused in its place") {
  World world;
  OperationSpec spec = spec_of("a.b");
  spec.form.emplace();
  spec.form->fields.push_back({});
  spec.form->fields[0].name = "t";
  spec.form->fields[0].required = true;
  std::atomic<int> calls{0};
  world.fake_plugin.on_call = [&](const std::shared_ptr<Invocation>& invocation) {
    ++calls;
    const Form* const form = invocation->form();
    invocation->reply({"text/plain", form && form->parts.size() == 1 ? form->parts[0].text : "no form"});
    world.engine.completed(*invocation);
  };
  for (const bool run_inline : {false, true}) {
    Operation& operation = world.operation(spec, run_inline);
    const auto fine = world.invoke(operation, "t=hi", "application/x-www-form-urlencoded").sink->wait();
    REQUIRE(fine.reply);
    CHECK(fine.reply->body == "hi");
    const auto missing = world.invoke(operation, "u=hi", "application/x-www-form-urlencoded").sink->wait();
    REQUIRE(missing.problem);
    CHECK(missing.problem->http_status == 422);
    CHECK(missing.problem->fields.at(0).pointer == "/t");
    const auto other = world.invoke(operation, "{}", "application/json").sink->wait();
    REQUIRE(other.problem);
    CHECK(other.problem->http_status == 415);
  }
  CHECK(world.wait_idle());
  CHECK(calls == 2);
}
