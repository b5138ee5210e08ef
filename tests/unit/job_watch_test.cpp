// JobWatch: who looks, then watches from what was seen, misses nothing; also of what another process does.
#include "catch.hpp"

#include "jobs/job_watch.hpp"
#include "jobs/sqlite_job_store.hpp"
#include "scratch.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <thread>

using namespace crank;
using namespace crank::test;

namespace {

JobTime at(std::int64_t milliseconds) { return JobTime(std::chrono::milliseconds(milliseconds)); }

bool any(std::string_view) { return true; }

// What a subscription was told, from the thread that tells it.
class Heard {
public:
  JobWatch::Callback callback() {
    return [this](const Job& job) {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(job);
      changed_.notify_all();
    };
  }
  bool waits_for(const std::function<bool(const std::vector<Job>&)>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return condition(jobs_); });
  }
  bool ends() {
    return waits_for([](const auto& jobs) { return !jobs.empty() && is_over(jobs.back().state); });
  }
  std::vector<Job> jobs() {
    const std::lock_guard lock(mutex_);
    return jobs_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Job> jobs_;
};

// Two processes' view of one store: the watch sees what `other` does.
struct WatchWorld {
  WatchWorld() : store(open()), other(open()), watch(*store) { REQUIRE(watch.start()); }
  std::unique_ptr<SqliteJobStore> open() const {
    auto opened = SqliteJobStore::open(scratch.path(), {});
    if (!opened) throw std::runtime_error(opened.error().message);
    return *std::move(opened);
  }
  std::string accept() {
    NewJob job;
    job.operation = "a.b";
    job.caller = {CallerKind::token, "ann", "", ""};
    job.input = "{}";
    const auto accepted = other->accept(job, at(0));
    REQUIRE(accepted);
    return accepted->job.id;
  }
  std::string running() {
    const std::string id = accept();
    const auto claimed = other->claim("me", any, at(1));
    REQUIRE((claimed && *claimed && (*claimed)->job.id == id));
    return id;
  }
  void end(const std::string& id) { REQUIRE(*other->succeed(id, "me", {"text/plain", "x", {}}, at(2))); }
  std::uint64_t version(const std::string& id) { return other->find(id)->version; }
  JobWatch::Subscription watched(const std::string& id, std::uint64_t since, JobWatch::Callback callback) {
    auto subscription = watch.watch(id, since, std::move(callback));
    REQUIRE(subscription);
    return *std::move(subscription);
  }

  ScratchDirectory scratch;
  std::unique_ptr<SqliteJobStore> store, other;
  JobWatch watch;
};

} // namespace

TEST_CASE("job watch: changes are told until the end, each version once and rising") {
  WatchWorld world;
  const std::string id = world.running();
  Heard heard;
  const auto subscription = world.watched(id, 0, heard.callback());
  CHECK(heard.waits_for([](const auto& jobs) { return jobs.size() == 1; })); // what there is, at once
  REQUIRE(*world.other->progress(id, "me", 0.5, "half"));
  CHECK(heard.waits_for([](const auto& jobs) { return jobs.back().fraction == 0.5; }));
  world.end(id);
  CHECK(heard.ends());
  const auto jobs = heard.jobs();
  for (std::size_t i = 1; i < jobs.size(); ++i) CHECK(jobs[i].version > jobs[i - 1].version);
}

TEST_CASE("job watch: an end between the look and the subscription is told") {
  WatchWorld world;
  const std::string id = world.running();
  const std::uint64_t seen = world.version(id);
  world.end(id);
  Heard heard;
  const auto subscription = world.watched(id, seen, heard.callback());
  CHECK(heard.ends());
}

TEST_CASE("job watch: an end at any moment around the subscription is told, once") {
  WatchWorld world;
  for (int round = 0; round < 40; ++round) {
    const std::string id = world.running();
    const std::uint64_t seen = world.version(id);
    std::thread ender([&] { static_cast<void>(world.other->succeed(id, "me", {"text/plain", "x", {}}, at(2))); });
    Heard heard;
    const auto subscription = world.watched(id, seen, heard.callback());
    ender.join();
    REQUIRE(heard.ends());
    CHECK(heard.jobs().size() == 1);
  }
}

