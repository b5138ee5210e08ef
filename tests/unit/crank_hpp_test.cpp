// crank/crank.hpp: what becomes of exceptions, deferred calls, sessions and timers at the boundary. The host is played
// here.
#include "catch.hpp"

#include <crank/crank.hpp>

#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

// What the plugin side told the host.
struct Told {
  std::vector<std::string> logs;
  std::string written, code, sentence;
  int fails = 0, finishes = 0;
  crank_status finished = 99;
  std::int32_t closed_with = 0;
  crank_timer* timer = nullptr;
  void (*fire)(void*) CRANK_NOTHROW = nullptr;
  void* user = nullptr;
  int cancels = 0;
};
Told told;

void log_host(const crank_host*, std::int32_t, const char* text, std::size_t len) noexcept {
  told.logs.emplace_back(text, len);
}

constexpr crank_timers timers = {sizeof(crank_timers),
                                 [](const crank_host*, std::uint64_t, std::uint64_t, void (*fire)(void*) CRANK_NOTHROW,
                                    void* user, crank_timer** out) noexcept -> crank_status {
                                   told.fire = fire;
                                   told.user = user;
                                   *out = reinterpret_cast<crank_timer*>(&told);
                                   return CRANK_OK;
                                 },
                                 [](const crank_host*, crank_timer*) noexcept { ++told.cancels; }};

const crank_host host = {sizeof(crank_host),
                         nullptr,
                         "test",
                         "0.1.0",
                         [](const crank_host*, const char* id) noexcept -> const void* {
                           return std::string_view(id) == CRANK_EXT_TIMER ? &timers : nullptr;
                         },
                         log_host};

crank_call make_call(std::string_view body) {
  crank_call call{};
  call.size = sizeof(call);
  call.body = {body.data(), body.size()};
  call.write = [](crank_call*, const void* data, std::size_t len) noexcept -> crank_status {
    if (told.written == "full") return CRANK_CANCELLED;
    told.written.append(static_cast<const char*>(data), len);
    return CRANK_OK;
  };
  call.read = [](crank_call* self, void* buffer, std::size_t) noexcept -> std::int64_t {
    const auto left = static_cast<std::int64_t>(self->body_size--);
    if (left == 0) self->body_size = 0;
    if (left > 0) *static_cast<char*>(buffer) = 'x';
    return left > 0 ? 1 : 0;
  };
  call.log = [](crank_call*, std::int32_t, const char* text, std::size_t len) noexcept {
    told.logs.emplace_back(text, len);
  };
  call.fail = [](crank_call*, crank_status status, const char* code, const char* text, std::size_t len) noexcept {
    ++told.fails;
    told.code = code ? code : "";
    told.sentence.assign(text, len);
    return status;
  };
  call.finish = [](crank_call*, crank_status status) noexcept {
    ++told.finishes;
    told.finished = status;
  };
  return call;
}

crank_session make_session() {
  crank_session session{};
  session.size = sizeof(session);
  session.log = [](crank_session*, std::int32_t, const char* text, std::size_t len) noexcept {
    told.logs.emplace_back(text, len);
  };
  session.close = [](crank_session*, std::int32_t code, const char*, std::size_t) noexcept { told.closed_with = code; };
  session.fail = [](crank_session*, crank_status status, const char* code, const char* text, std::size_t len) noexcept {
    ++told.fails;
    told.code = code ? code : "";
    told.sentence.assign(text, len);
    return status;
  };
  return session;
}

// What the plugin's code does, set by each test.
std::function<crank_status(crank::Call&)> on_call;
std::function<void()> on_start;
std::function<void(std::string_view)> on_session;
int handlers = 0;

struct Handler : crank::SessionHandler {
  Handler() { ++handlers; }
  ~Handler() override { --handlers; }
  void opened(crank::Session) override { on_session("opened"); }
  void message(crank::Session, const crank::Message&) override { on_session("message"); }
  void closed(crank::Session, std::int32_t) override { on_session("closed"); }
};

struct Sample : crank::Plugin, crank::SessionSource {
  using crank::Plugin::Plugin;
  void start(std::string_view) override { on_start(); }
  crank_status call(crank::Call& call) override { return on_call(call); }
  std::unique_ptr<crank::SessionHandler> open(crank::Session) override {
    on_session("open");
    return std::make_unique<Handler>();
  }
  using crank::Plugin::host;
};

