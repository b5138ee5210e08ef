// JobStore as SQLite keeps it: what was accepted is there, whatever ends; nobody else's jobs.
#include "job_store_fixture.hpp"

#include "jobs/sqlite_migrations.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <vector>

using namespace crank;
using namespace crank::test;

TEST_CASE("jobs: what is accepted is there, with all that it came with, also for another process") {
  StoreWorld world;
  NewJob made = job_for({CallerKind::certificate, "CN=a", "x y", "192.0.2.1"}, std::string("\0\xff{", 3), true);
  made.traceparent = "t";
  const std::string id = world.accept(made, at(7));
  CHECK(is_job_id(id));
  const auto other = world.open();
  const auto job = other->find(id);
  REQUIRE(job);
  CHECK(job->operation == "a.b");
  CHECK(job->caller.kind == CallerKind::certificate);
  CHECK(job->caller.subject == "CN=a");
  CHECK(job->caller.scopes == "x y");
  CHECK(job->caller.address == "192.0.2.1");
  CHECK(job->traceparent == "t");
  CHECK(job->input_bytes == 3);
  CHECK(job->repeatable);
  CHECK(job->state == JobState::queued);
  CHECK(job->created == at(7));
  CHECK_FALSE(job->started);
  CHECK(job->version == 1);
  auto claimed = other->claim("me", any, at(9));
  REQUIRE(claimed);
  REQUIRE(*claimed);
  CHECK((*claimed)->input.text == std::string("\0\xff{", 3));
  CHECK((*claimed)->job.attempt == 1);
  CHECK((*claimed)->job.started == at(9));
  CHECK((*claimed)->job.state == JobState::running);
}

TEST_CASE("jobs: the life of one that succeeds, and one that fails") {
  StoreWorld world;
  const std::string good = world.accept(job_for(ann)), bad = world.accept(job_for(ann));
  REQUIRE(world.claim()->job.id == good);
  REQUIRE(world.claim()->job.id == bad);
  CHECK_FALSE(world.claim());
  CHECK(*world.store->progress(good, "me", 0.5, "half"));
  CHECK(world.store->find(good)->fraction == 0.5);
  CHECK(world.store->find(good)->note == "half");
  const std::string bytes("re\0sult", 7);
  CHECK(*world.store->succeed(good, "me", outcome("text/plain", bytes), at(20)));
  const auto over = world.store->find(good);
  CHECK(over->state == JobState::succeeded);
  CHECK(over->ended == at(20));
  REQUIRE(over->result);
  CHECK(over->result->bytes == 7);
  CHECK(over->result->media_type == "text/plain");
  CHECK(over->result->sha256.size() == 64);
  CHECK(world.store->result(good)->text == bytes);
  CHECK(over->version > 3);

  Problem problem = Problem::of(CRANK_INVALID, "no");
  problem.code = "TOO_BAD";
  problem.fields = {{"/a", "is odd"}};
  problem.details = "{}";
  CHECK(*world.store->fail(bad, "me", JobState::failed, problem, at(21)));
  const auto failed = world.store->find(bad);
  REQUIRE(failed->problem);
  CHECK(failed->problem->code == "TOO_BAD");
  CHECK(failed->problem->http_status == 422);
  CHECK(failed->problem->fields.at(0).message == "is odd");
  CHECK(failed->problem->details == "{}");
  CHECK(world.store->result(bad).error().http_status == 404);
  // It is over: nobody changes it any more.
  CHECK_FALSE(*world.store->succeed(bad, "me", outcome("text/plain", "x"), at(22)));
  CHECK_FALSE(*world.store->progress(good, "me", 1, ""));
  CHECK_FALSE(*world.store->give_back(good, "me", true, at(22)));
  CHECK(world.store->cancel(good, at(22))->state == JobState::succeeded);
}

TEST_CASE("jobs: only its owner says anything of a running job") {
  StoreWorld world;
  const std::string id = world.accept(job_for(ann));
  REQUIRE(world.claim("me"));
  CHECK_FALSE(*world.store->succeed(id, "another", outcome("text/plain", "x"), at(1)));
  CHECK_FALSE(*world.store->fail(id, "", JobState::failed, Problem::of(CRANK_INTERNAL, "x"), at(1)));
  CHECK_FALSE(*world.store->progress(id, "another", 1, ""));
  CHECK_FALSE(*world.store->give_back(id, "another", true, at(1)));
  CHECK(world.state(id) == JobState::running);
  CHECK(world.store->find("0123456789abcdef0123456789abcdef").error().http_status == 404);
  CHECK(world.store->cancel("'; DROP TABLE jobs; --", at(1)).error().http_status == 404);
}

