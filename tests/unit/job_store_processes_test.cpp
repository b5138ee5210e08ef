// A job store of several processes: no job twice, and none lost with a process that ends.
#include "job_store_fixture.hpp"

#include "jobs/job_owner.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <vector>

using namespace crank;
using namespace crank::test;

TEST_CASE("jobs: an owner lives as long as its object, and leaves nothing behind") {
  ScratchDirectory scratch;
  const auto files = [&] {
    const std::filesystem::directory_iterator all(scratch.path());
    return std::distance(begin(all), end(all));
  };
  std::string name;
  {
    const auto owner = JobOwner::make(scratch.path());
    REQUIRE(owner);
    name = owner->name();
    CHECK(is_job_id(name));
    CHECK(JobOwner::is_alive(scratch.path(), name));
    CHECK(files() == 1);
  }
  CHECK_FALSE(JobOwner::is_alive(scratch.path(), name));
  CHECK(files() == 0);
  // What the killed leave is swept by the next.
  std::ofstream(scratch.path() / ("owner-" + name)) << "";
  const auto next = JobOwner::make(scratch.path());
  REQUIRE(next);
  CHECK(files() == 1);
  for (const char* other : {"", "x", "../jobs.db"}) CHECK_FALSE(JobOwner::is_alive(scratch.path(), other));
  CHECK_FALSE(JobOwner::make(scratch.path() / "missing"));
}

TEST_CASE("jobs: what ran for a process that is gone is found, and what runs for one that lives is let be") {
  StoreWorld world;
  const std::string repeats = world.accept(job_for(ann, "{}", true)), once = world.accept(job_for(ann)),
                    unwanted = world.accept(job_for(ann, "{}", true)), lives = world.accept(job_for(ann, "{}", true));
  for (int i = 0; i < 3; ++i) REQUIRE(world.claim("dead"));
  REQUIRE(world.claim("alive")->job.id == lives);
  REQUIRE(world.store->cancel(unwanted, at(1)));
  const auto recovered = world.store->recover([](std::string_view owner) { return owner == "alive"; }, at(9));
  REQUIRE(recovered);
  CHECK(recovered->queued_again == 1);
  CHECK(recovered->interrupted == 1);
  CHECK(recovered->cancelled == 1);
  CHECK(world.state(repeats) == JobState::queued);
  CHECK(world.state(once) == JobState::interrupted);
  CHECK(world.state(unwanted) == JobState::cancelled);
  CHECK(world.state(lives) == JobState::running);
  // The dead one was only slow: what it says now is void.
  CHECK_FALSE(*world.store->succeed(repeats, "dead", outcome({}, ""), at(10)));
  CHECK(world.claim("alive")->job.id == repeats);
}

TEST_CASE("jobs: processes and threads share a store, and no job runs twice") {
  StoreWorld world;
  constexpr int jobs = 200;
  for (int i = 0; i < jobs; ++i) world.accept(job_for(i % 2 == 0 ? ann : bob));
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const auto mine = world.open(); // as another process has it
      const std::string owner = "owner" + std::to_string(i);
      while (true) {
        const auto next = mine->claim(owner, any, at(1));
        if (!next || !*next) return;
        static_cast<void>(mine->succeed((*next)->job.id, owner, outcome({}, ""), at(2)));
        const std::lock_guard lock(mutex);
        claimed.insert((*next)->job.id);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(claimed.size() == jobs);
  CHECK(std::set<std::string>(claimed.begin(), claimed.end()).size() == jobs);
  JobFilter over;
  over.state = JobState::succeeded;
  over.most = 1000;
  CHECK(world.store->list(over)->size() == jobs);
}

TEST_CASE("jobs: what was accepted survives kill -9 at any instant") {
  ScratchDirectory scratch;
  for (int round = 0; round < 15; ++round) {
    int told[2];
    REQUIRE(::pipe(told) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(told[0]);
      auto store = SqliteJobStore::open(scratch.path(), {});
      for (int i = 0; store && i < 10'000; ++i) {
        const auto accepted = (*store)->accept(job_for(ann), at(i));
        if (!accepted || ::write(told[1], accepted->job.id.data(), 32) != 32) break;
        const auto claimed = (*store)->claim("child", any, at(i));
        if (claimed && *claimed)
          static_cast<void>((*store)->succeed((*claimed)->job.id, "child", outcome({}, "x"), at(i)));
      }
      ::_exit(1);
    }
    ::close(told[1]);
    std::set<std::string> promised;
    char id[32];
    // It is killed in the middle of what it does, a little later each time.
    for (int i = 0; i <= round; ++i) {
      if (::read(told[0], id, sizeof id) != sizeof id) break;
      promised.insert(std::string(id, sizeof id));
    }
    ::kill(child, SIGKILL);
    while (::read(told[0], id, sizeof id) == sizeof id) promised.insert(std::string(id, sizeof id));
    ::close(told[0]);
    ::waitpid(child, nullptr, 0);
    REQUIRE_FALSE(promised.empty());
    auto store = SqliteJobStore::open(scratch.path(), {});
    REQUIRE(store);
    REQUIRE((*store)->recover([](std::string_view) { return false; }, at(1)));
    for (const std::string& one : promised) {
      const auto job = (*store)->find(one);
      REQUIRE(job);
      CHECK(
          (job->state == JobState::queued || job->state == JobState::succeeded || job->state == JobState::interrupted));
    }
    JobFilter running;
    running.state = JobState::running;
    CHECK((*store)->list(running)->empty());
  }
}
