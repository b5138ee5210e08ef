// crank_call as a plugin meets it: a real Instance over a plugin made of a function, answers as a door gets them.
#include "catch.hpp"

#include "abi/instance.hpp"
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
    table_.start = [](crank_plugin*, const char*, std::size_t) noexcept -> crank_status { return CRANK_OK; };
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
              "{}",
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
  CallWorld() : instance(plugin.library, engine) {
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
  Answer answer_of(Serve body, std::string input = "", crank_status data_status = CRANK_OK) {
    plugin.on_call = std::move(body);
    Call call = prepare(current(), std::move(input), "application/json");
    call.sink->data_status = data_status;
    engine.invoke(call.invocation);
    Answer answer = call.sink->wait();
    idle = wait_idle();
    answer = call.sink->answer.get();
    return answer;
  }

  bool idle = false;
  bool run_inline = false;
  FunctionPlugin plugin;
  Instance instance;

private:
  Operation* operation_ = nullptr;
};

crank_status write(crank_call* call, std::string_view text) { return call->write(call, text.data(), text.size()); }

int problem_status(const Answer& answer) { return answer.problem ? answer.problem->http_status : 0; }

} // namespace

TEST_CASE("call: what is written is the response") {
  CallWorld world;
  world.run_inline = GENERATE(false, true);
  const Answer answer = world.answer_of([](crank_call* call) {
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
  const Answer answer = world.answer_of([](crank_call*) { return CRANK_OK; });
  REQUIRE(answer.reply);
  CHECK(answer.reply->body.empty());
}

TEST_CASE("call: what the plugin is given") {
  CallWorld world;
  std::string seen;
  crank_str value{};
  crank_status found = CRANK_INTERNAL, missing = CRANK_OK, no_key = CRANK_OK, no_out = CRANK_OK;
  const Answer answer = world.answer_of(
      [&](crank_call* call) {
        const auto add = [&](crank_str text) { seen += std::string(text.ptr, text.len) + "|"; };
        add(call->operation);
        add(call->body);
        add(call->content_type);
        add(call->request_id);
        seen += std::to_string(call->body_size) + "|" +
                (call->deadline_ms <= 3'600'000 && call->deadline_ms > 0 ? "deadline" : "?") + "|";
        seen += call->plugin_data ? "data|" : "no data|";
        found = call->get(call, "query.a", &value);
        add(value);
        missing = call->get(call, "query.b", &value);
        no_key = call->get(call, nullptr, &value);
        no_out = call->get(call, "query.a", nullptr);
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

TEST_CASE("call: begin() names the media type, before the first write and only as one line") {
  CallWorld world;
  world.spec.response_type = "text/csv";
  const auto begin = [](crank_call* call, std::string_view type) {
    return call->begin(call, type.data(), type.size());
  };
  CHECK(world.answer_of([](crank_call* call) { return write(call, "x"); }).reply->content_type == "text/csv");
  CHECK(world
            .answer_of([&](crank_call* call) {
              begin(call, "text/html");
              return write(call, "x");
            })
            .reply->content_type == "text/html");
  std::vector<crank_status> refused;
  const Answer answer = world.answer_of([&](crank_call* call) {
    for (const std::string_view bad :
         {std::string_view(""), std::string_view("a\r\nX: y"), std::string_view("a\nb"), std::string_view("a\0b", 3)}) {
      refused.push_back(begin(call, bad));
    }
    refused.push_back(call->begin(call, nullptr, 4));
    write(call, "x");
    refused.push_back(begin(call, "text/html"));
    return CRANK_OK;
  });
  CHECK(refused == std::vector<crank_status>(6, CRANK_INVALID));
  CHECK(answer.reply->content_type == "text/csv");
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
    const Answer answer = world.answer_of([status = status](crank_call* call) {
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
  const auto failing = [&](crank_status status, const char* code, std::string_view sentence) {
    crank_status returned = 0;
    Answer answer = world.answer_of(
        [&](crank_call* call) { return returned = call->fail(call, status, code, sentence.data(), sentence.size()); });
    CHECK(returned == (status < 0 || status == CRANK_BUSY ? status : CRANK_INTERNAL));
    return answer;
  };
  const Answer declared = failing(CRANK_INVALID, "TOO_SHORT", "the text is too short");
  REQUIRE(declared.problem);
  CHECK(declared.problem->http_status == 400);
  CHECK(declared.problem->code == "TOO_SHORT");
  CHECK(declared.problem->retryable);
  CHECK(declared.problem->detail == "the text is too short");

  const Answer plain = failing(CRANK_NOT_FOUND, nullptr, "nothing there");
  REQUIRE(plain.problem);
  CHECK(plain.problem->http_status == 404);
  CHECK(plain.problem->code == "NOT_FOUND");
  CHECK(plain.problem->detail == "nothing there");

  const Answer undeclared = failing(CRANK_INVALID, "MADE_UP", "x");
  REQUIRE(undeclared.problem);
  CHECK(undeclared.problem->http_status == 422);
  CHECK(undeclared.problem->code == "INVALID_INPUT");

  CHECK(problem_status(failing(CRANK_OK, nullptr, "failed with OK")) == 500);
  CHECK(problem_status(failing(CRANK_PENDING, nullptr, "failed with PENDING")) == 500);
}

TEST_CASE("call: a failure that was recorded but not returned does not count") {
  CallWorld world;
  const Answer answer = world.answer_of([](crank_call* call) {
    call->fail(call, CRANK_INVALID, nullptr, "x", 1);
    return write(call, "all well");
  });
  REQUIRE(answer.reply);
  CHECK(answer.reply->body == "all well");
}

TEST_CASE("call: what a plugin throws is an internal error and tells the caller nothing") {
  CallWorld world;
  world.run_inline = GENERATE(false, true);
  for (int i = 0; i < 2; ++i) {
    const Answer answer = world.answer_of([i](crank_call* call) -> crank_status {
      write(call, "half");
      call->fail(call, CRANK_INVALID, nullptr, "recorded", 8);
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
  const Answer answer = world.answer_of([&](crank_call* call) {
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
  const Answer answer = world.answer_of([&](crank_call* call) {
    write(call, "early");
    call->finish(call, CRANK_OK);
    return CRANK_PENDING;
  });
  REQUIRE(answer.reply);
  CHECK(answer.reply->body == "early");
  CHECK(answer.terminals == 1);
  CHECK(world.idle);
  CHECK(problem_status(world.answer_of([&](crank_call* call) {
          call->finish(call, call->fail(call, CRANK_NOT_FOUND, nullptr, "x", 1));
          return CRANK_PENDING;
        })) == 404);
}

TEST_CASE("call: finish() from another thread may overtake the return of call()") {
  CallWorld world;
  for (int i = 0; i < 200; ++i) {
    std::thread other;
    const Answer answer = world.answer_of([&](crank_call* call) {
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
    const Answer answer = world.answer_of([](crank_call* call) {
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
    const Answer answer = world.answer_of([&](crank_call* call) {
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
  const Answer answer = world.answer_of([&](crank_call* call) {
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
  const Answer answer = world.answer_of([&](crank_call* call) { return write(call, std::string(256 * 1024, 'x')); });
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
    const Answer answer = world.answer_of(
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
  const Answer answer = world.answer_of([](crank_call* call) {
    write(call, "1");
    write(call, "{\"a\":2}");
    return CRANK_OK;
  });
  CHECK(answer.items == std::vector<std::string>{"1", "{\"a\":2}"});
  CHECK(answer.ended);
  CHECK(answer.terminals == 1);
  const Answer failed = world.answer_of([](crank_call* call) {
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
  const Answer answer = call.sink->wait();
  CHECK(problem_status(answer) == 504);
  world.gate.open();
  CHECK(world.wait_idle());
  if (entered.wait() && left.wait()) {
    CHECK(cancelled != 0);
    CHECK(written == CRANK_CANCELLED);
  }
  CHECK(call.sink->answer.get().terminals == 1);
}

TEST_CASE("call: progress and log lines are for every thread") {
  CallWorld world;
  const Answer answer = world.answer_of([](crank_call* call) {
    std::thread other([call] { call->progress(call, 0.5, "half", 4); });
    other.join();
    call->progress(call, -1, nullptr, 0);
    call->log(call, CRANK_LOG_DEBUG, "line", 4);
    call->log(call, CRANK_LOG_DEBUG, nullptr, 0);
    return CRANK_OK;
  });
  CHECK(answer.notes == std::vector<std::string>{"half", ""});
}

TEST_CASE("call: NULL where bytes were promised") {
  CallWorld world;
  std::vector<crank_status> statuses;
  const Answer answer = world.answer_of([&](crank_call* call) {
    statuses = {call->write(call, nullptr, 3), call->write(call, nullptr, 0),
                call->fail(call, CRANK_INVALID, nullptr, nullptr, 5)};
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
