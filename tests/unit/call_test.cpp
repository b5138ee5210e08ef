// crank_call as a plugin meets it: a real Instance over a plugin made of a function, answers as a door gets them.
#include "catch.hpp"

#include "abi/instance.hpp"
#include "abi/text.hpp"
#include "engine_fixture.hpp"

#include <future>
#include <stdexcept>

using namespace crank;
using namespace crank::test;

namespace {

using Serve = std::function<crank_status(crank_call*)>;

// A plugin whose call() is a function of the test. One at a time: create() has no other way to find it.
class FunctionPlugin {
public:
  FunctionPlugin() {
    table_.size = sizeof table_;
    table_.plugin_data = this;
    table_.start = [](crank_plugin*, crank_str) noexcept -> crank_status { return CRANK_OK; };
    // The host must survive a plugin that throws in spite of the declaration; nothing but a cast gets such a one past
    // the compiler.
    table_.call = reinterpret_cast<decltype(table_.call)>(&FunctionPlugin::run);
    table_.stop = [](crank_plugin*) noexcept {};
    table_.destroy = [](crank_plugin*) noexcept {};
    current_ = &table_;
    entry_ = {CRANK_MAGIC,
              CRANK_ABI_MAJOR,
              CRANK_ABI_MINOR,
              CRANK_ABI_MINOR,
              sizeof(crank_entry),
              CRANK_STR("{}"),
              [](const crank_host*, crank_plugin** out) noexcept -> crank_status {
                *out = current_;
                return CRANK_OK;
              }};
    library.path = "function";
    library.entry = &entry_;
    library.manifest.id = "function";
  }

  Serve on_call;
  crank_plugin& table() { return table_; }
  PluginLibrary library;

private:
  static crank_status run(crank_plugin* plugin, crank_call* call) {
    return static_cast<FunctionPlugin*>(plugin->plugin_data)->on_call(call);
  }
  static inline crank_plugin* current_ = nullptr;
  crank_plugin table_{};
  crank_entry entry_{};
};

class CallWorld : public World {
public:
  CallWorld() : instance(plugin.library, {engine, leadership, metrics}) {
    if (instance.create() || instance.start("{}")) throw std::logic_error("the plugin did not start");
    fake_plugin.on_call = [this](const std::shared_ptr<Invocation>& invocation) { instance.call(invocation); };
  }
  ~CallWorld() {
    gate.open();
    static_cast<void>(wait_idle());
    static_cast<void>(engine.pool().stop(patience)); // before the instance goes
  }

  OperationSpec spec = spec_of("a.b");
  Operation& current() {
    if (!operation_) operation_ = &operation(spec, run_inline);
    return *operation_;
  }
  // One call served by `body`, to its end.
  Ending answer_of(Serve body, std::string input = "", crank_status data_status = CRANK_OK) {
    plugin.on_call = std::move(body);
    Call call = prepare(current(), std::move(input), "application/json");
    call.sink->data_status = data_status;
    engine.invoke(call.invocation);
    Ending answer = call.sink->wait();
    idle = wait_idle();
    answer = call.sink->answer.get();
    return answer;
  }

  bool idle = false;
  bool run_inline = false;
  Leadership leadership;
  FunctionPlugin plugin;
  Instance instance;

private:
  Operation* operation_ = nullptr;
};

crank_status write(crank_call* call, std::string_view text) { return call->write(call, text.data(), text.size()); }

crank_status fail(crank_call* call, crank_status status, std::string_view text, std::string_view code = {}) {
  const crank_problem problem = {sizeof(crank_problem), status,        0,       to_abi(code),
                                 to_abi(text),          CRANK_UNKNOWN, nullptr, {nullptr, 0}};
  return call->fail(call, &problem);
}

crank_status set(crank_call* call, std::string_view key, std::string_view value) {
  return call->set(call, to_abi(key), to_abi(value));
}

int problem_status(const Ending& answer) { return answer.problem ? answer.problem->http_status : 0; }

} // namespace

TEST_CASE("call: what is written is the response") {
  CallWorld world;
  world.run_inline = GENERATE(false, true);
  const Ending answer = world.answer_of([](crank_call* call) {
    write(call, "{\"a\":");
    write(call, "");
    return write(call, "1}");
  });
  REQUIRE(answer.reply);
  CHECK(answer.reply->content_type == "application/json");
  CHECK(answer.reply->body == "{\"a\":1}");
  CHECK(answer.terminals == 1);
  CHECK(world.idle);
}

