// Callbacks in the store: due with the end of their job, whatever end; tried by one at a time; lost by no kill.
#include "catch.hpp"

#include "jobs/sqlite_job_store.hpp"
#include "jobs/sqlite_migrations.hpp"
#include "scratch.hpp"

#include <csignal>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace crank;
using namespace crank::test;

namespace {

JobTime at(std::int64_t milliseconds) { return JobTime(std::chrono::milliseconds(milliseconds)); }

NewJob job_for(std::string url = "https://a.example/hook?secret=1", bool repeatable = false) {
  NewJob job;
  job.operation = "a.b";
  job.caller = {CallerKind::token, "ann", "", ""};
  job.content_type = "application/json";
  job.request_id = "r";
  job.input = "{}";
  job.repeatable = repeatable;
  if (!url.empty()) job.callback_url = std::move(url);
  return job;
}

bool any(std::string_view) { return true; }
bool nobody(std::string_view) { return false; }

struct CallbackWorld {
  CallbackWorld() : store(open()) {}
  std::unique_ptr<SqliteJobStore> open() const {
    auto opened = SqliteJobStore::open(scratch.path(), {});
    if (!opened) throw std::runtime_error(opened.error().message);
    return *std::move(opened);
  }
  std::string accept(const NewJob& job) {
    const auto accepted = store->accept(job, at(0));
    REQUIRE(accepted);
    return accepted->job.id;
  }
  // Accepted, run and over.
  std::string ended(std::string url = "https://a.example/hook", std::int64_t when = 10) {
    const std::string id = accept(job_for(std::move(url)));
    REQUIRE(*store->claim("runner", any, at(1)));
    REQUIRE(*store->succeed(id, "runner", {"text/plain", "x", {}}, at(when)));
    return id;
  }
  std::optional<ClaimedCallback> claim(JobTime now, const JobStore::MayTry& may = any, const char* owner = "me") {
    auto claimed = store->claim_callback(owner, may, now);
    REQUIRE(claimed);
    return *std::move(claimed);
  }
  JobCallback callback(const std::string& id) { return *store->find(id)->callback; }

  ScratchDirectory scratch;
  std::unique_ptr<SqliteJobStore> store;
};

} // namespace

TEST_CASE("callbacks: wait for their job, and are due when it ends") {
  CallbackWorld world;
  const std::string id = world.accept(job_for());
  CHECK(world.callback(id).state == CallbackState::waiting);
  CHECK(world.callback(id).place == "https://a.example/hook");
  CHECK_FALSE(world.claim(at(1'000'000)));
  REQUIRE(*world.store->claim("runner", any, at(1)));
  CHECK_FALSE(world.claim(at(1'000'000)));
  CHECK(*world.store->pending_callbacks() == 0);
  REQUIRE(*world.store->succeed(id, "runner", {"text/plain", "x", {}}, at(10)));
  CHECK(world.callback(id).state == CallbackState::pending);
  CHECK(world.callback(id).next == at(10));
  CHECK(*world.store->pending_callbacks() == 1);
  CHECK_FALSE(world.claim(at(9)));
  const auto claimed = world.claim(at(10));
  REQUIRE(claimed);
  CHECK(claimed->job.id == id);
  CHECK(claimed->job.state == JobState::succeeded);
  CHECK(claimed->url == "https://a.example/hook?secret=1");
  CHECK(claimed->destination == "a.example:443");
  CHECK(claimed->message_id.find("msg_") == 0);
  CHECK(claimed->attempt == 1);
  CHECK(claimed->due == at(10));
  CHECK_FALSE(world.claim(at(1'000'000))); // somebody tries it
  CHECK(*world.store->pending_callbacks() == 1);
}