TEST_CASE("jobs: a key gives the first job again, to its caller alone, and for so long") {
  StoreWorld world;
  NewJob job = job_for(ann, "{\"a\":1}");
  job.idempotency_key = "k";
  const std::string id = world.accept(job, at(0));
  const auto again = world.store->accept(job, at(10));
  REQUIRE(again);
  CHECK(again->replayed);
  CHECK(again->job.id == id);

  NewJob other = job;
  other.input = std::string("{\"a\":2}");
  CHECK(world.store->accept(other, at(10)).error().http_status == 422);
  other = job;
  other.operation = "c.d";
  CHECK(world.store->accept(other, at(10)).error().code == "IDEMPOTENCY_KEY_REUSED");
  other = job;
  other.caller = bob;
  const auto bobs = world.store->accept(other, at(10));
  REQUIRE(bobs);
  CHECK_FALSE(bobs->replayed);
  CHECK(bobs->job.id != id);

  const auto later = world.store->accept(job, at(3'600'000));
  REQUIRE(later);
  CHECK_FALSE(later->replayed);
}

TEST_CASE("jobs: a refused job leaves its key free") {
  JobLimits limits;
  limits.most_jobs_of_one = 1;
  StoreWorld world(limits);
  const std::string first = world.accept(job_for(ann));
  NewJob job = job_for(ann);
  job.idempotency_key = "k";
  CHECK(world.store->accept(job, at(0)).error().http_status == 429);
  REQUIRE(world.claim());
  REQUIRE(*world.store->succeed(first, "me", outcome({}, ""), at(1)));
  const auto now = world.store->accept(job, at(2));
  REQUIRE(now);
  CHECK_FALSE(now->replayed);
}

TEST_CASE("jobs: a store takes so many, so long, and so many of one") {
  JobLimits limits;
  limits.most_jobs = 3;
  limits.most_jobs_of_one = 2;
  limits.most_bytes = 10;
  StoreWorld world(limits);
  world.accept(job_for(ann, "1234"));
  CHECK(world.store->accept(job_for(ann, "1234567"), at(0)).error().http_status == 429);              // too long in all
  CHECK(world.store->accept(job_for(ann, std::string(1000, 'x')), at(0)).error().http_status == 413); // by itself
  world.accept(job_for(ann, "12"));
  CHECK(world.store->accept(job_for(ann, ""), at(0)).error().http_status == 429); // too many of ann's
  const std::string third = world.accept(job_for(bob, ""));
  CHECK(world.store->accept(job_for({}, ""), at(0)).error().http_status == 429); // too many
  CHECK(world.store->accept(job_for({}, ""), at(0)).error().retry_after);
  CHECK(world.store->cancel(third, at(1))->state == JobState::cancelled);
  world.accept(job_for({}, "")); // what is over does not count
}

TEST_CASE("jobs: callers take turns, each in its own order") {
  StoreWorld world;
  std::vector<std::string> anns;
  for (int i = 0; i < 4; ++i) anns.push_back(world.accept(job_for(ann)));
  const std::string bobs = world.accept(job_for(bob));
  CHECK(world.claim()->job.id == anns[0]);
  CHECK(world.claim()->job.id == bobs);
  CHECK(world.claim()->job.id == anns[1]);
  const std::string later = world.accept(job_for(bob));
  REQUIRE(*world.store->succeed(bobs, "me", outcome({}, ""), at(9)));
  CHECK(world.claim()->job.id == later);
  CHECK(world.claim()->job.id == anns[2]);
}

TEST_CASE("jobs: one for which there is no room does not hold up others") {
  StoreWorld world;
  world.accept(job_for(ann));
  NewJob other = job_for(ann);
  other.operation = "c.d";
  const std::string id = world.accept(other);
  const auto claimed = world.store->claim(
      "me", [](std::string_view operation) { return operation == "c.d"; }, at(0));
  REQUIRE(claimed);
  REQUIRE(*claimed);
  CHECK((*claimed)->job.id == id);
  CHECK_FALSE(*world.store->claim(
      "me", [](std::string_view) { return false; }, at(0)));
}

TEST_CASE("jobs: one that waits is cancelled at once, one that runs is asked for") {
  StoreWorld world;
  const std::string runs = world.accept(job_for(ann)), waits = world.accept(job_for(ann));
  REQUIRE(world.claim());
  CHECK(world.store->cancel(waits, at(3))->state == JobState::cancelled);
  CHECK(world.store->find(waits)->ended == at(3));
  CHECK(world.store->cancel_requests("me")->empty());
  CHECK(world.store->cancel(runs, at(4))->cancel_requested);
  CHECK(world.state(runs) == JobState::running);
  CHECK(*world.store->cancel_requests("me") == std::vector<std::string>{runs});
  CHECK(world.store->cancel_requests("another")->empty());
  CHECK(*world.store->fail(runs, "me", JobState::cancelled, Problem::of(CRANK_CANCELLED, "x"), at(5)));
  CHECK(world.store->cancel_requests("me")->empty());
  CHECK_FALSE(world.claim());
}