TEST_CASE("call: a plugin that writes nothing answers with nothing") {
  CallWorld world;
  const Ending answer = world.answer_of([](crank_call*) { return CRANK_OK; });
  REQUIRE(answer.reply);
  CHECK(answer.reply->body.empty());
}

TEST_CASE("call: what the plugin is given") {
  CallWorld world;
  std::string seen;
  crank_str value{};
  crank_status found = CRANK_INTERNAL, missing = CRANK_OK, no_key = CRANK_OK, no_out = CRANK_OK;
  const Ending answer = world.answer_of(
      [&](crank_call* call) {
        const auto add = [&](crank_str text) { seen += std::string(text.ptr, text.len) + "|"; };
        add(call->operation);
        add(call->body);
        add(call->content_type);
        add(call->request_id);
        seen += std::to_string(call->body_size) + "|" +
                (call->deadline_ms <= 3'600'000 && call->deadline_ms > 0 ? "deadline" : "?") + "|";
        seen += call->plugin_data ? "data|" : "no data|";
        found = call->get(call, CRANK_STR("query.a"), &value);
        add(value);
        missing = call->get(call, CRANK_STR("query.b"), &value);
        no_key = call->get(call, {nullptr, 3}, &value);
        no_out = call->get(call, CRANK_STR("query.a"), nullptr);
        char piece[3];
        while (call->read(call, piece, sizeof piece) > 0) seen += piece[0];
        seen += call->read(call, nullptr, 1) == CRANK_INVALID ? "!" : "?";
        return CRANK_OK;
      },
      "{\"x\":1}");
  CHECK(seen == "a.b|{\"x\":1}|application/json|request-1|7|deadline|no data|1|{\"}!");
  CHECK(found == CRANK_OK);
  CHECK(missing == CRANK_NOT_FOUND);
  CHECK(no_key == CRANK_INVALID);
  CHECK(no_out == CRANK_INVALID);
}

TEST_CASE("call: set() names the media type, before the first write and only as one line") {
  CallWorld world;
  world.spec.response_type = "text/csv";
  CHECK(world.answer_of([](crank_call* call) { return write(call, "x"); }).reply->content_type == "text/csv");
  CHECK(world
            .answer_of([&](crank_call* call) {
              set(call, "media_type", "text/html");
              return write(call, "x");
            })
            .reply->content_type == "text/html");
  std::vector<crank_status> refused;
  const Ending answer = world.answer_of([&](crank_call* call) {
    for (const std::string_view bad :
         {std::string_view(""), std::string_view("a\r\nX: y"), std::string_view("a\nb"), std::string_view("a\0b", 3)}) {
      refused.push_back(set(call, "media_type", bad));
    }
    refused.push_back(call->set(call, CRANK_STR("media_type"), {nullptr, 4}));
    write(call, "x");
    refused.push_back(set(call, "media_type", "text/html"));
    return CRANK_OK;
  });
  CHECK(refused == std::vector<crank_status>(6, CRANK_INVALID));
  CHECK(answer.reply->content_type == "text/csv");
}

TEST_CASE("call: set() takes a status and fields, and the last value of a key holds") {
  CallWorld world;
  const Ending answer = world.answer_of([&](crank_call* call) {
    CHECK(set(call, "status", "201") == CRANK_OK);
    CHECK(set(call, "header.location", "/a") == CRANK_OK);
    CHECK(set(call, "header.location", "/b") == CRANK_OK);
    CHECK(set(call, "header.x-y", "") == CRANK_OK);
    return write(call, "x");
  });
  REQUIRE(answer.reply);
  CHECK(answer.reply->status == 201);
  CHECK(answer.reply->fields == std::vector<std::pair<std::string, std::string>>{{"location", "/b"}, {"x-y", ""}});
}

