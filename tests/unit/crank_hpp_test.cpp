// crank/crank.hpp: what becomes of exceptions, deferred calls, sessions and timers at the boundary. The host is played
// here.
#include "catch.hpp"

#include <crank/crank.hpp>

#include <algorithm>
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
  std::uint64_t retry_after_ms = 0;
  std::vector<std::string> fields;
  std::string details;
  std::vector<std::string> sets;
  void (*fire)(void*) CRANK_NOTHROW = nullptr;
  void* user = nullptr;
  std::uint32_t flags = 99;
  std::uint64_t cancelled_timer = 0;
  int cancels = 0;
  void (*on_cancel)(void*, std::int32_t) CRANK_NOTHROW = nullptr;
  void* cancel_user = nullptr;
  std::vector<std::string> health, metrics;
};
Told told;

std::string text(crank_str from) { return std::string(from.ptr, from.len); }

void log_host(const crank_host*, std::int32_t, crank_str line) noexcept { told.logs.push_back(text(line)); }

crank_status keep_problem(const crank_problem* problem) {
  ++told.fails;
  told.code = text(problem->code);
  told.sentence = text(problem->text);
  told.retry_after_ms = problem->retry_after_ms;
  told.details = text(problem->details);
  for (std::uint32_t i = 0; i < problem->field_count; ++i)
    told.fields.push_back(text(problem->fields[i].pointer) + " " + text(problem->fields[i].message));
  return problem->status;
}

constexpr crank_timers timers = {
    sizeof(crank_timers),
    [](const crank_host*, const crank_timer_spec* spec, std::uint64_t* id) noexcept -> crank_status {
      told.fire = spec->fire;
      told.user = spec->user;
      told.flags = spec->flags;
      *id = 7;
      return CRANK_OK;
    },
    [](const crank_host*, std::uint64_t id) noexcept -> crank_status {
      ++told.cancels;
      told.cancelled_timer = id;
      return CRANK_OK;
    }};

constexpr crank_health health = {sizeof(crank_health),
                                 [](const crank_host*, const crank_health_report* report) noexcept -> crank_status {
                                   told.health.push_back(std::to_string(report->state) + " " + text(report->reason));
                                   return CRANK_OK;
                                 }};

void feed(const crank_host*, std::uint64_t id, double value) noexcept {
  told.metrics.push_back(std::to_string(id) + " " + std::to_string(static_cast<int>(value)));
}

constexpr crank_metrics metrics = {
    sizeof(crank_metrics),
    [](const crank_host*, const crank_metric_spec* spec, std::uint64_t* id) noexcept -> crank_status {
      if (text(spec->name) == "bad") return CRANK_INVALID;
      std::string made = text(spec->name) + " " + std::to_string(spec->kind);
      for (std::uint32_t i = 0; i < spec->label_count; ++i)
        made += " " + text(spec->labels[i].name) + "=" + text(spec->labels[i].value);
      for (std::uint32_t i = 0; i < spec->bound_count; ++i)
        made += " " + std::to_string(static_cast<int>(spec->bounds[i]));
      told.metrics.push_back(made);
      *id = told.metrics.size();
      return CRANK_OK;
    },
    feed, feed, feed};

// Two texts of one field and a file, "0123456789".
constexpr crank_form form = {
    sizeof(crank_form),
    [](crank_call* call, std::uint64_t* count) noexcept -> crank_status {
      if (call->host_data) return CRANK_UNSUPPORTED; // a call without one
      *count = 3;
      return CRANK_OK;
    },
    [](crank_call*, std::uint64_t index, crank_form_part* out) noexcept -> crank_status {
      if (index > 2 || out->size < sizeof(crank_form_part)) return index > 2 ? CRANK_NOT_FOUND : CRANK_INVALID;
      out->name = index < 2 ? CRANK_STR("tag") : CRANK_STR("file");
      out->media_type = index < 2 ? CRANK_STR("text/plain") : CRANK_STR("a/b");
      out->charset = CRANK_STR("utf-8");
      if (index < 2) out->data = index == 0 ? CRANK_STR("one") : CRANK_STR("two");
      if (index == 2) out->filename = CRANK_STR("f.bin");
      out->bytes = index < 2 ? 3 : 10;
      out->kind = index < 2 ? CRANK_FORM_TEXT : CRANK_FORM_FILE;
      return CRANK_OK;
    },
    [](crank_call*, crank_str name, std::uint64_t from, std::uint64_t* index) noexcept -> crank_status {
      const std::uint64_t first = text(name) == "tag" ? from : text(name) == "file" && from <= 2 ? 2 : 99;
      if (first > 2 || (text(name) == "tag" && first > 1)) return CRANK_NOT_FOUND;
      *index = first;
      return CRANK_OK;
    },
    [](crank_call*, std::uint64_t, std::uint64_t offset, void* buffer, std::size_t capacity) noexcept -> std::int64_t {
      constexpr std::string_view content = "0123456789";
      if (offset == 77) return CRANK_CANCELLED;
      if (offset >= content.size()) return 0;
      return static_cast<std::int64_t>(
          content.copy(static_cast<char*>(buffer), std::min<std::size_t>(capacity, 4), offset)); // in pieces
    },
    [](crank_call*, std::uint64_t index, std::int32_t* descriptor) noexcept -> crank_status {
      *descriptor = 42;
      return index == 2 ? CRANK_OK : CRANK_UNAVAILABLE;
    }};