struct Created {
  Created() {
    told = Told{};
    REQUIRE(crank::detail::Adapter<Sample>::create(&host, &plugin) == CRANK_OK);
    sessions = static_cast<const crank_plugin_session*>(plugin->extension(plugin, CRANK_EXT_SESSION));
    REQUIRE(sessions != nullptr);
  }
  ~Created() { plugin->destroy(plugin); }
  crank_status call(std::function<crank_status(crank::Call&)> code, std::string_view body = "") {
    on_call = std::move(code);
    crank_call raw = make_call(body);
    return plugin->call(plugin, &raw);
  }
  crank_plugin* plugin = nullptr;
  const crank_plugin_session* sessions = nullptr;
};

} // namespace

TEST_CASE("a call answers with what the plugin returned and wrote", "[crank_hpp]") {
  Created sample;
  CHECK(sample.call(
            [](crank::Call& call) {
              call.write(call.body());
              return CRANK_OK;
            },
            "echo") == CRANK_OK);
  CHECK(told.written == "echo");
  CHECK(told.fails == 0);
}

TEST_CASE("a body that is not in memory is read to its end", "[crank_hpp]") {
  Created sample;
  on_call = [](crank::Call& call) {
    call.write(call.body());
    return CRANK_OK;
  };
  crank_call raw = make_call({});
  raw.body = {nullptr, 0};
  raw.body_size = 3;
  CHECK(sample.plugin->call(sample.plugin, &raw) == CRANK_OK);
  CHECK(told.written == "xxx");
}

TEST_CASE("a crank::Error fails the call with its status, code and sentence", "[crank_hpp]") {
  Created sample;
  CHECK(sample.call([](crank::Call&) -> crank_status {
    throw crank::Error(CRANK_INVALID, "TOO_SHORT", "Too short");
  }) == CRANK_INVALID);
  CHECK(told.code == "TOO_SHORT");
  CHECK(told.sentence == "Too short");
  CHECK(told.logs.empty());
}

TEST_CASE("a crank::Error whose status is no failure is CRANK_INTERNAL", "[crank_hpp]") {
  Created sample;
  CHECK(sample.call([](crank::Call&) -> crank_status { throw crank::Error(CRANK_OK, "?"); }) == CRANK_INTERNAL);
}

TEST_CASE("other exceptions are logged, and not shown to the client", "[crank_hpp]") {
  Created sample;
  CHECK(sample.call([](crank::Call&) -> crank_status { throw std::runtime_error("secret"); }) == CRANK_INTERNAL);
  CHECK(told.fails == 1);
  CHECK(told.sentence == "the plugin failed");
  CHECK(told.logs == std::vector<std::string>{"secret"});
  CHECK(sample.call([](crank::Call&) -> crank_status { throw 42; }) == CRANK_INTERNAL);
  CHECK(sample.call([](crank::Call&) -> crank_status { throw std::bad_alloc(); }) == CRANK_EXHAUSTED);
}

TEST_CASE("a write that nobody listens to ends the call", "[crank_hpp]") {
  Created sample;
  told.written = "full";
  CHECK(sample.call([](crank::Call& call) {
    call.write("x");
    return CRANK_OK;
  }) == CRANK_CANCELLED);
}

TEST_CASE("a deferred call is pending, whatever the plugin returns", "[crank_hpp]") {
  Created sample;
  std::unique_ptr<crank::Deferred> later;
  crank_call raw = make_call("");
  on_call = [&](crank::Call& call) {
    later = std::make_unique<crank::Deferred>(call.defer());
    return CRANK_OK;
  };
  CHECK(sample.plugin->call(sample.plugin, &raw) == CRANK_PENDING);
  CHECK(told.finishes == 0);
  later->write("late");
  later->finish(CRANK_OK);
  later.reset();
  CHECK(told.written == "late");
  CHECK(told.finishes == 1);
  CHECK(told.finished == CRANK_OK);
}

