// The sender of callbacks: a day of attempts on a clock of the test's, who waits for whom, and who leads.
#include "catch.hpp"

#include "jobs/callback_sender.hpp"
#include "jobs/sqlite_job_store.hpp"
#include "scratch.hpp"

#include <atomic>
#include <mutex>
#include <thread>

using namespace crank;
using namespace crank::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

JobTime at(std::int64_t s) { return JobTime(seconds(s)); }
bool any(std::string_view) { return true; }

template <class Condition>
void until(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + seconds(60);
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::sleep_for(milliseconds(1));
  }
}

// A receiver of the test's.
class FakeTransport : public CallbackTransport {
public:
  using Ending = std::function<CallbackAnswer(const CallbackMessage&)>;
  explicit FakeTransport(Ending answer) : answer_(std::move(answer)) {}

  CallbackAnswer post(const CallbackMessage& message) override {
    {
      const std::lock_guard lock(mutex_);
      messages_.push_back(message);
    }
    if (message.url.find("hangs") == std::string::npos) return answer_(message);
    std::unique_lock lock(mutex_);
    ++hanging_;
    changed_.wait(lock, [this] { return cancelled_ || let_go_; });
    --hanging_;
    CallbackAnswer answer{0, "no answer in time", std::nullopt, cancelled_ && !let_go_};
    return answer;
  }
  void cancel() override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }
  std::vector<CallbackMessage> messages() {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  int hanging() {
    const std::lock_guard lock(mutex_);
    return hanging_;
  }

private:
  const Ending answer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<CallbackMessage> messages_;
  bool cancelled_ = false, let_go_ = false;
  int hanging_ = 0;
};

CallbackAnswer says(int status) { return {status, "", std::nullopt, false}; }

struct SenderWorld {
  explicit SenderWorld(FakeTransport::Ending answer, bool on = true)
      : store(open()), owner(*JobOwner::make(scratch.path())), transport(std::move(answer)),
        sender(*store, owner, leadership, on ? &transport : nullptr, options()) {
    lead(1);
    REQUIRE(sender.start());
  }
  ~SenderWorld() { sender.stop(milliseconds(0)); }
  CallbackSender::Options options() {
    CallbackSender::Options made;
    made.directory = scratch.path();
    made.clock = [this] { return JobTime(milliseconds(now.load())); };
    made.report = [this](const CallbackSender::Report& report) {
      const std::lock_guard lock(mutex);
      outcomes.push_back(report.outcome);
    };
    made.pending = [this](std::uint64_t count) { pending = count; };
    return made;
  }
  std::unique_ptr<SqliteJobStore> open() const {
    auto opened = SqliteJobStore::open(scratch.path(), {});
    if (!opened) throw std::runtime_error(opened.error().message);
    return *std::move(opened);
  }
  void lead(std::uint64_t term) {
    leadership.set(term);
    leadership.tell();
  }
  void advance_to(JobTime time) {
    now = time.time_since_epoch().count();
    sender.wake();
  }
  std::string ended(std::string url, JobTime when) {
    NewJob job;
    job.operation = "a.b";
    job.input = "{}";
    job.callback_url = std::move(url);
    const auto accepted = store->accept(job, when);
    REQUIRE(accepted);
    REQUIRE(*store->claim("runner", any, when));
    REQUIRE(*store->succeed(accepted->job.id, "runner", {"text/plain", "x", {}}, when));
    sender.wake();
    return accepted->job.id;
  }
  JobCallback callback(const std::string& id) { return *store->find(id)->callback; }
  std::vector<CallbackOutcome> reported() {
    const std::lock_guard lock(mutex);
    return outcomes;
  }

  ScratchDirectory scratch;
  std::unique_ptr<SqliteJobStore> store;
  JobOwner owner;
  Leadership leadership;
  std::atomic<std::int64_t> now{1'000'000'000};
  std::atomic<std::uint64_t> pending{0};
  std::mutex mutex;
  std::vector<CallbackOutcome> outcomes;
  FakeTransport transport;
  CallbackSender sender;
};

} // namespace

