// The parts of the supervisor that decide: when to restart, what to think of a canary, which file has changed.
#include "catch.hpp"

#include "os/file_stamp.hpp"
#include "supervisor/canary.hpp"
#include "supervisor/file_watch.hpp"
#include "supervisor/restart_policy.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace crank;
using std::chrono::milliseconds;

TEST_CASE("generations that never serve are retried more slowly, and the breaker opens") {
  RestartPolicy policy;
  const auto now = std::chrono::steady_clock::now();
  std::vector<long> pauses;
  for (int i = 0; i < 7; ++i) pauses.push_back(static_cast<long>(policy.failed(false, now).count()));
  CHECK(pauses == std::vector<long>{0, 50, 100, 200, 400, 10'000, 10'000});
  CHECK(policy.breaker_open());
  SECTION("a reload starts anew") {
    policy.reset();
    CHECK_FALSE(policy.breaker_open());
    CHECK(policy.failed(false, now) == milliseconds(0));
  }
  SECTION("so does a generation that served") {
    CHECK(policy.failed(true, now) == milliseconds(0));
    CHECK_FALSE(policy.breaker_open());
    CHECK(policy.failed(false, now) == milliseconds(0));
  }
}

TEST_CASE("generations that serve are replaced at once, but not without end") {
  RestartPolicy policy;
  auto now = std::chrono::steady_clock::now();
  for (int i = 0; i < 120; ++i) REQUIRE(policy.failed(true, now) == milliseconds(0));
  CHECK(policy.failed(true, now) == milliseconds(0)); // the first without a budget
  CHECK(policy.failed(true, now) == milliseconds(50));
  now += RestartPolicy::refill * 2;
  CHECK(policy.failed(true, now) == milliseconds(0));
  CHECK(policy.failed(true, now) == milliseconds(0));
  CHECK(policy.failed(true, now) == milliseconds(0));
  CHECK(policy.failed(true, now) == milliseconds(50));
}

namespace {

ScoreboardCounts counts(std::uint64_t requests, std::uint64_t failures, std::size_t latency_class) {
  ScoreboardCounts counts;
  counts.requests = requests;
  counts.failures = failures;
  counts.latency[latency_class] = requests;
  return counts;
}

CanaryVerdict::Decision decision(const ScoreboardCounts& old_one, const ScoreboardCounts& new_one, bool time_is_up) {
  return judge_canary(old_one, new_one, time_is_up).decision;
}

} // namespace

TEST_CASE("what a canary's figures lead to") {
  using Decision = CanaryVerdict::Decision;
  const ScoreboardCounts good = counts(900, 0, 10);
  CHECK(decision(good, counts(100, 0, 10), false) == Decision::go_on);
  CHECK(decision(good, counts(100, 0, 10), true) == Decision::promote);
  CHECK(decision(good, counts(0, 0, 0), true) == Decision::promote);
  CHECK(decision(counts(0, 0, 0), counts(0, 0, 0), true) == Decision::promote);
  // Failures count at once if they are no chance, at the end if they hardly are, and not if the old one has as many.
  CHECK(decision(good, counts(100, 1, 10), false) == Decision::go_on);
  CHECK(decision(good, counts(100, 5, 10), false) == Decision::roll_back);
  CHECK(decision(good, counts(100, 1, 10), true) == Decision::promote);
  CHECK(decision(good, counts(100, 2, 10), true) == Decision::roll_back);
  CHECK(decision(counts(900, 45, 10), counts(100, 6, 10), true) == Decision::promote);
  CHECK(decision(counts(900, 45, 10), counts(100, 20, 10), false) == Decision::roll_back);
  CHECK(decision(counts(900'000, 45'000, 10), counts(100'000, 5'000, 10), true) == Decision::promote);
  CHECK(decision(counts(900'000, 0, 10), counts(100'000, 500, 10), false) == Decision::roll_back);
  // Too few to be cleared by.
  CHECK(decision(counts(40, 0, 10), counts(4, 4, 10), false) == Decision::roll_back);
  CHECK(decision(counts(4, 0, 10), counts(4, 4, 10), true) == Decision::roll_back);
  CHECK(decision(counts(4, 0, 10), counts(4, 1, 10), true) == Decision::roll_back);
  CHECK(decision(counts(4, 4, 10), counts(4, 4, 10), true) == Decision::promote);
  CHECK(decision(counts(0, 0, 0), counts(100, 100, 10), true) == Decision::roll_back);
  // Latency: at the end only, and only if it is remarkable.
  CHECK(decision(good, counts(100, 0, 13), false) == Decision::go_on);
  CHECK(decision(good, counts(100, 0, 13), true) == Decision::roll_back);
  CHECK(decision(good, counts(99, 0, 13), true) == Decision::promote); // too few to tell
  CHECK(decision(counts(99, 0, 10), counts(100, 0, 13), true) == Decision::promote);
  CHECK(decision(good, counts(100, 0, 12), true) == Decision::promote);              // four times is within the classes
  CHECK(decision(counts(900, 0, 5), counts(100, 0, 10), true) == Decision::promote); // 1 ms, from nothing
  CHECK(decision(counts(0, 0, 0), counts(100, 0, 20), true) == Decision::promote);   // nothing to compare with
  const std::string reason = judge_canary(good, counts(100, 5, 10), false).reason;
  CHECK_THAT(reason, Catch::Contains("100 requests, 5 failed (5.00 %)") && Catch::Contains("900 requests"));
}

