// Session and SessionRegistry on a real I/O thread, with a transport and callbacks that only record.
#include "catch.hpp"

#include "engine_fixture.hpp"
#include "sessions/session.hpp"

#include <atomic>
#include <future>

using namespace crank;
using namespace crank::test;

namespace {

using Log = std::vector<std::string>;

Message text(std::string data) { return {CRANK_TEXT, std::move(data), {}, {}}; }

// The plugin: what is called goes to `log`, what a test wants done goes into the functions.
class Callbacks : public SessionCallbacks {
public:
  std::optional<Problem> opened(Session& session) override {
    const Inside inside(*this, "opened");
    return on_opened ? on_opened(session) : std::nullopt;
  }
  void message(Session& session, const Message& message) override {
    const Inside inside(*this, "message " + message.data);
    if (on_message) on_message(session, message);
  }
  void writable(Session& session) override {
    const Inside inside(*this, "writable");
    if (on_writable) on_writable(session);
  }
  void wake(Session& session) override {
    const Inside inside(*this, "wake");
    if (on_wake) on_wake(session);
  }
  void closed(Session&, int code, std::string_view) override {
    const Inside inside(*this, "closed " + std::to_string(code));
  }

  std::function<std::optional<Problem>(Session&)> on_opened;
  std::function<void(Session&, const Message&)> on_message;
  std::function<void(Session&)> on_writable, on_wake;
  Watched<Log> log;
  std::atomic<bool> overlapped{false}; // for tests with one session

private:
  struct Inside {
    Inside(Callbacks& callbacks, std::string what) : self(callbacks) {
      if (self.inside_.fetch_add(1) != 0) self.overlapped = true;
      self.log.change([&](Log& list) { list.push_back(std::move(what)); });
    }
    ~Inside() { self.inside_.fetch_sub(1); }
    Callbacks& self;
  };
  std::atomic<int> inside_{0};
};

// The door. `drains`: a client that takes everything at once.
class Transport : public SessionTransport {
public:
  void accept(const SessionAcceptance& acceptance) override {
    note("accept" + (acceptance.subprotocol ? " " + *acceptance.subprotocol : ""));
  }
  bool offers(std::string_view subprotocol) const override { return subprotocol == "chat"; }
  void refuse(const Problem& problem) override {
    note("refuse " + std::to_string(problem.http_status));
    session.reset();
  }
  void wake() override {
    if (on_wake) on_wake();
    if (drains) take_all();
  }
  void close(int code, std::string reason) override {
    note("close " + std::to_string(code) + " " + reason);
    if (drains) take_all();
    if (obeys) leave(code);
  }

  // As the I/O thread.
  bool take() {
    const SharedMessage message = session ? session->next() : nullptr;
    if (!message) return false;
    received.change([&](std::vector<SharedMessage>& list) { list.push_back(message); });
    session->sent();
    return true;
  }
  void take_all() {
    if (std::exchange(taking_, true)) return;
    while (take()) {
    }
    taking_ = false;
  }
  void leave(int code) {
    if (const auto leaving = std::exchange(session, nullptr)) leaving->disconnected(code);
  }

  std::shared_ptr<Session> session;
  bool drains = true;
  bool obeys = true; // a close is carried out at once
  std::function<void()> on_wake;
  Watched<std::vector<SharedMessage>> received;
  Watched<Log> log;

  Log texts() const {
    Log texts;
    for (const auto& message : received.get()) texts.push_back(message->data);
    return texts;
  }

private:
  void note(std::string what) {
    log.change([&](Log& list) { list.push_back(std::move(what)); });
  }
  bool taking_ = false;
};

class SessionWorld : public World {
public:
  explicit SessionWorld(bool run_inline, std::uint64_t queue_bytes = 1 << 20)
      : World(4), run_inline_(run_inline), registry({&io}, engine.pool(), queue_bytes) {
    fake_plugin.callbacks = &callbacks;
    io.start();
  }
  ~SessionWorld() {
    gate.open();
    for (const auto& transport : transports_) on_io([&] { transport->leave(CRANK_CLOSE_ABNORMAL); });
    settle();
    static_cast<void>(engine.pool().stop(patience));
    on_io([] {});
    io.finish(false);
    io.join();
  }

