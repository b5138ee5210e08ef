// What jobs log, as SQLite keeps it: the newest lines, and how many went before.
#include "catch.hpp"

#include "jobs/sqlite_job_store.hpp"
#include "scratch.hpp"

#include <memory>

using namespace crank;
using namespace crank::test;

namespace {

JobTime at(std::int64_t milliseconds) { return JobTime(std::chrono::milliseconds(milliseconds)); }

JobLog lines(int first, int last) {
  JobLog part;
  for (int i = first; i <= last; ++i, ++part.lines) part.text.append(std::to_string(i)).append("\n");
  return part;
}

struct LogWorld {
  explicit LogWorld(std::uint64_t most_lines, std::uint64_t most_bytes = 1 << 20) {
    JobLimits limits;
    limits.most_log_lines = most_lines;
    limits.most_log_bytes = most_bytes;
    auto opened = SqliteJobStore::open(scratch.path(), limits);
    if (!opened) throw std::runtime_error(opened.error().message);
    store = *std::move(opened);
  }
  std::string accept() {
    NewJob job;
    job.operation = "a.b";
    const auto accepted = store->accept(job, at(0));
    REQUIRE(accepted);
    return accepted->job.id;
  }

  ScratchDirectory scratch;
  std::unique_ptr<SqliteJobStore> store;
};

} // namespace

TEST_CASE("job logs: each job's own, in their order") {
  LogWorld world(1000);
  const std::string one = world.accept(), other = world.accept();
  CHECK(*world.store->append_log(one, lines(1, 2)));
  CHECK(*world.store->append_log(other, lines(7, 7)));
  CHECK(*world.store->append_log(one, lines(3, 3)));
  const auto log = world.store->log(one);
  REQUIRE(log);
  CHECK(log->text == "1\n2\n3\n");
  CHECK(log->lines == 3);
  CHECK(log->dropped == 0);
  CHECK(world.store->log(other)->text == "7\n");
  CHECK_FALSE(*world.store->append_log(std::string(32, '0'), lines(1, 1)));
  CHECK(world.store->log(std::string(32, '0'))->text.empty());
}

TEST_CASE("job logs: the oldest lines go, and are counted") {
  LogWorld world(5);
  const std::string id = world.accept();
  for (int i = 1; i <= 20; ++i) CHECK(*world.store->append_log(id, lines(i, i)));
  CHECK(world.store->log(id)->text == "16\n17\n18\n19\n20\n");
  CHECK(world.store->log(id)->dropped == 15);
  CHECK(*world.store->append_log(id, lines(21, 23))); // of a part, too
  CHECK(*world.store->append_log(id, lines(24, 25)));
  CHECK(world.store->log(id)->text == "21\n22\n23\n24\n25\n");
  CHECK(*world.store->append_log(id, lines(26, 26)));
  CHECK(world.store->log(id)->text == "22\n23\n24\n25\n26\n");
  CHECK(world.store->log(id)->dropped == 21);
  JobLog late = lines(40, 41);
  late.dropped = 13; // not even handed over
  CHECK(*world.store->append_log(id, late));
  CHECK(world.store->log(id)->text == "24\n25\n26\n40\n41\n");
  CHECK(world.store->log(id)->dropped == 23 + 13);
}

TEST_CASE("job logs: their bytes are bounded") {
  LogWorld world(1000, 100);
  const std::string id = world.accept();
  for (int i = 0; i < 10; ++i) {
    JobLog part;
    part.text = std::string(30, static_cast<char>('a' + i)) + "\n";
    part.lines = 1;
    CHECK(*world.store->append_log(id, part));
  }
  const auto log = world.store->log(id);
  CHECK(log->text.size() == 93);
  CHECK(log->lines == 3);
  CHECK(log->dropped == 7);
}

TEST_CASE("job logs: they go with their job") {
  LogWorld world(1000);
  const std::string id = world.accept();
  CHECK(*world.store->append_log(id, lines(1, 2)));
  REQUIRE(world.store->cancel(id, at(1)));
  CHECK(*world.store->forget(at(10), at(10), 100) == 1);
  sqlite::Database database;
  REQUIRE(database.open(world.scratch.path() / "jobs.db", std::chrono::seconds(1)) == 0);
  sqlite::Statement count = database.prepare("SELECT count(*) FROM logs");
  REQUIRE(count.step());
  CHECK(count.integer(0) == 0);
}
