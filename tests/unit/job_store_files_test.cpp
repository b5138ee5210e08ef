// What jobs keep as files, and who loses his when there is no more room.
#include "job_store_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sys/stat.h>

using namespace crank;
using namespace crank::test;

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
