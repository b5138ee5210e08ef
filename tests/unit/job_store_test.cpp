// JobStore as SQLite keeps it: what was accepted is there, whatever ends; nobody else's jobs; no job twice.
#include "catch.hpp"

#include "base/digest.hpp"
#include "jobs/job_owner.hpp"
#include "jobs/sqlite_job_store.hpp"
#include "jobs/sqlite_migrations.hpp"
#include "scratch.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace crank;
using namespace crank::test;

namespace {

JobTime at(std::int64_t milliseconds) { return JobTime(std::chrono::milliseconds(milliseconds)); }

const Caller ann{CallerKind::token, "ann", "", ""};
const Caller bob{CallerKind::token, "bob", "", ""};

NewJob job_for(const Caller& caller, JobBytes input = std::string("{}"), bool repeatable = false) {
  NewJob job;
  job.operation = "a.b";
  job.caller = caller;
  job.content_type = "application/json";
  job.request_id = "r";
  job.input = std::move(input);
  job.repeatable = repeatable;
  return job;
}

JobOutcome outcome(std::string media_type, std::string result) {
  return {std::move(media_type), std::move(result), {}};
}

std::string text_of(const StoredBytes& bytes) {
  if (!bytes.file) return bytes.text;
  std::string text(bytes.size, '\0');
  REQUIRE(::pread(bytes.file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  return text;
}

bool any(std::string_view) { return true; }

struct StoreWorld {
  explicit StoreWorld(JobLimits given = {}) : limits(given), store(open()) {}
  std::unique_ptr<SqliteJobStore> open() const {
    auto opened = SqliteJobStore::open(scratch.path(), limits);
    if (!opened) throw std::runtime_error(opened.error().message);
    return *std::move(opened);
  }
  std::string accept(const NewJob& job, JobTime now = at(0)) {
    const auto accepted = store->accept(job, now);
    REQUIRE(accepted);
    return accepted->job.id;
  }
  std::optional<ClaimedJob> claim(std::string_view owner = "me") {
    auto claimed = store->claim(owner, any, at(5));
    REQUIRE(claimed);
    return *std::move(claimed);
  }
  // As a door collects them.
  JobBytes bytes(std::string_view text) {
    JobBytesWriter writer([this] { return store->make_file("me"); });
    REQUIRE_FALSE(writer.append(text.substr(0, 1000)));
    if (text.size() > 1000) REQUIRE_FALSE(writer.append(text.substr(1000)));
    auto finished = writer.finish();
    REQUIRE(finished);
    return *std::move(finished);
  }
  Artifact artifact(const std::string& name, const std::string& text) {
    auto file = store->make_file("me");
    REQUIRE(file);
    REQUIRE_FALSE(file->write(text));
    return {{name, "text/plain", "", false, text.size(), sha256_hex(text)},
            std::make_shared<ScratchFile>(*std::move(file))};
  }
  JobState state(const std::string& id) { return store->find(id)->state; }

  ScratchDirectory scratch;
  JobLimits limits;
  std::unique_ptr<SqliteJobStore> store;
};

} // namespace

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

TEST_CASE("jobs: what is long lies in files, and goes with its job") {
  StoreWorld world;
  const auto files = [&] {
    std::set<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(world.scratch.path() / "files"))
      names.insert(file.path().filename().string());
    return names;
  };
  const std::string input(JobBytesWriter::in_memory + 1, 'i'), result(3 * JobBytesWriter::in_memory, 'r');
  const std::string id = world.accept(job_for(ann, world.bytes(input)));
  CHECK(files().size() == 1);
  struct stat facts {};
  REQUIRE(::stat((world.scratch.path() / "files" / *files().begin()).c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);

  auto claimed = world.claim();
  REQUIRE(claimed);
  CHECK(claimed->input.size == input.size());
  CHECK(text_of(claimed->input) == input);

  JobOutcome left{"text/plain", world.bytes(result), {}};
  for (const std::string name : {"b.pdf", "a \xc3\xa9.txt"})
    left.artifacts.push_back(world.artifact(name, "of " + name));
  REQUIRE(*world.store->succeed(id, "me", left, at(10)));
  left = {};
  CHECK(files().size() == 3); // the input is gone
  const auto other = world.open();
  const auto job = other->find(id);
  REQUIRE(job);
  CHECK(job->result->bytes == result.size());
  CHECK(job->result->sha256 == sha256_hex(result));
  REQUIRE(job->artifacts.size() == 2);
  CHECK(job->artifacts[0].name == "b.pdf"); // as they came
  CHECK(job->artifacts[1].sha256 == sha256_hex("of " + job->artifacts[1].name));
  CHECK(other->list({})->front().artifacts.size() == 2);
  CHECK(other->changed({{id, 1}})->jobs.front().artifacts.size() == 2);
  CHECK(other->changed({{id, 99}})->jobs.empty());
  CHECK(other->changed({{std::string(32, '0'), 1}})->gone.size() == 1);
  CHECK(text_of(*other->result(id)) == result);
  CHECK(text_of(*other->artifact(id, "a \xc3\xa9.txt")) == "of a \xc3\xa9.txt");
  CHECK(other->artifact(id, "../jobs.db").error().http_status == 404);

  SECTION("forgotten by age") { CHECK(*world.store->forget(at(11), at(11), 10) == 1); }
  SECTION("forgotten by size") {
    CHECK(*world.store->forget_beyond(1, 10) == 0); // the newest stays, whatever it leaves
    const std::string newer = world.accept(job_for(ann));
    REQUIRE(world.claim());
    REQUIRE(*world.store->succeed(newer, "me", outcome({}, ""), at(10)));
    CHECK(*world.store->forget_beyond(result.size() + 4000, 10) == 0);
    CHECK(*world.store->forget_beyond(result.size(), 10) == 1);
  }
  CHECK(files().empty());
  CHECK(world.store->find(id).error().http_status == 404);
}

TEST_CASE("jobs: what waits for its callback pushes nothing else out, and has a limit itself") {
  JobLimits limits;
  limits.most_bytes = 10'000;
  StoreWorld world(limits);
  const auto end = [&](NewJob job, int when) {
    const std::string id = world.accept(job);
    REQUIRE(world.claim());
    REQUIRE(*world.store->succeed(id, "me", outcome("text/plain", std::string(4000, 'r')), at(when)));
    return id;
  };
  NewJob dead = job_for(ann);
  dead.callback_url = "https://receiver.example/";
  for (int i = 0; i < 2; ++i) end(dead, 10 + i);
  const std::string first = end(job_for(bob), 20);
  end(job_for(bob), 21);
  CHECK(*world.store->forget_beyond(limits.most_bytes + 1000, 10) == 0);
  CHECK(world.store->find(first));
  CHECK(world.store->accept(dead, at(23)).error().http_status == 429);
  CHECK(world.store->accept(job_for(ann), at(23)));
}

TEST_CASE("jobs: who leaves much pushes out what is his own, not what others left") {
  StoreWorld world;
  const auto end = [&](const Caller& who, int when) {
    const std::string id = world.accept(job_for(who));
    REQUIRE(world.claim());
    REQUIRE(*world.store->succeed(id, "me", outcome("text/plain", std::string(4000, 'r')), at(when)));
    return id;
  };
  const std::string old = end(bob, 10), first = end(ann, 11), second = end(ann, 12);
  for (int i = 0; i < 3; ++i) end(ann, 13 + i);
  CHECK(*world.store->forget_beyond(27'000, 10) == 1);
  CHECK_FALSE(world.store->find(first));
  CHECK(*world.store->forget_beyond(22'000, 10) == 1);
  CHECK_FALSE(world.store->find(second));
  CHECK(world.store->find(old));
  CHECK(*world.store->forget_beyond(0, 10) == 3); // the newest stays
}

TEST_CASE("jobs: what each caller left is counted, also in a store of an older version") {
  StoreWorld world;
  const auto end = [&](const Caller& who, int when) {
    world.accept(job_for(who));
    const auto claimed = world.claim();
    REQUIRE(claimed);
    REQUIRE(
        *world.store->succeed(claimed->job.id, "me", {"text/plain", "r", {world.artifact("a", "bytes")}}, at(when)));
  };
  for (int i = 0; i < 3; ++i) end(ann, 10 + i);
  for (int i = 0; i < 2; ++i) end(bob, 20 + i);
  sqlite::Database database;
  REQUIRE(database.open(world.scratch.path() / "jobs.db", std::chrono::seconds(1)) == 0);
  const auto sums = [&](const char* sql) {
    std::map<std::string, std::int64_t> found;
    auto rows = database.prepare(sql);
    while (rows.step()) found[rows.text(0)] = rows.integer(1);
    return found;
  };
  const auto counted = [&] { return sums("SELECT whose, bytes FROM shares"); };
  const auto summed = [&] { return sums("SELECT whose, sum(kept_bytes) FROM jobs GROUP BY whose"); };
  CHECK(counted().size() == 2);
  CHECK(counted() == summed());
  SECTION("and less when some are forgotten") {
    REQUIRE(*world.store->forget_beyond(0, 2) == 2);
    CHECK(counted().size() == 2);
    REQUIRE(*world.store->forget_beyond(0, 10) == 2);
    CHECK(counted().size() == 1);
  }
  SECTION("and from the beginning by a migration") {
    world.store.reset();
    REQUIRE(database.execute("DROP TABLE shares; DROP TRIGGER share_more; DROP TRIGGER share_less; DROP INDEX over_of; "
                             "PRAGMA user_version = 4") == 0);
    world.store = world.open();
    CHECK(counted().size() == 2);
  }
  CHECK(counted() == summed());
}

TEST_CASE("jobs: many that leave nothing are bounded by size as well") {
  StoreWorld world;
  for (int i = 0; i < 10; ++i) {
    const std::string id = world.accept(job_for(ann));
    REQUIRE(world.claim());
    if (i % 3 == 0) REQUIRE(*world.store->succeed(id, "me", outcome({}, ""), at(10 + i)));
    if (i % 3 == 1)
      REQUIRE(*world.store->fail(id, "me", JobState::failed, Problem::of(CRANK_INVALID, "no"), at(10 + i)));
    if (i % 3 == 2) REQUIRE(world.store->give_back(id, "me", true, at(10 + i)));
  }
  CHECK(*world.store->forget_beyond(20 * 1024, 100) == 0);
  const auto forgotten = world.store->forget_beyond(5 * 1024, 100);
  REQUIRE(forgotten);
  CHECK(*forgotten >= 5);
  CHECK(*forgotten < 10);
  CHECK(world.store->list({})->size() == 10 - *forgotten);
  CHECK(*world.store->forget_beyond(0, 100) == 9 - *forgotten); // the newest stays
}

TEST_CASE("jobs: a file that somebody removed is said to be gone, and a job without its input is not run without it") {
  StoreWorld world;
  const auto remove_all = [&] {
    for (const auto& file : std::filesystem::directory_iterator(world.scratch.path() / "files"))
      std::filesystem::remove(file.path());
  };
  const std::string lost = world.accept(job_for(ann, world.bytes(std::string(JobBytesWriter::in_memory + 1, 'i'))));
  remove_all();
  const auto claimed = world.claim();
  REQUIRE(claimed);
  REQUIRE(claimed->input.lost);
  CHECK(claimed->input.lost->http_status == 410);
  JobOutcome left{"text/plain", std::string("r"), {world.artifact("a", "b")}};
  REQUIRE(*world.store->succeed(lost, "me", left, at(10)));
  left = {};
  remove_all();
  CHECK(world.store->artifact(lost, "a").error().http_status == 410);
  CHECK(*world.store->forget(at(11), at(11), 10) == 1);
}

TEST_CASE("jobs: a file that no job came to have goes with the process that made it") {
  StoreWorld world;
  const auto files = world.scratch.path() / "files";
  const std::string dead(32, 'd'), alive(32, 'a');
  for (const std::string& owner : {dead, alive}) std::ofstream(files / (owner + ".99")) << "x";
  auto kept = world.store->make_file(dead);
  REQUIRE(kept);
  NewJob job = job_for(ann);
  job.input.file = std::make_shared<ScratchFile>(*std::move(kept));
  const auto path = job.input.file->path();
  world.accept(job);
  job = {};
  world.store->sweep([&](std::string_view owner) { return owner == alive; });
  CHECK_FALSE(std::filesystem::exists(files / (dead + ".99")));
  CHECK(std::filesystem::exists(files / (alive + ".99")));
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("jobs: a refused job leaves no file, and a key knows a long input again") {
  JobLimits limits;
  limits.most_jobs = 1;
  StoreWorld world(limits);
  const std::string input(JobBytesWriter::in_memory + 1, 'i');
  NewJob first = job_for(ann, world.bytes(input));
  first.idempotency_key = "k";
  const std::string id = world.accept(first);
  {
    NewJob again = job_for(ann, world.bytes(input));
    again.idempotency_key = "k";
    const auto replayed = world.store->accept(again, at(1));
    REQUIRE(replayed);
    CHECK(replayed->replayed);
    CHECK(replayed->job.id == id);
    NewJob changed = job_for(ann, world.bytes(input + "j"));
    changed.idempotency_key = "k";
    CHECK(world.store->accept(changed, at(1)).error().http_status == 422);
    CHECK(world.store->accept(job_for(ann, world.bytes(input)), at(1)).error().http_status == 429);
  }
  const auto files = std::filesystem::directory_iterator(world.scratch.path() / "files");
  CHECK(std::distance(begin(files), end(files)) == 1);
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