TEST_CASE("jobs: what is given back waits again, where it may be repeated and nobody wants it ended") {
  StoreWorld world;
  const std::string repeats = world.accept(job_for(ann, "{}", true)), once = world.accept(job_for(ann)),
                    unwanted = world.accept(job_for(ann, "{}", true));
  for (int i = 0; i < 3; ++i) REQUIRE(world.claim());
  REQUIRE(world.store->cancel(unwanted, at(1)));
  for (const std::string& id : {repeats, once, unwanted}) CHECK(*world.store->give_back(id, "me", true, at(2)));
  CHECK(world.state(repeats) == JobState::queued);
  CHECK(world.state(once) == JobState::interrupted);
  CHECK(world.store->find(once)->problem->http_status == 503);
  CHECK(world.state(unwanted) == JobState::cancelled);
  const auto again = world.claim();
  REQUIRE(again);
  CHECK(again->job.id == repeats);
  CHECK(again->job.attempt == 2);
}

TEST_CASE("jobs: one that had not begun waits again, and it was no attempt") {
  StoreWorld world;
  const std::string once = world.accept(job_for(ann));
  REQUIRE(world.claim());
  CHECK(*world.store->give_back(once, "me", false, at(2)));
  const auto job = world.store->find(once);
  CHECK(job->state == JobState::queued);
  CHECK_FALSE(job->ended);
  const auto again = world.claim();
  REQUIRE(again);
  CHECK(again->job.attempt == 1);
  CHECK(again->input.text == "{}");
}

TEST_CASE("jobs: one that loses its process again and again is not run for ever") {
  JobLimits limits;
  limits.most_losses = 2;
  StoreWorld world(limits);
  const std::string poison = world.accept(job_for(ann, "{}", true));
  const auto lose = [&] {
    REQUIRE(world.claim("dead"));
    REQUIRE(world.store->recover([](std::string_view) { return false; }, at(9)));
  };
  lose();
  CHECK(world.state(poison) == JobState::queued);
  lose();
  const auto over = world.store->find(poison);
  CHECK(over->state == JobState::interrupted);
  CHECK(over->ended == at(9));
  REQUIRE(over->problem);
  CHECK(over->problem->code == "WORKER_LOST");
  // A stop of the host is no loss.
  const std::string stopped = world.accept(job_for(ann, "{}", true));
  for (int i = 0; i < 5; ++i) {
    REQUIRE(world.claim());
    CHECK(*world.store->give_back(stopped, "me", true, at(2)));
  }
  CHECK(world.state(stopped) == JobState::queued);
}