TEST_CASE("callbacks: every end of a job makes its callback due") {
  CallbackWorld world;
  std::vector<std::string> ids;
  const auto begun = [&](bool repeatable = false) {
    ids.push_back(world.accept(job_for("https://a.example/", repeatable)));
    REQUIRE(*world.store->claim("runner", any, at(1)));
    return ids.back();
  };
  REQUIRE(*world.store->succeed(begun(), "runner", {"text/plain", "x", {}}, at(10)));
  REQUIRE(*world.store->fail(begun(), "runner", JobState::failed, Problem::of(CRANK_INVALID, "no"), at(10)));
  REQUIRE(*world.store->fail(begun(), "runner", JobState::cancelled, Problem::of(CRANK_CANCELLED, "no"), at(10)));
  REQUIRE(*world.store->give_back(begun(), "runner", true, at(10))); // interrupted
  {
    const std::string unwanted = begun(true);
    REQUIRE(world.store->cancel(unwanted, at(2)));
    REQUIRE(*world.store->give_back(unwanted, "runner", true, at(10))); // cancelled
  }
  begun();
  REQUIRE(world.store->recover(nobody, at(10))); // interrupted
  ids.push_back(world.accept(job_for()));
  REQUIRE(world.store->cancel(ids.back(), at(10))); // before it began
  std::vector<JobState> states;
  for (const std::string& id : ids) {
    states.push_back(world.store->find(id)->state);
    CHECK(world.callback(id).state == CallbackState::pending);
    CHECK(world.callback(id).next == at(10));
  }
  using enum JobState;
  CHECK(states == std::vector{succeeded, failed, cancelled, interrupted, cancelled, interrupted, cancelled});
  // One that runs again has not ended.
  const std::string again = begun(true);
  REQUIRE(*world.store->give_back(again, "runner", true, at(10)));
  CHECK(world.callback(again).state == CallbackState::waiting);
}

TEST_CASE("callbacks: are tried again under one id, and are over when they arrived or are abandoned") {
  CallbackWorld world;
  const std::string id = world.ended();
  const auto first = world.claim(at(10));
  CHECK_FALSE(*world.store->callback_failed(id, "another", "x", at(20)));
  CHECK_FALSE(*world.store->callback_delivered(id, "another"));
  CHECK(*world.store->callback_failed(id, "me", "the receiver answered 500", at(20)));
  CHECK_FALSE(*world.store->callback_delivered(id, "me")); // it is not its any more
  CHECK(world.callback(id).attempts == 1);
  CHECK(world.callback(id).error == "the receiver answered 500");
  CHECK(world.callback(id).next == at(20));
  CHECK_FALSE(world.claim(at(19)));
  const auto second = world.claim(at(20));
  REQUIRE(second);
  CHECK(second->message_id == first->message_id);
  CHECK(second->attempt == 2);
  CHECK(second->due == at(10));
  CHECK(*world.store->callback_delivered(id, "me"));
  CHECK(world.callback(id).state == CallbackState::delivered);
  CHECK(world.callback(id).error.empty());
  CHECK_FALSE(world.callback(id).next);
  CHECK_FALSE(world.claim(at(1'000'000)));

  const std::string given_up = world.ended();
  REQUIRE(world.claim(at(10)));
  CHECK(*world.store->callback_failed(given_up, "me", "gone", std::nullopt));
  CHECK(world.callback(given_up).state == CallbackState::abandoned);
  CHECK(world.callback(given_up).error == "gone");
  CHECK_FALSE(world.claim(at(1'000'000)));
  CHECK(*world.store->pending_callbacks() == 0);
  // What the URL held is not kept longer than it is needed.
  sqlite::Database database;
  REQUIRE(database.open(world.scratch.path() / "jobs.db", std::chrono::seconds(1)) == 0);
  auto kept = database.prepare("SELECT count(*) FROM callbacks WHERE url IS NOT NULL");
  REQUIRE(kept.step());
  CHECK(kept.integer(0) == 0);
}

TEST_CASE("callbacks: the one that is due longest of a destination that may be tried") {
  CallbackWorld world;
  const std::string a1 = world.ended("https://a.example/1", 10), a2 = world.ended("https://a.example/2", 11),
                    b = world.ended("https://b.example/", 12), port = world.ended("https://a.example:444/", 13);
  const auto not_a = [](std::string_view destination) { return destination != "a.example:443"; };
  CHECK(world.claim(at(100), not_a)->job.id == b);
  CHECK(world.claim(at(100))->job.id == a1);
  CHECK(world.claim(at(100), not_a)->job.id == port);
  CHECK_FALSE(world.claim(at(100), not_a));
  CHECK(world.claim(at(100))->job.id == a2);
  CHECK_FALSE(world.claim(at(100)));
}