TEST_CASE("job watch: what was seen is not told again, and nobody else's job") {
  WatchWorld world;
  const std::string seen = world.running(), other = world.running();
  Heard quiet, heard, gone;
  const auto first = world.watched(seen, world.version(seen), quiet.callback());
  const auto second = world.watched(other, 0, heard.callback());
  const auto third = world.watched(std::string(32, 'f'), 0, gone.callback()); // forgotten since somebody looked
  world.end(other);
  CHECK(heard.ends());
  CHECK(quiet.jobs().empty());
  REQUIRE(gone.ends()); // nobody waits for ever
  CHECK(gone.jobs().front().problem->http_status == 410);
}

TEST_CASE("job watch: several watch one job, from different versions") {
  WatchWorld world;
  const std::string id = world.running();
  Heard from_start, from_now;
  const auto first = world.watched(id, world.version(id), from_now.callback());
  const auto second = world.watched(id, 0, from_start.callback());
  CHECK(from_start.waits_for([](const auto& jobs) { return jobs.size() == 1; }));
  CHECK(from_now.jobs().empty());
  world.end(id);
  CHECK(from_start.ends());
  CHECK(from_now.ends());
}

TEST_CASE("job watch: when the end of a subscription returns, nobody is called") {
  WatchWorld world;
  const std::string id = world.running();
  std::atomic<bool> may_go = false, inside = false, over = false, late = false;
  auto subscription = std::make_unique<JobWatch::Subscription>(world.watched(id, 0, [&](const Job&) {
    inside = true;
    while (!may_go) std::this_thread::yield();
    if (over) late = true;
  }));
  while (!inside) std::this_thread::yield();
  std::thread releaser([&] { may_go = true; });
  subscription.reset(); // waits for the call
  over = true;
  releaser.join();
  world.end(id);
  Heard heard; // whoever is told after it: the look has come and gone
  const auto later = world.watched(id, 0, heard.callback());
  CHECK(heard.ends());
  CHECK_FALSE(late);
}

TEST_CASE("job watch: a callback may end its own subscription") {
  WatchWorld world;
  const std::string id = world.running();
  JobWatch::Subscription subscription;
  std::mutex mutex; // the callback may come before the assignment
  std::atomic<int> calls = 0;
  {
    const std::lock_guard lock(mutex);
    subscription = world.watched(id, 0, [&](const Job&) {
      const std::lock_guard inner(mutex);
      ++calls;
      subscription = {};
    });
  }
  while (calls == 0) std::this_thread::yield();
  world.end(id);
  Heard heard;
  const auto later = world.watched(id, 0, heard.callback());
  CHECK(heard.ends());
  CHECK(calls == 1);
}

TEST_CASE("job watch: the number of subscriptions is bounded, and those that ended do not count") {
  WatchWorld world;
  const std::string id = world.accept();
  const std::uint64_t seen = world.version(id);
  std::vector<JobWatch::Subscription> subscriptions;
  for (std::size_t i = 0; i < JobWatch::most; ++i) subscriptions.push_back(world.watched(id, seen, [](const Job&) {}));
  const auto refused = world.watch.watch(id, seen, [](const Job&) {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().http_status == 429);
  subscriptions.pop_back();
  CHECK(world.watch.watch(id, seen, [](const Job&) {}));
}

TEST_CASE("job watch: subscriptions may outlive it, and it ends with some") {
  ScratchDirectory scratch;
  auto store = SqliteJobStore::open(scratch.path(), {});
  REQUIRE(store);
  JobWatch::Subscription subscription;
  {
    JobWatch watch(**store);
    REQUIRE(watch.start());
    auto made = watch.watch(std::string(32, '0'), 0, [](const Job&) {});
    REQUIRE(made);
    subscription = *std::move(made);
  }
}