TEST_CASE("jobs: what cannot be kept is never kept in part") {
  StoreWorld world;
  sqlite::Database database;
  REQUIRE(database.open(world.scratch.path() / "other.db", std::chrono::seconds(1)) == 0);
  REQUIRE(database.execute("CREATE TABLE t (b BLOB)") == 0);
  const std::string long_text(1'000'000'001, 'x'); // beyond SQLite's SQLITE_MAX_LENGTH
  CHECK(sqlite::is_error(database.prepare("INSERT INTO t VALUES (?)").bind_bytes(long_text).run()));
  auto rows = database.prepare("SELECT count(*) FROM t");
  REQUIRE(rows.step());
  CHECK(rows.integer(0) == 0);
}

TEST_CASE("jobs: a store of the first version is brought up with what is in it") {
  ScratchDirectory scratch;
  {
    sqlite::Database old;
    REQUIRE(old.open(scratch.path() / "jobs.db", std::chrono::seconds(1)) == 0);
    std::int64_t version = 0;
    REQUIRE_FALSE(sqlite::is_error(migrate_job_store(old, version, 1)));
    std::string made;
    made += "INSERT INTO jobs (id, operation, whose, caller_kind, caller_subject, caller_scopes, caller_address, "
            "request_id, traceparent, content_type, input, input_bytes, repeatable, created) VALUES "
            "('0123456789abcdef0123456789abcdef', 'a.b', '2:ann', 2, 'ann', '', '', 'r', '', '', x'7b7d', 2, 0, 1);";
    REQUIRE_FALSE(sqlite::is_error(old.execute(made.c_str())));
  }
  const auto store = SqliteJobStore::open(scratch.path(), {});
  REQUIRE(store);
  const auto claimed = (*store)->claim("me", any, at(5));
  REQUIRE(claimed);
  REQUIRE(*claimed);
  CHECK((*claimed)->input.text == "{}");
  CHECK(*(*store)->succeed((*claimed)->job.id, "me", outcome("text/plain", "x"), at(6)));
  CHECK(SqliteJobStore::open(scratch.path(), {}));
}

TEST_CASE("jobs: lists are filtered and paged, the newest first") {
  StoreWorld world;
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(world.accept(job_for(i == 2 ? bob : ann)));
  REQUIRE(world.claim());
  const auto listed = [&](const JobFilter& filter) {
    std::vector<std::string> found;
    const auto jobs = world.store->list(filter);
    REQUIRE(jobs);
    for (const Job& job : *jobs) found.push_back(job.id);
    return found;
  };
  JobFilter filter;
  CHECK(listed(filter) == std::vector<std::string>(ids.rbegin(), ids.rend()));
  filter.most = 2;
  CHECK(listed(filter) == std::vector<std::string>{ids[4], ids[3]});
  filter.before = ids[3];
  CHECK(listed(filter) == std::vector<std::string>{ids[2], ids[1]});
  filter = {};
  filter.of = &bob;
  CHECK(listed(filter) == std::vector<std::string>{ids[2]});
  filter = {};
  filter.state = JobState::running;
  CHECK(listed(filter) == std::vector<std::string>{ids[0]});
  filter.operation = "no.such";
  CHECK(listed(filter).empty());
  filter = {};
  filter.before = "no such id";
  CHECK(listed(filter).empty());
}

TEST_CASE("jobs: what is over is forgotten in time, and what is not over never") {
  StoreWorld world;
  const std::string first = world.accept(job_for(ann)), second = world.accept(job_for(ann)),
                    waits = world.accept(job_for(ann));
  for (const std::string& id : {first, second}) {
    REQUIRE(world.claim());
    REQUIRE(*world.store->succeed(id, "me", outcome({}, ""), at(id == first ? 10 : 20)));
  }
  CHECK(*world.store->forget(at(10), at(100), 10) == 0);
  CHECK(*world.store->forget(at(11), at(100), 10) == 1);
  CHECK(world.store->find(first).error().http_status == 404);
  CHECK(*world.store->forget(at(1'000'000), at(1'000'000), 10) == 1);
  CHECK(world.state(waits) == JobState::queued);
}

TEST_CASE("jobs: a store that cannot be used says what to do") {
  ScratchDirectory scratch;
  const auto message = [&](const std::filesystem::path& directory) {
    const auto store = SqliteJobStore::open(directory, {});
    return store ? std::string("opened") : store.error().message;
  };
  CHECK(message(scratch.path() / "missing").find("its directory must be there") != std::string::npos);
  {
    std::ofstream(scratch.path() / "jobs.db") << std::string(5000, 'x');
    CHECK(message(scratch.path()).find("it is damaged: restore it, or move it away") != std::string::npos);
    std::filesystem::remove(scratch.path() / "jobs.db");
  }
  {
    sqlite::Database later;
    REQUIRE(later.open(scratch.path() / "jobs.db", std::chrono::seconds(1)) == 0);
    REQUIRE(later.execute("PRAGMA user_version = 7") == 0);
  }
  CHECK(message(scratch.path()).find("was written by a later crank-host (its version is 7, this one knows ") !=
        std::string::npos);
  std::filesystem::remove(scratch.path() / "jobs.db");
  std::filesystem::create_symlink(scratch.path() / "elsewhere", scratch.path() / "jobs.db");
  CHECK(message(scratch.path()).find("cannot be opened") != std::string::npos); // nobody leads us elsewhere
  std::filesystem::remove(scratch.path() / "jobs.db");
  CHECK(message(scratch.path()) == "opened");
  struct stat found {};
  for (const char* name : {"jobs.db", "jobs.db-wal"}) {
    if (::stat((scratch.path() / name).c_str(), &found) == 0) CHECK((found.st_mode & 0777) == 0600);
  }
}

TEST_CASE("jobs: a full disk is a 507, and what was accepted before stays") {
  StoreWorld world;
  const std::string id = world.accept(job_for(ann));
  // A limit of the size of files stands for the disk.
  struct stat file {};
  REQUIRE(::stat((world.scratch.path() / "jobs.db-wal").c_str(), &file) == 0);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{static_cast<rlim_t>(file.st_size) + 100, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);
  const auto refused = world.store->accept(job_for(ann, std::string(100'000, 'x')), at(1));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().http_status == 507);
  CHECK(world.state(id) == JobState::queued);
  CHECK(world.store->accept(job_for(ann, std::string(100'000, 'x')), at(2))); // there is room again
}