TEST_CASE("callback sender: one that arrives is delivered, once") {
  SenderWorld world([](const CallbackMessage&) { return says(204); });
  const std::string id = world.ended("https://a.example/hook?q", at(1'000'000));
  until([&] { return world.callback(id).state == CallbackState::delivered; });
  until([&] { return world.reported().size() == 1; });
  const auto messages = world.transport.messages();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].url == "https://a.example/hook?q");
  CHECK(messages[0].body.find("\"type\":\"job.succeeded\"") != std::string::npos);
  CHECK(world.reported() == std::vector{CallbackOutcome::delivered});
}

TEST_CASE("callback sender: one that never arrives is tried for a day and then given up") {
  SenderWorld world([](const CallbackMessage&) { return says(500); });
  const JobTime end = at(1'000'000);
  const std::string id = world.ended("https://a.example/", end);
  std::vector<std::int64_t> waits; // seconds
  JobTime now = end;
  for (unsigned attempt = 1; attempt < 100; ++attempt) {
    until([&] {
      const auto callback = world.callback(id);
      return callback.state == CallbackState::abandoned || (callback.attempts == attempt && callback.next > now);
    });
    if (world.callback(id).state == CallbackState::abandoned) break;
    const JobTime next = *world.callback(id).next;
    waits.push_back(std::chrono::round<seconds>(next - now).count());
    now = next;
    world.advance_to(now);
  }
  CHECK(world.callback(id).state == CallbackState::abandoned);
  CHECK(world.callback(id).error == "the receiver answered 500");
  CHECK(now == end + std::chrono::hours(24)); // the last attempt
  REQUIRE(waits.size() >= 15);
  const std::array expected = {5, 30, 120, 600, 1800, 3600, 7200, 7200};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(waits[i] >= expected.at(i) * 4 / 5);
    CHECK(waits[i] <= expected.at(i) * 6 / 5);
  }
  const auto messages = world.transport.messages();
  CHECK(messages.size() == waits.size() + 1);
  for (const CallbackMessage& message : messages) {
    CHECK(message.id == messages[0].id);
    CHECK(message.body == messages[0].body);
  }
  until([&] { return world.reported().size() == messages.size(); });
  CHECK(world.reported().back() == CallbackOutcome::abandoned);
}

TEST_CASE("callback sender: 410 is the last answer, and a Retry-After is waited for") {
  SenderWorld world([](const CallbackMessage& message) {
    if (message.url.find("gone") != std::string::npos) return says(410);
    return CallbackAnswer{503, "", seconds(1000), false};
  });
  const std::string gone = world.ended("https://gone.example/", at(1'000'000)),
                    busy = world.ended("https://busy.example/", at(1'000'000));
  until([&] { return world.callback(gone).state == CallbackState::abandoned; });
  until([&] { return world.callback(busy).next == at(1'001'000); });
}

TEST_CASE("callback sender: a receiver that hangs keeps nobody waiting, and has one attempt at a time") {
  SenderWorld world([](const CallbackMessage&) { return says(200); });
  std::vector<std::string> hanging, others;
  for (int i = 0; i < 30; ++i) hanging.push_back(world.ended("https://hangs.example/", at(1'000'000)));
  until([&] { return world.transport.hanging() == 1; });
  for (int i = 0; i < 30; ++i) others.push_back(world.ended("https://a.example/" + std::to_string(i), at(1'000'000)));
  for (const std::string& id : others) until([&] { return world.callback(id).state == CallbackState::delivered; });
  CHECK(world.transport.hanging() == 1);
  unsigned tried = 0;
  for (const std::string& id : hanging) tried += world.callback(id).attempts;
  CHECK(tried == 1);
}