TEST_CASE("call: what set() refuses") {
  CallWorld world;
  world.answer_of([&](crank_call* call) {
    for (const std::string_view status : {"", "20", "2000", "100", "199", "404", "500", "2x0", "-20"}) {
      INFO(status);
      CHECK(set(call, "status", status) == CRANK_INVALID);
    }
    for (const std::string_view name : {"", "A", "a b", "a:", "\xc3\xa9"}) {
      INFO(name);
      CHECK(set(call, "header." + std::string(name), "x") == CRANK_INVALID);
    }
    for (const std::string_view value : {" x", "x ", "a\nb", "a\rb", "\x7f"}) {
      INFO(value);
      CHECK(set(call, "header.x", value) == CRANK_INVALID);
    }
    for (const std::string_view key :
         {"header.content-length", "header.connection", "header.transfer-encoding", "header.date", "header.server",
          "header.content-type", "header.x-request-id", "header.sec-websocket-accept", "caller.subject", "", "body"}) {
      INFO(key);
      CHECK(set(call, key, "x") == CRANK_UNSUPPORTED);
    }
    CHECK(set(call, "header.a", std::string(17'000, 'x')) == CRANK_EXHAUSTED);
    for (int i = 0; i < 3; ++i) CHECK(set(call, "header.a", std::string(16'000, 'x')) == CRANK_OK); // one, replaced
    CHECK(set(call, "header.b", std::string(1'000, 'x')) == CRANK_EXHAUSTED);
    return CRANK_OK;
  });
}

TEST_CASE("call: nothing can be written to a response that has no content") {
  CallWorld world;
  crank_status written = CRANK_OK;
  const std::string status = GENERATE("204", "205", "304");
  const Ending answer = world.answer_of([&](crank_call* call) {
    set(call, "status", status);
    written = write(call, "x");
    return CRANK_OK;
  });
  CHECK(written == CRANK_INVALID);
  REQUIRE(answer.reply);
  CHECK(answer.reply->body.empty());
  CHECK(std::to_string(answer.reply->status) == status);
}

TEST_CASE("call: a long response and a streamed one begin with what was set") {
  CallWorld world;
  world.spec.streaming = GENERATE(false, true);
  const Ending answer = world.answer_of([&](crank_call* call) {
    set(call, "status", "203");
    set(call, "header.x", "y");
    return write(call, std::string(300'000, 'x'));
  });
  REQUIRE(answer.begun);
  CHECK(answer.head.status == 203);
  CHECK(answer.head.fields.size() == 1);
  CHECK(answer.ended);
}

TEST_CASE("call: each() shows what begins with a prefix, until the visitor has enough") {
  CallWorld world;
  std::string seen;
  const auto visit = [](void* user, crank_str key, crank_str value) noexcept -> std::int32_t {
    auto& to = *static_cast<std::string*>(user);
    to += std::string(from_abi(key)) + "=" + std::string(from_abi(value)) + ";";
    return to.size() > 20 ? 1 : 0;
  };
  crank_status no_visitor = CRANK_OK, unreadable = CRANK_OK;
  world.answer_of([&](crank_call* call) {
    CHECK(call->each(call, CRANK_STR("query."), visit, &seen) == CRANK_OK);
    no_visitor = call->each(call, CRANK_STR("query."), nullptr, nullptr);
    unreadable = call->each(call, {nullptr, 2}, visit, &seen);
    return CRANK_OK;
  });
  CHECK(seen == "query.a=1;");
  CHECK(no_visitor == CRANK_INVALID);
  CHECK(unreadable == CRANK_INVALID);
}

TEST_CASE("call: the caller is told by its keys, whatever the door") {
  CallWorld world;
  world.caller = {CallerKind::token, "ann", "a.b c.d", "192.0.2.1"};
  std::string seen;
  world.answer_of([&](crank_call* call) {
    for (const std::string_view key : {"caller.kind", "caller.subject", "caller.scopes", "caller.address"}) {
      crank_str value{};
      if (call->get(call, to_abi(key), &value) == CRANK_OK) seen += std::string(from_abi(value)) + "|";
    }
    crank_str value{};
    if (call->get(call, CRANK_STR("caller.nothing"), &value) == CRANK_NOT_FOUND) seen += "none";
    return CRANK_OK;
  });
  CHECK(seen == "token|ann|a.b c.d|192.0.2.1|none");
}

TEST_CASE("call: every status becomes its problem") {
  CallWorld world;
  const std::pair<crank_status, int> cases[] = {
      {CRANK_BUSY, 429},
      {CRANK_INVALID, 422},
      {CRANK_NOT_FOUND, 404},
      {CRANK_CANCELLED, 499},
      {CRANK_DEADLINE, 504},
      {CRANK_EXHAUSTED, 413},
      {CRANK_UNAVAILABLE, 503},
      {CRANK_UNSUPPORTED, 415},
      {CRANK_INTERNAL, 500},
      // Undefined ones are the plugin's fault.
      {-9, 500},
      {-4242, 500},
      {3, 500},
      {4242, 500},
      {INT32_MIN, 500},
      {INT32_MAX, 500},
  };
  for (const auto& [status, http_status] : cases) {
    INFO(status);
    const Ending answer = world.answer_of([status = status](crank_call* call) {
      write(call, "half an answer");
      return status;
    });
    CHECK(problem_status(answer) == http_status);
    CHECK_FALSE(answer.reply);
    CHECK(answer.terminals == 1);
    if (status == CRANK_BUSY) CHECK(answer.problem->retry_after == 1u);
  }
  CHECK(world.idle);
}

TEST_CASE("call: fail() gives the sentence, and a declared code its own status") {
  CallWorld world;
  world.spec.errors = {{"TOO_SHORT", 400, true, ""}};
  const auto failing = [&](crank_status status, std::string_view code, std::string_view sentence) {
    crank_status returned = 0;
    Ending answer = world.answer_of([&](crank_call* call) { return returned = fail(call, status, sentence, code); });
    CHECK(returned == (status < 0 || status == CRANK_BUSY ? status : CRANK_INTERNAL));
    return answer;
  };
  const Ending declared = failing(CRANK_INVALID, "TOO_SHORT", "the text is too short");
  REQUIRE(declared.problem);
  CHECK(declared.problem->http_status == 400);
  CHECK(declared.problem->code == "TOO_SHORT");
  CHECK(declared.problem->retryable);
  CHECK(declared.problem->detail == "the text is too short");

  const Ending plain = failing(CRANK_NOT_FOUND, "", "nothing there");
  REQUIRE(plain.problem);
  CHECK(plain.problem->http_status == 404);
  CHECK(plain.problem->code == "NOT_FOUND");
  CHECK(plain.problem->detail == "nothing there");

  const Ending undeclared = failing(CRANK_INVALID, "MADE_UP", "x");
  REQUIRE(undeclared.problem);
  CHECK(undeclared.problem->http_status == 422);
  CHECK(undeclared.problem->code == "INVALID_INPUT");

  CHECK(problem_status(failing(CRANK_OK, "", "failed with OK")) == 500);
  CHECK(problem_status(failing(CRANK_PENDING, "", "failed with PENDING")) == 500);
}

TEST_CASE("call: a problem says which fields are wrong, when to come again, and more for programs") {
  CallWorld world;
  const crank_field_error fields[] = {{CRANK_STR("/a"), CRANK_STR("must be odd")},
                                      {CRANK_STR(""), CRANK_STR("is empty")}};
  crank_problem problem = {sizeof(crank_problem), CRANK_UNAVAILABLE, 2, {nullptr, 0}, CRANK_STR("no"), 1001, fields,
                           CRANK_STR("{\"n\":1}")};
  const auto failing = [&] { return world.answer_of([&](crank_call* call) { return call->fail(call, &problem); }); };
  const Ending whole = failing();
  REQUIRE(whole.problem);
  CHECK(whole.problem->retry_after == 2u); // seconds, and not before
  CHECK(whole.problem->details == "{\"n\":1}");
  REQUIRE(whole.problem->fields.size() == 2);
  CHECK(whole.problem->fields[0].pointer == "/a");
  CHECK(whole.problem->fields[1].message == "is empty");

  problem.details = CRANK_STR("[1]");
  problem.retry_after_ms = 0;
  const Ending mended = failing();
  CHECK(mended.problem->details.empty());
  CHECK(mended.problem->retry_after == 1u);

  // What an older plugin's header has not, is not read.
  problem.size = offsetof(crank_problem, retry_after_ms);
  problem.fields = reinterpret_cast<const crank_field_error*>(1);
  const Ending older = failing();
  CHECK(problem_status(older) == 503);
  CHECK_FALSE(older.problem->retry_after);
  CHECK(older.problem->fields.empty());

  problem.size = 8;
  CHECK(problem_status(failing()) == 500);
  CHECK(problem_status(world.answer_of([](crank_call* call) { return call->fail(call, nullptr); })) == 500);
}

TEST_CASE("call: a failure that was recorded but not returned does not count") {
  CallWorld world;
  const Ending answer = world.answer_of([](crank_call* call) {
    fail(call, CRANK_INVALID, "x");
    return write(call, "all well");
  });
  REQUIRE(answer.reply);
  CHECK(answer.reply->body == "all well");
}

TEST_CASE("call: what a plugin throws is an internal error and tells the caller nothing") {
  CallWorld world;
  world.run_inline = GENERATE(false, true);
  for (int i = 0; i < 2; ++i) {
    const Ending answer = world.answer_of([i](crank_call* call) -> crank_status {
      write(call, "half");
      fail(call, CRANK_INVALID, "recorded");
      if (i == 0) throw std::runtime_error("the secret");
      throw 42;
    });
    CHECK(problem_status(answer) == 500);
    CHECK(answer.problem->detail.find("secret") == std::string::npos);
    CHECK(answer.terminals == 1);
  }
  CHECK(world.idle);
  // The next call is served as ever.
  CHECK(world.answer_of([](crank_call* call) { return write(call, "x"); }).reply);
}

TEST_CASE("call: PENDING is answered by finish(), from whatever thread") {
  CallWorld world;
  world.run_inline = GENERATE(false, true);
  std::thread other;
  const crank_status status = GENERATE(CRANK_OK, CRANK_NOT_FOUND);
  const Ending answer = world.answer_of([&](crank_call* call) {
    other = std::thread([call, status] {
      write(call, "later");
      call->finish(call, status);
    });
    return CRANK_PENDING;
  });
  other.join();
  CHECK(answer.terminals == 1);
  CHECK(world.idle);
  if (status == CRANK_OK)
    CHECK(answer.reply->body == "later");
  else
    CHECK(problem_status(answer) == 404);
}

TEST_CASE("call: finish() may come before call() has returned") {
  CallWorld world;
  world.run_inline = GENERATE(false, true);
  const Ending answer = world.answer_of([&](crank_call* call) {
    write(call, "early");
    call->finish(call, CRANK_OK);
    return CRANK_PENDING;
  });
  REQUIRE(answer.reply);
  CHECK(answer.reply->body == "early");
  CHECK(answer.terminals == 1);
  CHECK(world.idle);
  CHECK(problem_status(world.answer_of([&](crank_call* call) {
          call->finish(call, fail(call, CRANK_NOT_FOUND, "x"));
          return CRANK_PENDING;
        })) == 404);
}

TEST_CASE("call: finish() from another thread may overtake the return of call()") {
  CallWorld world;
  for (int i = 0; i < 200; ++i) {
    std::thread other;
    const Ending answer = world.answer_of([&](crank_call* call) {
      other = std::thread([call] {
        write(call, "x");
        call->finish(call, CRANK_OK);
      });
      if (i % 2 == 0) other.join();
      return CRANK_PENDING;
    });
    if (other.joinable()) other.join();
    REQUIRE(answer.terminals == 1);
    REQUIRE(answer.reply);
  }
  CHECK(world.idle);
}

TEST_CASE("call: a second finish() is ignored") {
  CallWorld world;
  SECTION("both before call() returned") {
    const Ending answer = world.answer_of([](crank_call* call) {
      write(call, "x");
      call->finish(call, CRANK_OK);
      call->finish(call, CRANK_INTERNAL);
      return CRANK_PENDING;
    });
    CHECK(answer.reply);
    CHECK(answer.terminals == 1);
  }
  SECTION("both later") {
    crank_call* kept = nullptr;
    Gate finished;
    std::thread other;
    const Ending answer = world.answer_of([&](crank_call* call) {
      kept = call;
      other = std::thread([call, &finished] {
        call->finish(call, CRANK_OK);
        finished.open();
      });
      return CRANK_PENDING;
    });
    REQUIRE(finished.wait());
    other.join();
    CHECK(answer.reply);
    kept->finish(kept, CRANK_INTERNAL);
    CHECK(write(kept, "late") == CRANK_CANCELLED);
    CHECK(kept->cancelled(kept) != 0);
    CHECK(answer.terminals == 1);
  }
  CHECK(world.engine.in_flight() == 0); // not below: it is unsigned
}

TEST_CASE("call: a long response goes out while it is written") {
  CallWorld world;
  world.spec.response_type = "text/plain";
  const std::string piece(100'000, 'x');
  const Ending answer = world.answer_of([&](crank_call* call) {
    for (int i = 0; i < 5; ++i) {
      if (write(call, piece) != CRANK_OK) return CRANK_INTERNAL;
    }
    return CRANK_OK;
  });
  CHECK(answer.begun == std::string("text/plain"));
  CHECK(answer.data.size() == 500'000);
  CHECK(answer.ended);
  CHECK_FALSE(answer.reply);
  CHECK(answer.terminals == 1);
}

TEST_CASE("call: a response up to 256 KiB is one piece") {
  CallWorld world;
  const Ending answer = world.answer_of([&](crank_call* call) { return write(call, std::string(256 * 1024, 'x')); });
  REQUIRE(answer.reply);
  CHECK(answer.reply->body.size() == 256 * 1024);
  CHECK(world.answer_of([&](crank_call* call) { return write(call, std::string(256 * 1024 + 1, 'x')); }).ended);
}

TEST_CASE("call: a response that the door does not take whole is no success") {
  CallWorld world;
  const std::tuple<crank_status, int, const char*> cases[] = {{CRANK_EXHAUSTED, 500, "LIMIT_EXCEEDED"},
                                                              {CRANK_UNAVAILABLE, 507, "INSUFFICIENT_STORAGE"},
                                                              {CRANK_CANCELLED, 499, "CANCELLED"}};
  for (const auto& [refusal, http_status, code] : cases) {
    INFO(code);
    crank_status told = CRANK_OK;
    const Ending answer = world.answer_of(
        [&](crank_call* call) {
          told = write(call, std::string(300'000, 'x'));
          return CRANK_OK; // it did not look
        },
        "", refusal);
    CHECK(told == refusal);
    CHECK(problem_status(answer) == http_status);
    CHECK(answer.problem->code == code);
    CHECK_FALSE(answer.ended);
  }
}

TEST_CASE("call: in a streaming operation each write is an item") {
  CallWorld world;
  world.spec.streaming = true;
  const Ending answer = world.answer_of([](crank_call* call) {
    write(call, "1");
    write(call, "{\"a\":2}");
    return CRANK_OK;
  });
  CHECK(answer.items == std::vector<std::string>{"1", "{\"a\":2}"});
  CHECK(answer.ended);
  CHECK(answer.terminals == 1);
  const Ending failed = world.answer_of([](crank_call* call) {
    write(call, "1");
    return CRANK_UNAVAILABLE;
  });
  CHECK(failed.items.size() == 1);
  CHECK(problem_status(failed) == 503);
  CHECK_FALSE(failed.ended);
}

TEST_CASE("call: after the deadline the plugin is told, and its answer is not") {
  CallWorld world;
  world.spec.limits.timeout_ms = 20;
  std::atomic<int> cancelled{0}, written{0};
  Gate entered, left;
  world.plugin.on_call = [&](crank_call* call) {
    entered.open();
    static_cast<void>(world.gate.wait());
    cancelled = call->cancelled(call);
    written = write(call, "late");
    left.open();
    return CRANK_OK;
  };
  auto call = world.invoke(world.current());
  const Ending answer = call.sink->wait();
  CHECK(problem_status(answer) == 504);
  world.gate.open();
  CHECK(world.wait_idle());
  if (entered.wait() && left.wait()) {
    CHECK(cancelled == CRANK_CANCEL_DEADLINE);
    CHECK(written == CRANK_CANCELLED);
  }
  CHECK(call.sink->answer.get().terminals == 1);
}

namespace {

struct Fired {
  std::atomic<int> times{0}, reason{0};
  static void fired(void* user, std::int32_t reason) noexcept {
    auto& self = *static_cast<Fired*>(user);
    self.reason = reason;
    ++self.times;
  }
};

} // namespace

TEST_CASE("call: on_cancel() fires with the reason, once") {
  CallWorld world;
  const std::pair<CancelReason, int> cancellation = GENERATE(std::pair(CancelReason::caller_gone, CRANK_CANCEL_CALLER),
                                                             std::pair(CancelReason::deadline, CRANK_CANCEL_DEADLINE),
                                                             std::pair(CancelReason::draining, CRANK_CANCEL_DRAINING),
                                                             std::pair(CancelReason::job_cancelled, CRANK_CANCEL_JOB));
  const CancelReason reason = cancellation.first;
  const int number = cancellation.second; // clang 14 captures no structured binding
  const bool before = GENERATE(false, true);
  Fired fired;
  Gate entered;
  world.plugin.on_call = [&](crank_call* call) {
    if (!before) CHECK(call->on_cancel(call, Fired::fired, &fired) == CRANK_OK);
    if (!before) CHECK(call->on_cancel(call, Fired::fired, &fired) == CRANK_INVALID);
    entered.open();
    static_cast<void>(world.gate.wait());
    if (before) CHECK(call->on_cancel(call, Fired::fired, &fired) == CRANK_OK);
    CHECK(call->cancelled(call) == number);
    CHECK(call->on_cancel(call, nullptr, nullptr) == CRANK_OK);
    return CRANK_CANCELLED;
  };
  auto call = world.invoke(world.current());
  REQUIRE(entered.wait());
  call.invocation->cancel(reason);
  call.invocation->cancel(CancelReason::deadline); // the first reason stays
  world.gate.open();
  const Ending answer = call.sink->wait();
  CHECK(world.wait_idle());
  CHECK(fired.times == 1);
  CHECK(fired.reason == number);
}

TEST_CASE("call: on_cancel() that was taken back does not fire, and another may take its place") {
  CallWorld world;
  Fired first, second;
  Gate entered;
  world.plugin.on_call = [&](crank_call* call) {
    call->on_cancel(call, Fired::fired, &first);
    call->on_cancel(call, nullptr, nullptr);
    CHECK(call->on_cancel(call, Fired::fired, &second) == CRANK_OK);
    entered.open();
    static_cast<void>(world.gate.wait());
    call->on_cancel(call, nullptr, nullptr);
    return CRANK_OK;
  };
  auto call = world.invoke(world.current());
  REQUIRE(entered.wait());
  call.invocation->cancel(CancelReason::caller_gone);
  world.gate.open();
  static_cast<void>(call.sink->wait());
  CHECK(world.wait_idle());
  CHECK(first.times == 0);
  CHECK(second.times == 1);
}

TEST_CASE("call: finish() may be called from inside on_cancel()") {
  CallWorld world;
  Gate entered;
  world.plugin.on_call = [&](crank_call* call) {
    call->on_cancel(
        call,
        [](void* user, std::int32_t) noexcept {
          auto* const to = static_cast<crank_call*>(user);
          to->finish(to, CRANK_CANCELLED);
        },
        call);
    entered.open();
    return CRANK_PENDING;
  };
  auto call = world.invoke(world.current());
  REQUIRE(entered.wait());
  call.invocation->cancel(CancelReason::caller_gone);
  CHECK(problem_status(call.sink->wait()) == 499);
  CHECK(world.wait_idle());
}

TEST_CASE("call: a cancellation and a finish() at the same time meet in some order") {
  CallWorld world;
  for (int i = 0; i < 300; ++i) {
    auto fired = std::make_unique<Fired>();
    crank_call* running = nullptr;
    Gate entered;
    world.plugin.on_call = [&](crank_call* call) {
      running = call;
      call->on_cancel(call, Fired::fired, fired.get());
      entered.open();
      return CRANK_PENDING;
    };
    auto call = world.invoke(world.current());
    REQUIRE(entered.wait());
    std::thread other([&] { call.invocation->cancel(CancelReason::caller_gone); });
    running->finish(running, CRANK_OK);
    fired.reset(); // after finish() it must not be touched
    other.join();
    static_cast<void>(call.sink->wait());
  }
  CHECK(world.wait_idle());
}

TEST_CASE("call: progress and log lines are for every thread") {
  CallWorld world;
  const Ending answer = world.answer_of([](crank_call* call) {
    std::thread other([call] { call->progress(call, 0.5, CRANK_STR("half")); });
    other.join();
    call->progress(call, -1, {nullptr, 0});
    call->log(call, CRANK_LOG_DEBUG, CRANK_STR("line"));
    call->log(call, CRANK_LOG_DEBUG, {nullptr, 4});
    return CRANK_OK;
  });
  CHECK(answer.notes == std::vector<std::string>{"half", ""});
}

TEST_CASE("call: NULL where bytes were promised") {
  CallWorld world;
  std::vector<crank_status> statuses;
  const Ending answer = world.answer_of([&](crank_call* call) {
    statuses = {call->write(call, nullptr, 3), call->write(call, nullptr, 0),
                call->set(call, {nullptr, 3}, CRANK_STR("x"))};
    return CRANK_OK;
  });
  CHECK(statuses == std::vector<crank_status>{CRANK_INVALID, CRANK_OK, CRANK_INVALID});
  CHECK(answer.reply);
}

TEST_CASE("call: a plugin without call() supports none") {
  CallWorld world;
  world.plugin.table().call = nullptr;
  CHECK(problem_status(world.answer_of({})) == 415);
  CHECK(world.idle);
}