const crank_host host = {sizeof(crank_host),
                         nullptr,
                         CRANK_STR("test"),
                         CRANK_STR("0.1.0"),
                         [](const crank_host*, crank_str id) noexcept -> const void* {
                           if (text(id) == CRANK_EXT_FORM) return &form;
                           if (text(id) == CRANK_EXT_HEALTH) return &health;
                           if (text(id) == CRANK_EXT_METRICS) return &metrics;
                           return text(id) == CRANK_EXT_TIMER ? &timers : nullptr;
                         },
                         log_host};

const crank_host bare_host = {sizeof(crank_host),
                              nullptr,
                              {},
                              {},
                              [](const crank_host*, crank_str) noexcept -> const void* { return nullptr; },
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
  call.log = [](crank_call*, std::int32_t, crank_str line) noexcept { told.logs.push_back(text(line)); };
  call.fail = [](crank_call*, const crank_problem* problem) noexcept { return keep_problem(problem); };
  call.set = [](crank_call*, crank_str key, crank_str value) noexcept -> crank_status {
    told.sets.push_back(text(key) + "=" + text(value));
    return key.len == 0 ? CRANK_UNSUPPORTED : CRANK_OK;
  };
  call.get = [](const crank_call*, crank_str key, crank_str* out) noexcept -> crank_status {
    *out = CRANK_STR("value");
    return text(key) == "key" ? CRANK_OK : CRANK_NOT_FOUND;
  };
  call.each = [](const crank_call*, crank_str prefix, crank_visit visit, void* user) noexcept -> crank_status {
    if (text(prefix) != "header.") return CRANK_INVALID;
    if (visit(user, CRANK_STR("header.a"), CRANK_STR("1")) == 0) visit(user, CRANK_STR("header.a"), CRANK_STR("2"));
    return CRANK_OK;
  };
  call.cancelled = [](const crank_call*) noexcept -> std::int32_t { return CRANK_CANCEL_DRAINING; };
  call.on_cancel = [](crank_call*, void (*fired)(void*, std::int32_t) CRANK_NOTHROW,
                      void* user) noexcept -> crank_status {
    if (!fired) ++told.cancels;
    told.on_cancel = fired;
    told.cancel_user = user;
    return CRANK_OK;
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
  session.log = [](crank_session*, std::int32_t, crank_str line) noexcept { told.logs.push_back(text(line)); };
  session.close = [](crank_session*, std::int32_t code, crank_str) noexcept { told.closed_with = code; };
  session.fail = [](crank_session*, const crank_problem* problem) noexcept { return keep_problem(problem); };
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
  void closed(crank::Session, std::int32_t, std::string_view reason) override {
    on_session("closed" + std::string(reason));
  }
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
    sessions = static_cast<const crank_plugin_session*>(plugin->extension(plugin, CRANK_STR(CRANK_EXT_SESSION)));
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
  CHECK(sample.plugin->start(sample.plugin, CRANK_STR("{}")) == CRANK_UNAVAILABLE);
  CHECK(told.logs == std::vector<std::string>{"no model"});
  on_start = [] {};
  CHECK(sample.plugin->start(sample.plugin, CRANK_STR("{}")) == CRANK_OK);
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
  sample.sessions->closed(sample.plugin, &session, CRANK_CLOSE_NORMAL, CRANK_STR(": bye"));
  CHECK(seen == std::vector<std::string>{"open", "opened", "message", "closed: bye"});
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
  sample.sessions->closed(sample.plugin, &session, CRANK_CLOSE_INTERNAL, {});
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
    CHECK(told.flags == 0);
  }
  CHECK(told.cancels == 1);
  CHECK(told.cancelled_timer == 7);
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

TEST_CASE("a crank::Error can say which fields, when to come again, and more", "[crank_hpp]") {
  Created sample;
  CHECK(sample.call([](crank::Call&) -> crank_status {
    throw crank::Error(CRANK_UNAVAILABLE, "no")
        .field("/a", "must be odd")
        .field("/b", "is missing")
        .retry_after(1500)
        .details("{}");
  }) == CRANK_UNAVAILABLE);
  CHECK(told.fields == std::vector<std::string>{"/a must be odd", "/b is missing"});
  CHECK(told.retry_after_ms == 1500);
  CHECK(told.details == "{}");
  CHECK(sample.call([](crank::Call& call) { return call.fail(CRANK_INVALID, "CODE", "no"); }) == CRANK_INVALID);
  CHECK(told.code == "CODE");
  CHECK(told.retry_after_ms == CRANK_UNKNOWN);
  CHECK(sample.call([](crank::Call& call) { return call.fail(crank::Error(CRANK_BUSY, "later")); }) == CRANK_BUSY);
}

TEST_CASE("a call asks, enumerates and says something about its response", "[crank_hpp]") {
  Created sample;
  std::string seen;
  sample.call([&](crank::Call& call) {
    seen += std::string(call.get("key").value_or("none")) + (call.get("other") ? "other" : "");
    call.each("header.", [&](std::string_view key, std::string_view value) {
      seen += std::string(key) + std::string(value);
      return value != "1" || seen.size() < 100;
    });
    CHECK_THROWS_AS(call.each("header.", [](std::string_view, std::string_view) -> bool { throw 42; }), int);
    CHECK_THROWS_AS(call.each("nothing.", [](std::string_view, std::string_view) { return true; }), crank::Error);
    call.set("status", "201");
    CHECK_THROWS_AS(call.set("", "x"), crank::Error);
    return CRANK_OK;
  });
  CHECK(seen.find("header.a1header.a2") != std::string::npos);
  CHECK(told.sets.front() == "status=201");
}

TEST_CASE("what is to run on a cancellation is taken back with the call, or goes along with a deferred one",
          "[crank_hpp]") {
  Created sample;
  int reason = 0;
  sample.call([&](crank::Call& call) {
    CHECK(call.cancel_reason() == CRANK_CANCEL_DRAINING);
    call.on_cancel([&](std::int32_t why) { reason = why; });
    told.on_cancel(told.cancel_user, CRANK_CANCEL_CALLER);
    return CRANK_OK;
  });
  CHECK(reason == CRANK_CANCEL_CALLER);
  CHECK(told.cancels == 1);
  CHECK(told.on_cancel == nullptr);

  std::unique_ptr<crank::Deferred> later;
  crank_call raw = make_call("");
  on_call = [&](crank::Call& call) {
    call.on_cancel([&](std::int32_t) {
      later->finish(CRANK_CANCELLED);
      later.reset(); // and with it what runs here
      reason = 99;
    });
    later = std::make_unique<crank::Deferred>(call.defer());
    return CRANK_OK;
  };
  CHECK(sample.plugin->call(sample.plugin, &raw) == CRANK_PENDING);
  CHECK(told.cancels == 1);
  told.on_cancel(told.cancel_user, CRANK_CANCEL_DEADLINE);
  CHECK(reason == 99);
  CHECK(told.finishes == 1);
}

TEST_CASE("a plugin reports its health and its numbers, where the host takes them", "[crank_hpp]") {
  told = Told{};
  const crank::Host view(&host);
  CHECK(view.report_health(CRANK_DEGRADED, "slow") == CRANK_OK);
  CHECK(told.health == std::vector<std::string>{"1 slow"});
  view.counter("a_total", "A.", {{"kind", "x"}}).add(2);
  view.gauge("b", "B.").set(3);
  view.histogram("c", "C.", {1, 2}).observe(4);
  CHECK(told.metrics == std::vector<std::string>{"a_total 1 kind=x", "1 2", "b 2", "3 3", "c 3 1 2", "5 4"});
  CHECK_THROWS_AS(view.gauge("bad", "Bad."), crank::Error);

  const crank::Host bare(&bare_host);
  CHECK(bare.report_health(CRANK_HEALTHY) == CRANK_UNSUPPORTED);
  bare.counter("a_total", "A.").add(1);
  crank::Counter().add();
  CHECK(told.metrics.size() == 6);
  const crank::Timer leading = view.every(
      1, [] {}, crank::Fires::where_it_leads);
  CHECK(told.flags == CRANK_TIMER_LEADING);
}

TEST_CASE("a form is read by the names of its fields") {
  crank_call raw = make_call({});
  crank::Call call(&raw);
  const crank::Form of_call = crank::Host(&host).form(call);
  REQUIRE(of_call.size() == 3);
  CHECK(of_call.text("tag") == "one");
  CHECK_FALSE(of_call.text("none"));
  CHECK_FALSE(of_call.file("none"));
  const auto tags = of_call.all("tag");
  REQUIRE(tags.size() == 2);
  CHECK((tags[1].text() == "two" && !tags[1].is_file() && tags[1].size() == 3 && tags[1].charset() == "utf-8"));
  const auto file = of_call.file("file");
  REQUIRE(file);
  CHECK((file->is_file() && file->file_name() == "f.bin" && file->media_type() == "a/b" && file->name() == "file"));
  CHECK(file->bytes() == "0123456789");
  char buffer[8];
  CHECK(file->read(8, buffer, sizeof buffer) == 2);
  CHECK(file->read(10, buffer, sizeof buffer) == 0);
  CHECK(file->descriptor() == 42);
  CHECK(of_call[2].file_name() == "f.bin");
  CHECK_THROWS_AS(of_call[3], crank::Error);
  CHECK_THROWS_AS(tags[0].descriptor(), crank::Error);
  CHECK_THROWS_AS(file->read(77, buffer, 1), crank::Error);
}

TEST_CASE("without a form there is none") {
  crank_call raw = make_call({});
  crank::Call call(&raw);
  CHECK_THROWS_AS(crank::Host(&bare_host).form(call), crank::Error);
  raw.host_data = &raw;
  CHECK_THROWS_AS(crank::Host(&host).form(call), crank::Error);
}