TEST_CASE("an exception after defer() finishes the call exactly once", "[crank_hpp]") {
  Created sample;
  CHECK(sample.call([](crank::Call& call) -> crank_status {
    const crank::Deferred later = call.defer();
    throw std::runtime_error("oops");
  }) == CRANK_PENDING);
  CHECK(told.finishes == 1);
  CHECK(told.finished == CRANK_INTERNAL);
  CHECK(told.fails == 1); // by the Deferred; the call may be gone after it
}

TEST_CASE("a start that throws reports why", "[crank_hpp]") {
  Created sample;
  on_start = [] { throw crank::Error(CRANK_UNAVAILABLE, "no model"); };
  CHECK(sample.plugin->start(sample.plugin, "{}", 2) == CRANK_UNAVAILABLE);
  CHECK(told.logs == std::vector<std::string>{"no model"});
  on_start = [] {};
  CHECK(sample.plugin->start(sample.plugin, "{}", 2) == CRANK_OK);
}

TEST_CASE("a handler lives from opened to closed", "[crank_hpp]") {
  Created sample;
  std::vector<std::string> seen;
  on_session = [&](std::string_view name) { seen.emplace_back(name); };
  crank_session session = make_session();
  REQUIRE(sample.sessions->opened(sample.plugin, &session) == CRANK_OK);
  CHECK(handlers == 1);
  const crank_message message{sizeof(message), CRANK_TEXT, 0, {"x", 1}, {}, {}};
  sample.sessions->message(sample.plugin, &session, &message);
  sample.sessions->closed(sample.plugin, &session, CRANK_CLOSE_NORMAL);
  CHECK(seen == std::vector<std::string>{"open", "opened", "message", "closed"});
  CHECK(handlers == 0);
}

TEST_CASE("a session whose open or opened throws is refused and leaves nothing", "[crank_hpp]") {
  Created sample;
  for (const std::string_view place : {"open", "opened"}) {
    on_session = [&](std::string_view name) {
      if (name == place) throw crank::Error(CRANK_UNAVAILABLE, "FULL", "no more");
    };
    crank_session session = make_session();
    CHECK(sample.sessions->opened(sample.plugin, &session) == CRANK_UNAVAILABLE);
    CHECK(told.code == "FULL");
    CHECK(handlers == 0);
  }
}

TEST_CASE("a callback that throws closes its session, and closed still frees it", "[crank_hpp]") {
  Created sample;
  on_session = [](std::string_view name) {
    if (name == "message" || name == "closed") throw std::runtime_error("broken");
  };
  crank_session session = make_session();
  REQUIRE(sample.sessions->opened(sample.plugin, &session) == CRANK_OK);
  const crank_message message{sizeof(message), CRANK_TEXT, 0, {"x", 1}, {}, {}};
  sample.sessions->message(sample.plugin, &session, &message);
  CHECK(told.closed_with == CRANK_CLOSE_INTERNAL);
  sample.sessions->closed(sample.plugin, &session, CRANK_CLOSE_INTERNAL);
  CHECK(handlers == 0);
}

TEST_CASE("a timer ends with its object, and its work may end it", "[crank_hpp]") {
  told = Told{};
  const crank::Host view(&host);
  int runs = 0;
  {
    const crank::Timer timer = view.every(10, [&] { ++runs; });
    told.fire(told.user);
    CHECK(runs == 1);
  }
  CHECK(told.cancels == 1);
  crank::Timer timer;
  timer = view.after(10, [&] {
    timer.cancel();
    ++runs; // the work outlives its own cancel
  });
  told.fire(told.user);
  CHECK(runs == 2);
  CHECK(told.cancels == 2);
}

TEST_CASE("work of a timer that throws is logged", "[crank_hpp]") {
  told = Told{};
  const crank::Timer timer = crank::Host(&host).every(10, [] { throw std::runtime_error("tick failed"); });
  told.fire(told.user);
  REQUIRE_FALSE(told.logs.empty());
  CHECK(told.logs.front() == "tick failed");
}

TEST_CASE("a host without sessions is no trouble", "[crank_hpp]") {
  const crank::Host view(&host);
  CHECK(view.publish("topic", {"x"}) == CRANK_UNSUPPORTED);
  CHECK(view.session_count() == 0);
}