TEST_CASE("callbacks: many that wait for one destination do not have all of them looked at") {
  CallbackWorld world;
  for (int i = 0; i < 300; ++i) world.ended("https://slow.example/", i);
  const std::string other = world.ended("https://quick.example/", 10'000);
  std::vector<std::string> asked;
  const auto claimed = world.claim(at(20'000), [&](std::string_view destination) {
    asked.emplace_back(destination);
    return destination == "quick.example:443";
  });
  REQUIRE(claimed);
  CHECK(claimed->job.id == other);
  CHECK(asked == std::vector<std::string>{"slow.example:443", "quick.example:443"});
}

TEST_CASE("callbacks: those of a process that is gone are due again, and those of one that lives are not") {
  CallbackWorld world;
  const std::string lost = world.ended("https://a.example/"), kept = world.ended("https://b.example/");
  REQUIRE(world.claim(
      at(10), [](std::string_view d) { return d == "a.example:443"; }, "dead"));
  REQUIRE(world.claim(at(10), any, "alive"));
  CHECK(*world.store->recover_callbacks([](std::string_view owner) { return owner == "alive"; }) == 1);
  CHECK_FALSE(*world.store->callback_delivered(lost, "dead"));
  const auto again = world.claim(at(10));
  REQUIRE(again);
  CHECK(again->job.id == lost);
  CHECK(again->attempt == 2);
  CHECK(*world.store->callback_delivered(kept, "alive"));
}

TEST_CASE("callbacks: a job is kept as long as its callback is pending, and what is abandoned goes with it") {
  CallbackWorld world;
  const std::string id = world.ended(), without = world.ended("");
  CHECK_FALSE(world.store->find(without)->callback);
  CHECK(*world.store->forget(at(1'000'000), at(1'000'000), 10) == 1);
  CHECK(world.store->find(id));
  CHECK(*world.store->abandon_callbacks(at(10), "off") == 0);
  REQUIRE(world.claim(at(10)));
  CHECK(*world.store->abandon_callbacks(at(11), "off") == 0); // somebody tries it
  CHECK(*world.store->callback_failed(id, "me", "no", at(30)));
  CHECK(*world.store->abandon_callbacks(at(11), "") == 1); // an attempt has failed
  CHECK(world.callback(id).error == "no");
  const std::string untried = world.ended();
  CHECK(*world.store->abandon_callbacks(at(11), "") == 0);
  CHECK(*world.store->abandon_callbacks(at(11), "off") == 1);
  CHECK(world.callback(untried).error == "off");
  CHECK(*world.store->forget(at(1'000'000), at(1'000'000), 10) == 2);
  CHECK_FALSE(world.store->find(id));
  sqlite::Database database;
  REQUIRE(database.open(world.scratch.path() / "jobs.db", std::chrono::seconds(1)) == 0);
  auto left = database.prepare("SELECT count(*) FROM callbacks");
  REQUIRE(left.step());
  CHECK(left.integer(0) == 0);
}

TEST_CASE("callbacks: a key is for a job with the same callback") {
  CallbackWorld world;
  NewJob job = job_for();
  job.idempotency_key = "k";
  const std::string id = world.accept(job);
  CHECK(world.store->accept(job, at(1))->job.id == id);
  CHECK(world.store->accept(job, at(1))->job.callback->place == "https://a.example/hook");
  job.callback_url = "https://b.example/";
  CHECK(world.store->accept(job, at(1)).error().code == "IDEMPOTENCY_KEY_REUSED");
  job.callback_url.reset();
  CHECK(world.store->accept(job, at(1)).error().code == "IDEMPOTENCY_KEY_REUSED");
  job.idempotency_key.reset();
  job.callback_url = "not a url";
  CHECK(world.store->accept(job, at(1)).error().http_status == 400);
  CHECK(world.store->list({})->size() == 1);
}

TEST_CASE("callbacks: are part of lists") {
  CallbackWorld world;
  const std::string id = world.ended(), without = world.ended("");
  const auto jobs = world.store->list({});
  REQUIRE(jobs);
  REQUIRE(jobs->size() == 2);
  CHECK_FALSE(jobs->at(0).callback);
  CHECK(jobs->at(1).callback->state == CallbackState::pending);
}

TEST_CASE("jobs: a store of version 1 is brought up to date, with all that is in it") {
  ScratchDirectory scratch;
  {
    sqlite::Database old;
    REQUIRE(old.open(scratch.path() / "jobs.db", std::chrono::seconds(1)) == 0);
    std::int64_t version = 0;
    REQUIRE(migrate_job_store(old, version, 1) == 0);
    REQUIRE(version == 1);
    REQUIRE(old.execute(
                "INSERT INTO jobs (id, operation, whose, caller_kind, caller_subject, caller_scopes, caller_address, "
                "request_id, traceparent, content_type, input, input_bytes, repeatable, created) VALUES "
                "('0123456789abcdef0123456789abcdef', 'a.b', '2:ann', 2, 'ann', '', '', 'r', '', 'application/json', "
                "x'7b7d', 2, 0, 5); INSERT INTO keys VALUES ('2:ann', 'k', 'p', '0123456789abcdef0123456789abcdef', "
                "1000000)") == 0);
  }
  {
    const auto store = SqliteJobStore::open(scratch.path(), {});
    REQUIRE(store);
    const auto job = (*store)->find("0123456789abcdef0123456789abcdef");
    REQUIRE(job);
    CHECK_FALSE(job->callback);
    CHECK(job->created == at(5));
    auto claimed = (*store)->claim("runner", any, at(6));
    REQUIRE(claimed);
    REQUIRE(*claimed);
    CHECK((*claimed)->input.text == "{}");
    REQUIRE(*(*store)->succeed(job->id, "runner", {"text/plain", "x", {}}, at(7)));
    CHECK_FALSE(*(*store)->claim_callback("me", any, at(100)));
    REQUIRE((*store)->accept(job_for(), at(8)));
  }
  sqlite::Database now;
  REQUIRE(now.open(scratch.path() / "jobs.db", std::chrono::seconds(1)) == 0);
  auto version = now.prepare("PRAGMA user_version");
  REQUIRE(version.step());
  CHECK(version.integer(0) == job_store_version());
}

TEST_CASE("callbacks: one of a job that ended survives kill -9 at any instant") {
  ScratchDirectory scratch;
  // What a process leaves that is killed between accepting a job and beginning it.
  REQUIRE((*SqliteJobStore::open(scratch.path(), {}))->accept(job_for(), at(0)));
  for (int round = 0; round < 15; ++round) {
    int told[2];
    REQUIRE(::pipe(told) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(told[0]);
      auto store = SqliteJobStore::open(scratch.path(), {});
      for (int i = 0; store && i < 10'000; ++i) {
        const auto accepted = (*store)->accept(job_for(), at(i));
        const auto claimed = (*store)->claim("child", any, at(i));
        if (!accepted || !claimed || !*claimed) break;
        const std::string& id = (*claimed)->job.id;
        const auto ended = (*store)->succeed(id, "child", {"", "x", {}}, at(i));
        if (!ended || !*ended || ::write(told[1], id.data(), 32) != 32) break;
        const auto tried = (*store)->claim_callback("child", any, at(i));
        if (i % 2 == 0 && tried && *tried)
          static_cast<void>((*store)->callback_failed((*tried)->job.id, "child", "x", at(i)));
      }
      ::_exit(1);
    }
    ::close(told[1]);
    std::set<std::string> promised;
    char id[32];
    for (int i = 0; i <= round; ++i) { // it is killed in the middle of what it does, a little later each time
      if (::read(told[0], id, sizeof id) != sizeof id) break;
      promised.insert(std::string(id, sizeof id));
    }
    ::kill(child, SIGKILL);
    while (::read(told[0], id, sizeof id) == sizeof id) promised.insert(std::string(id, sizeof id));
    ::close(told[0]);
    ::waitpid(child, nullptr, 0);
    REQUIRE_FALSE(promised.empty());
    const auto store = SqliteJobStore::open(scratch.path(), {});
    REQUIRE(store);
    REQUIRE((*store)->recover(nobody, at(1'000'000)));
    REQUIRE((*store)->recover_callbacks(nobody));
    while (true) { // every promised one can be tried, and all are
      const auto claimed = (*store)->claim_callback("me", any, at(2'000'000));
      REQUIRE(claimed);
      if (!*claimed) break;
      promised.erase((*claimed)->job.id);
      REQUIRE(*(*store)->callback_delivered((*claimed)->job.id, "me"));
    }
    CHECK(promised.empty());
  }
}