TEST_CASE("the chance that a canary fails more often without being worse") {
  // Fisher's own example is four cups of eight: all right by chance once in 70, three of four 17 times in 70.
  CHECK(chance_of(counts(4, 0, 0), counts(4, 4, 0)) == Approx(1.0 / 70));
  CHECK(chance_of(counts(4, 1, 0), counts(4, 3, 0)) == Approx(17.0 / 70));
  CHECK(chance_of(counts(99, 0, 0), counts(1, 1, 0)) == Approx(0.01));
  CHECK(chance_of(counts(10, 0, 0), counts(10, 0, 0)) == 1);
  CHECK(chance_of(counts(0, 0, 0), counts(0, 0, 0)) == 1);
  CHECK(chance_of(counts(0, 0, 0), counts(10, 10, 0)) == 1);
  CHECK(chance_of(counts(3, 7, 0), counts(2, 9, 0)) <= 1); // figures that do not add up are read as far as they do
}

TEST_CASE("a file has changed when it looks different, twice") {
  const auto directory = std::filesystem::temp_directory_path() / ("crank_watch_" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const auto file = directory / "plugin.so", other = directory / "other";
  const auto write = [](const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; };
  write(file, "one");
  FileWatch watch;
  watch.set({{file, file_stamp(file)}, {other, file_stamp(other)}});
  CHECK(watch.changed().empty());
  CHECK(watch.changed().empty());
  write(file, "longer");
  CHECK(watch.changed().empty()); // it may still be written
  write(file, "longer still");
  CHECK(watch.changed().empty());
  CHECK(watch.changed() == std::vector{file});
  CHECK(watch.changed().empty());
  SECTION("a file that is away is waited for") {
    std::filesystem::remove(file);
    CHECK(watch.changed().empty());
    CHECK(watch.changed().empty());
    write(file, "back");
    CHECK(watch.changed().empty());
    CHECK(watch.changed() == std::vector{file});
  }
  SECTION("replaced by another of the same size") {
    write(directory / "next", "LONGER STILL");
    std::filesystem::rename(directory / "next", file);
    CHECK(watch.changed().empty());
    CHECK(watch.changed() == std::vector{file});
  }
  SECTION("one that was missing appears") {
    write(other, "here");
    CHECK(watch.changed().empty());
    CHECK(watch.changed() == std::vector{other});
  }
  SECTION("one that changed after the generation had read it, and before it served") {
    const std::string stamp = file_stamp(file);
    write(file, "changed");
    watch.set({{file, stamp}});
    CHECK(watch.changed().empty());
    CHECK(watch.changed() == std::vector{file});
  }
  std::filesystem::remove_all(directory);
}