TEST_CASE("callback sender: receivers that did not answer have half of the threads") {
  SenderWorld world([](const CallbackMessage& message) {
    return message.url.find("once") == std::string::npos ? says(200) : says(0);
  });
  // Ten destinations whose first attempt got no answer at once, and whose next ones hang.
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i)
    ids.push_back(world.ended("https://d" + std::to_string(i) + ".example/once", at(1'000'000)));
  for (const std::string& id : ids)
    until([&] { return world.callback(id).attempts == 1 && world.callback(id).next > at(1'000'001); });
  for (int i = 0; i < 10; ++i) world.ended("https://d" + std::to_string(i) + ".example/hangs", at(1'000'001));
  world.advance_to(at(1'000'002));
  until([&] { return world.transport.hanging() == CallbackSender::most_at_once / 2; });
  const std::string other = world.ended("https://quick.example/", at(1'000'002));
  until([&] { return world.callback(other).state == CallbackState::delivered; });
  CHECK(world.transport.hanging() == CallbackSender::most_at_once / 2);
}

TEST_CASE("callback sender: begins nothing where it does not lead, and finishes what it has begun") {
  SenderWorld world([](const CallbackMessage&) { return says(200); });
  const std::string hanging = world.ended("https://hangs.example/", at(1'000'000));
  until([&] { return world.transport.hanging() == 1; });
  world.lead(0);
  const std::string later = world.ended("https://a.example/", at(1'000'000));
  world.transport.let_go();
  until([&] { return world.callback(hanging).error == "no answer in time"; }); // it is written down all the same
  CHECK(world.callback(later).attempts == 0);
  world.lead(2);
  until([&] { return world.callback(later).state == CallbackState::delivered; });
}

TEST_CASE("callback sender: what was not confirmed at a stop is pending, and the next process tries it") {
  SenderWorld world([](const CallbackMessage&) { return says(200); });
  const std::string id = world.ended("https://hangs.example/", at(1'000'000));
  until([&] { return world.transport.hanging() == 1; });
  world.sender.stop(milliseconds(1));
  CHECK(world.callback(id).state == CallbackState::pending);
  CHECK(world.callback(id).error.empty());
  auto next = JobOwner::make(world.scratch.path());
  REQUIRE(next);
  const auto is_alive = [&](std::string_view name) { return name != world.owner.name(); };
  CHECK(*world.store->recover_callbacks(is_alive) == 1);
  const auto claimed = world.store->claim_callback(next->name(), any, at(1'000'000));
  REQUIRE(claimed);
  REQUIRE(*claimed);
  CHECK((*claimed)->attempt == 2);
}

TEST_CASE("callback sender: what waited too long behind others is given up without a last attempt") {
  SenderWorld world([](const CallbackMessage&) { return says(200); });
  world.lead(0);
  const JobTime end = at(1'000'000);
  const std::string id = world.ended("https://dead.example/", end);
  const auto claimed = world.store->claim_callback("me", any, end);
  REQUIRE(claimed);
  REQUIRE(*claimed);
  REQUIRE(*world.store->callback_failed(id, "me", "no answer in time", end + std::chrono::hours(26)));
  world.advance_to(end + std::chrono::hours(25) + seconds(1));
  world.lead(2);
  until([&] { return world.callback(id).state == CallbackState::abandoned; });
  CHECK(world.callback(id).error == "no answer in time");
  CHECK(world.transport.messages().empty());
}

TEST_CASE("callback sender: where callbacks are off nothing is sent, and after a day nothing waits") {
  SenderWorld world([](const CallbackMessage&) { return says(200); }, false);
  const std::string id = world.ended("https://a.example/", at(1'000'000));
  until([&] { return world.pending == 1; });
  CHECK(world.callback(id).attempts == 0);
  world.advance_to(at(1'000'000) + std::chrono::hours(24) + seconds(1));
  until([&] { return world.callback(id).state == CallbackState::abandoned; });
  CHECK(world.transport.messages().empty());
}