  Operation& session_operation(OperationSpec spec = spec_of("s")) {
    spec.kind = OperationKind::websocket;
    return operation(spec, run_inline_);
  }
  SessionMetrics session_metrics(const Operation& operation) {
    return metrics.session(operation.spec().name, SessionKind::websocket);
  }

  // Runs it on the I/O thread and waits.
  template <class Task>
  void on_io(Task&& task) {
    std::promise<void> done;
    io.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  // What was posted to the I/O thread, and what that posted, has been done.
  void settle() {
    for (int i = 0; i < 3; ++i) on_io([] {});
  }

  std::shared_ptr<Transport> open(Operation& operation, const std::function<void(Transport&)>& adjust = {}) {
    auto transport = std::make_shared<Transport>();
    if (adjust) adjust(*transport);
    auto attributes = std::make_shared<Attributes>(std::map<std::string, std::string, std::less<>>(), caller);
    Session::Request request{std::move(attributes), nullptr, "request-1", ""};
    transport->session =
        std::make_shared<Session>(registry, io, operation, session_metrics(operation), std::move(request));
    transports_.push_back(transport);
    on_io([&] { transport->session->open(transport); });
    return transport;
  }
  std::shared_ptr<Transport> open_and_wait(Operation& operation, const std::function<void(Transport&)>& adjust = {}) {
    auto transport = open(operation, adjust);
    REQUIRE(transport->log.wait([](const Log& log) { return !log.empty(); }));
    return transport;
  }
  bool logged(std::string_view what) {
    return callbacks.log.wait([&](const Log& log) { return std::find(log.begin(), log.end(), what) != log.end(); });
  }
  double metric(const std::string& line) {
    const std::string all = metrics.text();
    const auto at = all.find(line + " ");
    return at == std::string::npos ? -1 : std::stod(all.substr(at + line.size() + 1));
  }

  Callbacks callbacks;
  IoThread io{0};

private:
  const bool run_inline_;
  std::vector<std::shared_ptr<Transport>> transports_;

public:
  SessionRegistry registry;
};

} // namespace

TEST_CASE("a session from its opening to its end") {
  SessionWorld world(GENERATE(false, true));
  auto transport = world.open_and_wait(world.session_operation());
  CHECK(transport->log.get() == Log{"accept"});
  CHECK(world.registry.total() == 1);
  CHECK(world.registry.count(world.fake_plugin, "") == 1);
  CHECK(world.registry.count(world.fake_plugin, "s") == 1);
  CHECK(world.registry.count(world.fake_plugin, "other") == 0);
  world.on_io([&] {
    transport->session->received(text("a"));
    transport->session->received(text("b"));
  });
  REQUIRE(world.logged("message b"));
  world.on_io([&] { transport->leave(1001); });
  REQUIRE(world.logged("closed 1001"));
  CHECK(world.callbacks.log.get() == Log{"opened", "message a", "message b", "closed 1001"});
  CHECK_FALSE(world.callbacks.overlapped);
  CHECK(world.registry.total() == 0);
  CHECK(world.registry.count(world.fake_plugin, "s") == 0);
}

TEST_CASE("a refused session hears of nothing more") {
  const bool run_inline = GENERATE(false, true);
  SessionWorld world(run_inline);
  world.callbacks.on_opened = [&](Session& session) {
    session.send(text("not sent"));
    session.join("t");
    session.wake_after(0);
    if (!run_inline) world.settle(); // the time to wake comes while the plugin still thinks
    return Problem::of(CRANK_NOT_FOUND, "no such thing");
  };
  auto transport = world.open_and_wait(world.session_operation());
  CHECK(transport->log.get() == Log{"refuse 404"});
  world.registry.publish(world.fake_plugin, "t", text("p"));
  world.settle();
  CHECK(transport->texts().empty());
  CHECK(world.registry.total() == 0);
  CHECK(world.callbacks.log.get() == Log{"opened"});
}

TEST_CASE("what is sent inside opened() follows the response head, in order") {
  SessionWorld world(GENERATE(false, true));
  world.callbacks.on_opened = [](Session& session) -> std::optional<Problem> {
    for (const char* one : {"1", "2", "3"}) session.send(text(one));
    return std::nullopt;
  };
  bool accepted_first = false;
  auto transport = world.open_and_wait(world.session_operation(), [&](Transport& t) {
    t.on_wake = [&, self = &t] { accepted_first = self->log.get() == Log{"accept"}; };
  });
  REQUIRE(transport->received.wait([](const auto& list) { return list.size() == 3; }));
  CHECK(transport->texts() == Log{"1", "2", "3"});
  CHECK(accepted_first);
}

TEST_CASE("messages keep their order in both directions") {
  SessionWorld world(GENERATE(false, true));
  world.callbacks.on_message = [](Session& session, const Message& message) {
    session.send(text(message.data + "a"));
    session.send(text(message.data + "b"));
  };
  auto transport = world.open_and_wait(world.session_operation());
  Log expected;
  for (int i = 0; i < 500; ++i) {
    expected.push_back(std::to_string(i) + "a");
    expected.push_back(std::to_string(i) + "b");
  }
  for (int i = 0; i < 500; i += 50) {
    world.on_io([&] {
      for (int j = i; j < i + 50; ++j) transport->session->received(text(std::to_string(j)));
    });
  }
  REQUIRE(transport->received.wait([](const auto& list) { return list.size() == 1000; }));
  CHECK(transport->texts() == expected);
  CHECK_FALSE(world.callbacks.overlapped);
}

TEST_CASE("a client that is found gone while a message is written to it ends the session once") {
  SessionWorld world(GENERATE(false, true));
  world.callbacks.on_message = [](Session& session, const Message&) {
    for (const char* one : {"1", "2", "3"}) session.send(text(one));
  };
  const auto session = world
                           .open_and_wait(world.session_operation(),
                                          [](Transport& t) {
                                            t.drains = false;
                                            t.on_wake = [&t] {
                                              const auto left = t.session;
                                              if (!left || !left->next()) return;
                                              t.leave(CRANK_CLOSE_ABNORMAL); // what a write does that fails
                                              left->sent();
                                            };
                                          })
                           ->session;
  world.on_io([&] { session->received(text("go")); });
  REQUIRE(world.logged("closed 1006"));
  world.settle();
  CHECK(world.callbacks.log.get() == Log{"opened", "message go", "closed 1006"});
  CHECK_FALSE(session->next());
}

TEST_CASE("a long queue that is taken slowly keeps its order") {
  SessionWorld world(true);
  auto transport = world.open_and_wait(world.session_operation(), [](Transport& t) { t.drains = false; });
  Log expected;
  int refused = 0;
  world.on_io([&] {
    for (int i = 0; i < 5000; ++i) {
      expected.push_back(std::to_string(i));
      if (transport->session->send(text(expected.back())) != CRANK_OK) ++refused;
      if (i % 3 == 0) transport->take();
    }
    transport->take_all();
  });
  CHECK(refused == 0);
  CHECK(transport->texts() == expected);
}

TEST_CASE("a full queue is busy, and writable() comes once when half of it is free") {
  SessionWorld world(GENERATE(false, true), 10);
  auto transport = world.open_and_wait(world.session_operation(), [](Transport& t) { t.drains = false; });
  const auto session = transport->session;
  CHECK(session->send(text("12345678901")) == CRANK_EXHAUSTED);
  CHECK(session->send(text("1234")) == CRANK_OK);
  CHECK(session->send(text("5678")) == CRANK_OK);
  CHECK(session->send(text("901")) == CRANK_BUSY);
  CHECK(session->send(text("901")) == CRANK_BUSY);
  CHECK(session->send(text("90")) == CRANK_OK);
  world.settle();
  CHECK(world.callbacks.log.get() == Log{"opened"});
  world.on_io([&] { transport->take(); }); // six of ten are left
  world.settle();
  CHECK(world.callbacks.log.get() == Log{"opened"});
  world.on_io([&] { transport->take(); });
  REQUIRE(world.logged("writable"));
  CHECK(session->send(text("12345678")) == CRANK_OK);
  world.settle();
  world.on_io([&] { transport->take_all(); });
  world.on_io([&] { transport->leave(1000); });
  REQUIRE(world.logged("closed 1000"));
  CHECK(world.callbacks.log.get() == Log{"opened", "writable", "closed 1000"});
  CHECK(transport->texts() == Log{"1234", "5678", "90", "12345678"});
}

TEST_CASE("a plugin that sends until it is busy and goes on when writable loses nothing") {
  SessionWorld world(GENERATE(false, true), 64);
  constexpr int last = 2000;
  int next = 0;
  const auto fill = [&](Session& session) {
    while (next < last && session.send(text(std::to_string(next))) == CRANK_OK) ++next;
  };
  world.callbacks.on_message = [&](Session& session, const Message&) { fill(session); };
  world.callbacks.on_writable = fill;
  auto transport = world.open_and_wait(world.session_operation(), [](Transport& t) { t.drains = false; });
  world.on_io([&] { transport->session->received(text("go")); });
  const auto until = std::chrono::steady_clock::now() + patience;
  while (transport->received.get().size() < last && std::chrono::steady_clock::now() < until) {
    world.on_io([&] { transport->take(); });
  }
  const Log texts = transport->texts();
  REQUIRE(texts.size() == last);
  for (int i = 0; i < last; ++i) {
    if (texts[static_cast<std::size_t>(i)] != std::to_string(i))
      FAIL("message " << i << " is " << texts[static_cast<std::size_t>(i)]);
  }
  CHECK_FALSE(world.callbacks.overlapped);
}

TEST_CASE("a publication reaches those who joined its topic, as one copy") {
  SessionWorld world(GENERATE(false, true));
  Operation& operation = world.session_operation();
  auto first = world.open_and_wait(operation), second = world.open_and_wait(operation),
       third = world.open_and_wait(operation);
  first->session->join("t");
  first->session->join("t"); // twice is once
  second->session->join("t");
  third->session->join("other");
  world.settle();
  world.registry.publish(world.fake_plugin, "t", text("1"));
  world.settle();
  CHECK(first->texts() == Log{"1"});
  CHECK(second->texts() == Log{"1"});
  CHECK(third->texts().empty());
  CHECK(first->received.get()[0] == second->received.get()[0]);
  first->session->leave("t");
  first->session->leave("never joined");
  world.on_io([&] { second->leave(1000); });
  world.settle();
  world.registry.publish(world.fake_plugin, "t", text("2"));
  world.registry.publish(world.fake_plugin, "nobody", text("3"));
  world.settle();
  CHECK(first->texts() == Log{"1"});
  CHECK(second->texts() == Log{"1"});
}

TEST_CASE("a topic belongs to its worker") {
  SessionWorld world(true);
  class OtherWorker : public FakePlugin {
    const std::string id_ = "other";
    const std::string& id() const override { return id_; }
  } other;
  auto transport = world.open_and_wait(world.session_operation());
  transport->session->join("t");
  world.registry.publish(other, "t", text("1"));
  world.settle();
  CHECK(transport->texts().empty());
  CHECK(world.registry.count(other, "") == 0);
}

TEST_CASE("publications of one thread come in their order") {
  SessionWorld world(GENERATE(false, true));
  auto transport = world.open_and_wait(world.session_operation());
  transport->session->join("t");
  world.settle();
  Log expected;
  for (int i = 0; i < 500; ++i) {
    expected.push_back(std::to_string(i));
    world.registry.publish(world.fake_plugin, "t", text(expected.back()));
  }
  world.settle();
  CHECK(transport->texts() == expected);
}

TEST_CASE("a session may end, join or leave while a publication is being handed out") {
  SessionWorld world(true);
  Operation& operation = world.session_operation();
  std::vector<std::shared_ptr<Transport>> transports;
  for (int i = 0; i < 20; ++i) {
    // Each does, when it is told that something is there, what a socket that breaks or a plugin's callback may do.
    transports.push_back(world.open_and_wait(operation, [i](Transport& t) {
      t.on_wake = [i, self = &t] {
        if (!self->session) return;
        if (i % 4 == 0)
          self->leave(CRANK_CLOSE_ABNORMAL);
        else if (i % 4 == 1)
          self->session->leave("t");
        else if (i % 4 == 2)
          for (int j = 0; j < 50; ++j) self->session->join("t" + std::to_string(j));
      };
    }));
    transports.back()->session->join("t");
  }
  world.settle();
  world.registry.publish(world.fake_plugin, "t", text("1"));
  world.settle();
  for (int i = 0; i < 20; ++i) {
    INFO(i);
    CHECK(transports[static_cast<std::size_t>(i)]->texts() == (i % 4 == 0 ? Log{} : Log{"1"}));
  }
  CHECK(world.registry.total() == 15);
}

TEST_CASE("a client too slow for publications is closed, once") {
  SessionWorld world(GENERATE(false, true), 10);
  auto transport = world.open_and_wait(world.session_operation(), [](Transport& t) { t.drains = false; });
  transport->session->join("t");
  world.settle();
  world.on_io([&] {
    for (int i = 0; i < 5; ++i) world.registry.publish(world.fake_plugin, "t", text("12345678"));
  });
  REQUIRE(world.logged("closed 1013"));
  CHECK(transport->log.get() == Log{"accept", "close 1013 reads too slowly"});
  CHECK(world.metric("crank_session_slow_total{operation=\"s\",policy=\"close\"}") == 1);
}

TEST_CASE("where the route says so, messages are left out for a slow client instead") {
  SessionWorld world(GENERATE(false, true), 10);
  OperationSpec spec = spec_of("s");
  spec.slow_client = SlowClient::drop;
  auto transport = world.open_and_wait(world.session_operation(spec), [](Transport& t) { t.drains = false; });
  transport->session->join("t");
  world.settle();
  for (const char* one : {"1234567a", "1234567b", "1234567c"})
    world.registry.publish(world.fake_plugin, "t", text(one));
  world.settle();
  CHECK(world.metric("crank_session_slow_total{operation=\"s\",policy=\"drop\"}") == 2);
  world.on_io([&] { transport->take_all(); });
  world.registry.publish(world.fake_plugin, "t", text("1234567d"));
  world.settle();
  world.on_io([&] { transport->take_all(); });
  CHECK(transport->texts() == Log{"1234567a", "1234567d"});
  CHECK(transport->log.get() == Log{"accept"});
}

TEST_CASE("wake_after() wakes once, the last one asked for") {
  SessionWorld world(GENERATE(false, true));
  int wakes = 0;
  world.callbacks.on_opened = [](Session& session) -> std::optional<Problem> {
    session.wake_after(3'600'000);
    session.wake_after(0);
    return std::nullopt;
  };
  world.callbacks.on_wake = [&](Session& session) {
    session.send(text(std::to_string(++wakes)));
    if (wakes < 3) session.wake_after(1);
  };
  auto transport = world.open_and_wait(world.session_operation());
  REQUIRE(transport->received.wait([](const auto& list) { return list.size() == 3; }));
  CHECK(transport->texts() == Log{"1", "2", "3"});
  CHECK(transport->session->wake_after(UINT64_MAX) == CRANK_OK); // as long as one likes
  world.settle();
  CHECK(world.callbacks.log.get() == Log{"opened", "wake", "wake", "wake"});
}

TEST_CASE("a session can be closed inside opened()") {
  SessionWorld world(GENERATE(false, true));
  world.callbacks.on_opened = [](Session& session) -> std::optional<Problem> {
    session.send(text("last words"));
    session.close(1000, "done");
    return std::nullopt;
  };
  auto transport = world.open_and_wait(world.session_operation());
  REQUIRE(world.logged("closed 1000"));
  CHECK(transport->log.get() == Log{"accept", "close 1000 done"});
  CHECK(transport->texts() == Log{"last words"});
  CHECK(world.callbacks.log.get() == Log{"opened", "closed 1000"});
}

TEST_CASE("closing twice closes once, with the first code") {
  SessionWorld world(GENERATE(false, true));
  auto transport = world.open_and_wait(world.session_operation());
  const auto session = transport->session;
  session->close(1000, "first");
  session->close(1011, "second");
  REQUIRE(world.logged("closed 1000"));
  world.settle();
  CHECK(transport->log.get() == Log{"accept", "close 1000 first"});
}

TEST_CASE("closed() comes last and outside every other callback, even when sending ends the session") {
  SessionWorld world(GENERATE(false, true));
  std::atomic<bool> returned{false};
  Watched<int> sent;
  world.callbacks.on_message = [&](Session& session, const Message&) {
    session.send(text("x")); // on an I/O thread the transport notices right here that its client is gone
    session.send(text("y"));
    sent.change([](int& count) { ++count; });
    returned = true;
  };
  auto transport = world.open_and_wait(
      world.session_operation(), [](Transport& t) { t.on_wake = [self = &t] { self->leave(CRANK_CLOSE_ABNORMAL); }; });
  world.on_io([&] { transport->session->received(text("a")); });
  REQUIRE(world.logged("closed 1006"));
  CHECK(returned);
  CHECK(world.callbacks.log.get() == Log{"opened", "message a", "closed 1006"});
  CHECK_FALSE(world.callbacks.overlapped);
}

TEST_CASE("messages that arrived before the client left are delivered before closed()") {
  SessionWorld world(false);
  Gate& gate = world.gate;
  world.callbacks.on_message = [&](Session&, const Message& message) {
    if (message.data == "a") static_cast<void>(gate.wait());
  };
  auto transport = world.open_and_wait(world.session_operation());
  world.on_io([&] {
    for (const char* one : {"a", "b", "c"}) transport->session->received(text(one));
    transport->leave(1000);
  });
  gate.open();
  REQUIRE(world.logged("closed 1000"));
  CHECK(world.callbacks.log.get() == Log{"opened", "message a", "message b", "message c", "closed 1000"});
}

TEST_CASE("a message counts as taken once the plugin has dealt with it") {
  SessionWorld world(false);
  Gate& gate = world.gate;
  std::atomic<bool> dealt_with{false};
  world.callbacks.on_message = [&](Session&, const Message&) {
    static_cast<void>(gate.wait());
    dealt_with = true;
  };
  auto transport = world.open_and_wait(world.session_operation());
  std::promise<bool> taken;
  world.on_io([&] {
    transport->session->received(text("a"), [&] { taken.set_value(dealt_with && IoThread::current() != nullptr); });
  });
  CHECK_FALSE(dealt_with);
  gate.open();
  auto future = taken.get_future();
  REQUIRE(future.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
  CHECK(future.get());
}

TEST_CASE("after its end a session takes nothing any more") {
  SessionWorld world(GENERATE(false, true));
  auto transport = world.open_and_wait(world.session_operation());
  const auto session = transport->session;
  world.on_io([&] { transport->leave(1000); });
  REQUIRE(world.logged("closed 1000"));
  CHECK(session->send(text("x")) == CRANK_CANCELLED);
  CHECK(session->join("t") == CRANK_CANCELLED);
  CHECK(session->leave("t") == CRANK_CANCELLED);
  CHECK(session->wake_after(0) == CRANK_CANCELLED);
  session->close(1000, "");
  world.on_io([&] {
    session->received(text("late"));
    session->disconnected(1001);
  });
  world.settle();
  CHECK(world.callbacks.log.get() == Log{"opened", "closed 1000"});
  CHECK(world.registry.total() == 0);
}

TEST_CASE("a client that goes while the plugin still thinks about it") {
  SessionWorld world(false);
  const bool refuses = GENERATE(false, true);
  world.callbacks.on_opened = [&](Session&) -> std::optional<Problem> {
    static_cast<void>(world.gate.wait());
    return refuses ? std::optional(Problem::of(CRANK_NOT_FOUND, "no")) : std::nullopt;
  };
  auto transport = world.open(world.session_operation());
  world.on_io([&] { transport->leave(CRANK_CLOSE_ABNORMAL); });
  world.gate.open();
  if (!refuses)
    CHECK(world.logged("closed 1006"));
  else
    REQUIRE(world.engine.pool().stop(patience));
  world.settle();
  CHECK(world.callbacks.log.get() == (refuses ? Log{"opened"} : Log{"opened", "closed 1006"}));
  CHECK(transport->log.get().empty()); // nobody is there to be told
  CHECK(world.registry.total() == 0);
}

TEST_CASE("draining closes the sessions whose routes say so, then all") {
  SessionWorld world(GENERATE(false, true));
  OperationSpec finishing = spec_of("f");
  finishing.drain = DrainMode::finish;
  auto closing = world.open_and_wait(world.session_operation());
  auto staying = world.open_and_wait(world.session_operation(finishing));
  world.registry.close_all(false);
  world.settle();
  CHECK(closing->log.get() == Log{"accept", "close 1001 the worker is shutting down"});
  CHECK(staying->log.get() == Log{"accept"});
  CHECK(world.registry.total() == 1);
  world.registry.close_all(true);
  world.settle();
  CHECK(staying->log.get() == Log{"accept", "close 1001 the worker is shutting down"});
  CHECK(world.registry.total() == 0);
}

TEST_CASE("sessions of callers who are no longer welcome are closed, and others go on") {
  SessionWorld world(GENERATE(false, true));
  Operation& operation = world.session_operation();
  world.caller.subject = "ann";
  auto anns = world.open_and_wait(operation);
  world.caller.subject = "bob";
  auto bobs = world.open_and_wait(operation);
  const auto welcome = [](const Caller& caller) { return caller.subject != "ann"; };
  for (int i = 0; i < 2; ++i) { // again does no harm
    world.registry.close_unwelcome(welcome, "no more");
    world.settle();
    CHECK(anns->log.get() == Log{"accept", "close 1008 no more"});
    CHECK(bobs->log.get() == Log{"accept"});
  }
  CHECK(world.registry.total() == 1);
}

TEST_CASE("many threads may use one session at once") {
  SessionWorld world(GENERATE(false, true));
  auto transport = world.open_and_wait(world.session_operation());
  const auto session = transport->session;
  std::vector<std::thread> threads;
  std::atomic<int> sent{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 200; ++j) {
        if (session->send(text(std::to_string(i))) == CRANK_OK) ++sent;
        if (j % 50 == 0) session->join("t" + std::to_string(i));
        if (j % 70 == 0) session->leave("t" + std::to_string(i));
        if (j % 90 == 0) session->wake_after(0);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  world.settle();
  CHECK(static_cast<int>(transport->texts().size()) == sent);
  CHECK_FALSE(world.callbacks.overlapped);
}
