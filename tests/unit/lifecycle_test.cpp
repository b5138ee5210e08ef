// The life cycle of generations, without any process: what happens goes in, what is to be done comes out.
#include "catch.hpp"

#include "supervisor/lifecycle.hpp"

using namespace crank;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

// What a step says, in one word or two.
struct Words {
  std::string operator()(const step::Spawn& spawn) const {
    return "spawn " + std::to_string(spawn.number) + (spawn.alone ? " alone" : "");
  }
  std::string operator()(const step::Open& open) const { return "open " + std::to_string(open.number); }
  std::string operator()(const step::Drain& drain) const {
    return (drain.retire ? "retire " : "stop ") + std::to_string(drain.number);
  }
  std::string operator()(const step::Kill& kill) const { return "kill " + std::to_string(kill.number); }
  std::string operator()(const step::Divert& divert) const {
    return "divert " + std::to_string(divert.from) + " to " + std::to_string(divert.to);
  }
  std::string operator()(const step::Lead& lead) const { return "lead " + std::to_string(lead.number); }
  std::string operator()(const step::Follow& follow) const { return "follow " + std::to_string(follow.number); }
  std::string operator()(const step::CanaryJudged& judged) const {
    return judged.verdict.decision == CanaryVerdict::Decision::promote ? "promoted" : "rolled back";
  }
  std::string operator()(const step::Serves& serves) const {
    return (serves.first ? "serves first " : "serves ") + std::to_string(serves.number);
  }
  std::string operator()(const step::Settled& settled) const {
    return (settled.failure ? "failed " : "settled ") + std::to_string(settled.number);
  }
  std::string operator()(const step::Backoff&) const { return "backoff"; }
  std::string operator()(const step::Abandon& abandon) const { return "abandon " + std::to_string(abandon.number); }
  std::string operator()(const step::Finish& finish) const { return "finish " + std::to_string(finish.exit_code); }
};

std::string words(const Steps& steps) {
  std::string text;
  for (const Step& step : steps) text += (text.empty() ? "" : ", ") + std::visit(Words(), step);
  return text;
}

// A supervisor's life cycle and its clock.
struct Life {
  steady_clock::time_point now{seconds(1000)};
  std::map<std::uint64_t, ScoreboardCounts> counts;
  Lifecycle lifecycle{{seconds(30), seconds(5), seconds(60)}, [this](std::uint64_t number) { return counts[number]; }};

  // Generation 1 serves.
  void begin() {
    lifecycle.first(now);
    REQUIRE(ready(1) == "open 1, serves first 1, lead 1, settled 1");
  }
  std::string attempt(std::optional<CanaryPlan> canary = {}, bool upgrade = false) {
    auto steps = lifecycle.attempt("reload", canary, upgrade, now);
    return steps ? words(*steps) : "refused: " + steps.error().message;
  }
  std::string ready(std::uint64_t number) { return words(lifecycle.ready(number, now)); }
  std::string follows(std::uint64_t number) { return words(lifecycle.following(number, now)); }
  std::string exits(std::uint64_t number, int code = 0) {
    return words(lifecycle.ended(number, {{"it ended", code == 0 ? 1 : code}, false, code}, now));
  }
  std::string crashes(std::uint64_t number) {
    return words(lifecycle.ended(number, {{"it crashed", 3}, true, 0}, now));
  }
  std::string after(steady_clock::duration time) {
    now += time;
    return words(lifecycle.at(now));
  }
  GenerationState state(std::uint64_t number) const { return lifecycle.find(number)->state; }
};

constexpr CanaryPlan half{500, seconds(10)};

} // namespace

TEST_CASE("a first generation that cannot serve ends the supervisor with its reason") {
  Life life;
  life.lifecycle.first(life.now);
  SECTION("it ends") {
    const Steps steps = life.lifecycle.ended(1, {{"no such plugin", 3}, false, 3}, life.now);
    REQUIRE(words(steps) == "finish 3");
    CHECK(std::get<step::Finish>(steps[0]).failure->message == "no such plugin");
  }
  SECTION("it is not ready in time: it is killed, and its end counts") {
    CHECK(life.after(milliseconds(29'999)).empty());
    CHECK(life.after(milliseconds(1)) == "kill 1");
    CHECK(life.lifecycle.find(1)->condemned_for == "it was not ready within 30 s");
    CHECK(life.ready(1).empty()); // too late
    CHECK(life.crashes(1) == "finish 3");
  }
  SECTION("it does not go although it is killed") {
    CHECK(life.after(seconds(30)) == "kill 1");
    CHECK(life.after(Lifecycle::kill_time) == "abandon 1, finish 1");
  }
}

TEST_CASE("a generation takes over when it is ready, and the former one retires") {
  Life life;
  life.begin();
  CHECK_FALSE(life.lifecycle.next_deadline());
  CHECK(life.attempt() == "spawn 2");
  CHECK(life.attempt() == "refused: generation 2 is being tried already; wait for it");
  CHECK(life.ready(1).empty()); // said once
  CHECK(life.ready(7).empty()); // nobody
  CHECK(life.ready(2) == "open 2, follow 1, retire 1, serves 2, settled 2");
  CHECK(life.lifecycle.active() == 2);
  CHECK(life.state(1) == GenerationState::retiring);
  CHECK(life.lifecycle.counters().swaps == 1);
  CHECK(life.follows(1) == "lead 2");
  SECTION("it ends in order") { CHECK(life.exits(1).empty()); }
  SECTION("it does not end: it is killed when its time is up, and the other one is left alone") {
    CHECK(life.after(seconds(74)).empty());
    CHECK(life.after(seconds(1)) == "kill 1");
    CHECK(life.crashes(1).empty());
    CHECK(life.lifecycle.counters().crashes == 0);
  }
  CHECK(life.lifecycle.active() == 2);
}

TEST_CASE("a generation that fails leaves the one that serves alone") {
  Life life;
  life.begin();
  REQUIRE(life.attempt() == "spawn 2");
  SECTION("it ends before it is ready") { CHECK(life.exits(2, 2) == "failed 2"); }
  SECTION("it cannot be made") {
    CHECK(words(life.lifecycle.spawn_failed(2, "no more processes", life.now)) == "failed 2");
  }
  SECTION("it speaks nonsense, and is ready after that") {
    CHECK(words(life.lifecycle.condemn(2, "nonsense", life.now)) == "kill 2");
    CHECK(words(life.lifecycle.condemn(2, "more nonsense", life.now)).empty());
    CHECK(life.ready(2).empty());
    CHECK(life.crashes(2) == "failed 2");
  }
  SECTION("it is dead, but its word that it is ready comes after the news") {
    CHECK(life.crashes(2) == "failed 2");
    CHECK(life.ready(2).empty());
  }
  SECTION("it is ready in the very moment in which its time is up: whichever comes first counts") {
    CHECK(life.after(seconds(30)) == "kill 2");
    CHECK(life.ready(2).empty());
    CHECK(life.crashes(2) == "failed 2");
  }
  CHECK(life.lifecycle.active() == 1);
  CHECK(life.state(1) == GenerationState::active);
  CHECK(life.lifecycle.counters().failed_swaps == 1);
  CHECK_FALSE(life.lifecycle.last_failure().empty());
  CHECK(life.attempt() == "spawn 3");
}

TEST_CASE("being ready in time is not punished later") {
  Life life;
  life.begin();
  REQUIRE(life.attempt() == "spawn 2");
  life.now += seconds(30); // both events are there when the supervisor has its turn
  CHECK(life.ready(2) == "open 2, follow 1, retire 1, serves 2, settled 2");
  CHECK(life.after(seconds(0)).empty());
  CHECK(life.lifecycle.active() == 2);
}

TEST_CASE("a generation that served is replaced at once") {
  Life life;
  life.begin();
  CHECK(life.crashes(1) == "spawn 2 alone");
  CHECK(life.lifecycle.counters().crashes == 1);
  SECTION("clients wait for it a moment, then it accepts before it is ready") {
    CHECK(life.after(milliseconds(999)).empty());
    CHECK(life.after(milliseconds(1)) == "open 2");
    CHECK(life.after(seconds(1)).empty());
    CHECK(life.ready(2) == "open 2, serves 2, lead 2, settled 2");
  }
  SECTION("those that never serve are tried less and less eagerly") {
    CHECK(life.exits(2, 2) == "failed 2, spawn 3 alone");
    CHECK(life.exits(3, 2) == "failed 3");
    CHECK(life.after(milliseconds(50)) == "spawn 4 alone");
    CHECK(words(life.lifecycle.spawn_failed(4, "no", life.now)) == "failed 4");
    CHECK(life.after(milliseconds(100)) == "spawn 5 alone");
    CHECK(life.exits(5, 2) == "failed 5");
    CHECK(life.after(milliseconds(200)) == "spawn 6 alone");
    CHECK(life.exits(6, 2) == "failed 6");
    CHECK(life.after(milliseconds(400)) == "spawn 7 alone");
    CHECK(life.exits(7, 2) == "failed 7, backoff");
    CHECK(life.after(seconds(9)).empty());
    life.lifecycle.encouraged();
    CHECK(life.attempt() == "spawn 8 alone");
    CHECK(life.after(seconds(1)) == "open 8"); // the restart that waited is not tried besides it
    CHECK(life.ready(8) == "open 8, serves 8, lead 8, settled 8");
  }
}

TEST_CASE("one that crashes while its successor starts is not replaced twice") {
  Life life;
  life.begin();
  REQUIRE(life.attempt() == "spawn 2");
  CHECK(life.crashes(1).empty());
  CHECK(life.after(seconds(1)) == "open 2");
  SECTION("the successor serves") { CHECK(life.ready(2) == "open 2, serves 2, lead 2, settled 2"); }
  SECTION("the successor fails") { CHECK(life.exits(2, 2) == "failed 2, spawn 3 alone"); }
}

TEST_CASE("a reload that comes while one is tried is not forgotten") {
  Life life;
  life.begin();
  REQUIRE(life.attempt() == "spawn 2");
  CHECK(words(life.lifecycle.reload_soon(life.now)).empty());
  SECTION("the first one serves") {
    CHECK(life.ready(2) == "open 2, follow 1, retire 1, serves 2, settled 2, spawn 3");
    CHECK(life.ready(3) == "open 3, retire 2, serves 3, settled 3");
  }
  SECTION("the first one fails") { CHECK(life.exits(2, 2) == "failed 2, spawn 3"); }
  SECTION("nobody is left: the restart is the reload") {
    CHECK(life.crashes(1).empty());
    CHECK(life.exits(2, 2) == "failed 2, spawn 3 alone");
    CHECK(life.ready(3) == "open 3, serves 3, lead 3, settled 3");
  }
}

TEST_CASE("a canary is judged by what happened since connections are passed on") {
  Life life;
  life.begin();
  REQUIRE(life.attempt(half) == "spawn 2");
  life.counts[1].requests = 1000;
  CHECK(life.ready(2) == "divert 1 to 2");
  CHECK(life.state(2) == GenerationState::canary);
  CHECK(life.after(seconds(20)).empty()); // its time has not begun
  life.counts[1].requests = 2000;
  CHECK(words(life.lifecycle.diverting(2, life.now)).empty()); // not the one that passes on
  CHECK(life.after(seconds(20)).empty());
  CHECK(words(life.lifecycle.diverting(1, life.now)).empty());
  life.counts[1].requests += 4;
  SECTION("well") {
    life.counts[2].requests = 4;
    CHECK(life.after(milliseconds(9'999)).empty());
    CHECK(life.after(milliseconds(1)) == "promoted, divert 1 to 0, open 2, follow 1, retire 1, serves 2, settled 2");
  }
  SECTION("four requests, and each failed") {
    life.counts[2].requests = life.counts[2].failures = 4;
    CHECK(life.after(seconds(10)) == "rolled back, divert 1 to 0, retire 2, failed 2");
    CHECK(life.lifecycle.active() == 1);
    CHECK(life.state(2) == GenerationState::retiring);
    SECTION("the one that serves is replaced while the other still retires") {
      CHECK(words(life.lifecycle.recycle(2, life.now)).empty());
      CHECK(words(life.lifecycle.recycle(1, life.now)) == "spawn 3");
      CHECK(life.exits(2).empty());
      CHECK(life.ready(3) == "open 3, follow 1, retire 1, serves 3, settled 3");
    }
  }
  SECTION("it fails so clearly that nobody waits") {
    life.counts[1].requests += 100;
    life.counts[2].requests = life.counts[2].failures = 10;
    CHECK(life.after(seconds(1)) == "rolled back, divert 1 to 0, retire 2, failed 2");
  }
  SECTION("it crashes") {
    CHECK(life.crashes(2) == "divert 1 to 0, failed 2");
    CHECK(life.lifecycle.active() == 1);
    CHECK_FALSE(life.lifecycle.next_deadline());
  }
  SECTION("the other one crashes: it serves already") {
    CHECK(life.crashes(1) == "open 2, serves 2, lead 2, settled 2");
    CHECK(life.lifecycle.active() == 2);
  }
  SECTION("it hangs, and the other one crashes before it is gone") {
    CHECK(words(life.lifecycle.hangs(2, "it hangs", life.now)) == "kill 2");
    CHECK(life.after(seconds(4)).empty()); // no verdict on the condemned
    CHECK(life.crashes(1).empty());
    CHECK(life.crashes(2) == "failed 2, spawn 3 alone");
  }
  SECTION("a stop ends both") {
    CHECK(words(life.lifecycle.stop(life.now)) == "failed 2, follow 1, stop 1, stop 2");
    CHECK(life.exits(1).empty());
    CHECK(life.exits(2) == "finish 0");
  }
}

TEST_CASE("one that is replaced for its memory is not followed by the next at once") {
  Life life;
  life.begin();
  CHECK(words(life.lifecycle.recycle(1, life.now)) == "spawn 2");
  CHECK(words(life.lifecycle.recycle(1, life.now)).empty());
  CHECK(life.ready(2) == "open 2, follow 1, retire 1, serves 2, settled 2");
  CHECK(words(life.lifecycle.recycle(2, life.now)).empty());
  life.now += Lifecycle::recycle_pause;
  CHECK(words(life.lifecycle.recycle(2, life.now)) == "spawn 3");
  CHECK(life.lifecycle.counters().recycled == 2);
}

TEST_CASE("a stop has an end, whatever becomes of the generations") {
  Life life;
  life.begin();
  SECTION("in order") {
    CHECK(words(life.lifecycle.stop(life.now)) == "follow 1, stop 1");
    CHECK(words(life.lifecycle.stop(life.now)).empty());
    CHECK(life.attempt() == "refused: the host is shutting down");
    CHECK(words(life.lifecycle.reload_soon(life.now)).empty());
    CHECK(life.exits(1) == "finish 0");
  }
  SECTION("one leaves plugin code behind: that is its exit code, and the supervisor's") {
    REQUIRE(words(life.lifecycle.stop(life.now)) == "follow 1, stop 1");
    CHECK(life.exits(1, 1) == "finish 1");
  }
  SECTION("one neither ends nor goes when it is killed") {
    REQUIRE(words(life.lifecycle.stop(life.now)) == "follow 1, stop 1");
    CHECK(life.follows(1).empty());
    CHECK(life.after(milliseconds(14'999)).empty());
    CHECK(life.after(milliseconds(1)) == "kill 1");
    CHECK(life.after(Lifecycle::kill_time) == "abandon 1, finish 1");
  }
  SECTION("while one is tried: whoever asked for it is told") {
    REQUIRE(life.attempt() == "spawn 2");
    const Steps steps = life.lifecycle.stop(life.now);
    CHECK(words(steps) == "failed 2, follow 1, stop 1, stop 2");
    CHECK(std::get<step::Settled>(steps[0]).failure == "the host is shutting down");
    CHECK(life.ready(2).empty());
    CHECK(life.exits(2, 1).empty());
    CHECK(life.exits(1) == "finish 1");
  }
  SECTION("while nobody is there") {
    REQUIRE(life.crashes(1) == "spawn 2 alone");
    REQUIRE(words(life.lifecycle.spawn_failed(2, "no", life.now)) == "failed 2, spawn 3 alone");
    REQUIRE(words(life.lifecycle.spawn_failed(3, "no", life.now)) == "failed 3");
    CHECK(words(life.lifecycle.stop(life.now)) == "finish 0");
    CHECK(life.after(seconds(1)).empty());
  }
  SECTION("before the one that was decided on is made") {
    REQUIRE(life.attempt() == "spawn 2");
    REQUIRE(words(life.lifecycle.stop(life.now)) == "failed 2, follow 1, stop 1, stop 2");
    CHECK(life.exits(1).empty());
    CHECK(words(life.lifecycle.spawn_failed(2, "the host is shutting down", life.now)) == "finish 0");
  }
}

TEST_CASE("nothing is tried while the supervisor becomes another binary") {
  Life life;
  life.begin();
  REQUIRE(life.attempt({}, true) == "spawn 2");
  CHECK(words(life.lifecycle.reload_soon(life.now)).empty());
  CHECK(life.ready(2) == "open 2, follow 1, retire 1, serves 2, settled 2");
  CHECK(life.attempt() == "refused: the host is becoming another binary; try again");
  CHECK(words(life.lifecycle.recycle(2, life.now)).empty());
  CHECK(life.lifecycle.reload_waits()); // for the successor to know
  SECTION("it could not: the reload is due") {
    CHECK(words(life.lifecycle.handed_over_to_nobody(life.now)) == "spawn 3");
  }
  SECTION("the generation ends meanwhile, and then it could not") {
    CHECK(life.crashes(2).empty());
    CHECK(words(life.lifecycle.handed_over_to_nobody(life.now)) == "spawn 3 alone");
  }
}

TEST_CASE("what a predecessor left goes on") {
  Life life;
  life.lifecycle.adopt({7, 1, 2, 3, 4});
  life.lifecycle.adopt(6, "reload", false, false, life.now, life.now, life.now);
  life.lifecycle.adopt(7, "upgrade", true, true, life.now, life.now, life.now);
  life.lifecycle.adopt_leader(6, true, 5, life.now);
  CHECK(life.lifecycle.active() == 7);
  CHECK(life.lifecycle.has_served());
  CHECK(life.follows(6) == "lead 7");
  CHECK(life.lifecycle.term() == 6);
  CHECK(life.after(seconds(74)).empty());
  CHECK(life.after(seconds(1)) == "kill 6");
  CHECK(life.crashes(6).empty());
  CHECK(life.attempt() == "spawn 8");
  CHECK(life.ready(8) == "open 8, follow 7, retire 7, serves 8, settled 8");
  CHECK(life.lifecycle.counters().swaps == 3);
}

TEST_CASE("one leads at a time, and the next only when the former has stopped") {
  Life life;
  life.begin();
  CHECK(life.lifecycle.leader().number == 1);
  CHECK(life.lifecycle.term() == 1);
  REQUIRE(life.attempt() == "spawn 2");
  CHECK(life.lifecycle.leader().number == 1);
  REQUIRE(life.ready(2) == "open 2, follow 1, retire 1, serves 2, settled 2");
  CHECK(life.lifecycle.leader().number == 1); // it may be at it still
  CHECK(life.lifecycle.leader().is_to_follow);
  SECTION("it says so") { CHECK(life.follows(1) == "lead 2"); }
  SECTION("somebody else says so") {
    CHECK(life.follows(2).empty());
    CHECK(life.follows(0).empty());
    CHECK(life.follows(1) == "lead 2");
  }
  SECTION("it ends") { CHECK(life.exits(1) == "lead 2"); }
  SECTION("it crashes") { CHECK(life.crashes(1) == "lead 2"); }
  SECTION("it says nothing: it is killed, and leads until it is gone") {
    CHECK(life.lifecycle.next_deadline() == life.now + Lifecycle::follow_time);
    CHECK(life.after(Lifecycle::follow_time - milliseconds(1)).empty());
    CHECK(life.after(milliseconds(1)) == "kill 1");
    CHECK(life.lifecycle.find(1)->condemned_for == "it did not stop leading within 10 s");
    CHECK(life.lifecycle.leader().number == 1);
    SECTION("it goes") { CHECK(life.crashes(1) == "lead 2"); }
    SECTION("it said so at last") { CHECK(life.follows(1) == "lead 2"); }
    SECTION("it does not go") { CHECK(life.after(Lifecycle::kill_time) == "abandon 1, lead 2"); }
  }
  SECTION("another is active by then: that one leads, and the one between never does") {
    REQUIRE(life.attempt() == "spawn 3");
    REQUIRE(life.ready(3) == "open 3, retire 2, serves 3, settled 3");
    CHECK(life.follows(1) == "lead 3");
  }
  SECTION("nobody is active by then: the next one leads") {
    REQUIRE(life.crashes(2) == "spawn 3 alone");
    CHECK(life.follows(1).empty());
    CHECK(life.ready(3) == "open 3, serves 3, lead 3, settled 3");
  }
  SECTION("the active one is condemned by then: the one after it leads") {
    REQUIRE(words(life.lifecycle.condemn(2, "nonsense", life.now)) == "kill 2");
    CHECK(life.follows(1).empty());
    REQUIRE(life.crashes(2) == "spawn 3 alone");
    CHECK(life.ready(3) == "open 3, serves 3, lead 3, settled 3");
  }
  SECTION("the host stops: nobody begins") {
    REQUIRE(words(life.lifecycle.stop(life.now)) == "stop 1, stop 2");
    CHECK(life.follows(1).empty());
    CHECK(life.exits(1).empty());
    CHECK(life.exits(2) == "finish 0");
    CHECK(life.lifecycle.term() == 1);
    return;
  }
  CHECK(life.lifecycle.leader().number == life.lifecycle.active());
  CHECK_FALSE(life.lifecycle.leader().is_to_follow);
  CHECK(life.lifecycle.term() == 2);
}

TEST_CASE("a canary leads once it is promoted, and not before") {
  Life life;
  life.begin();
  REQUIRE(life.attempt(half) == "spawn 2");
  REQUIRE(life.ready(2) == "divert 1 to 2");
  REQUIRE(words(life.lifecycle.diverting(1, life.now)).empty());
  CHECK(life.lifecycle.leader().number == 1);
  SECTION("promoted") {
    REQUIRE(life.after(seconds(10)) == "promoted, divert 1 to 0, open 2, follow 1, retire 1, serves 2, settled 2");
    CHECK(life.follows(1) == "lead 2");
  }
  SECTION("rolled back") {
    life.counts[2].requests = life.counts[2].failures = 100;
    life.counts[1].requests = 100;
    REQUIRE(life.after(seconds(10)) == "rolled back, divert 1 to 0, retire 2, failed 2");
    CHECK(life.lifecycle.leader().number == 1);
    CHECK(life.lifecycle.term() == 1);
  }
  SECTION("the leader crashes: the canary is active, and leads") {
    CHECK(life.crashes(1) == "open 2, serves 2, lead 2, settled 2");
    CHECK(life.lifecycle.term() == 2);
  }
}

TEST_CASE("a leader that leaves by itself does not lead again") {
  Life life;
  life.begin();
  CHECK(life.follows(1).empty()); // somebody sent it a SIGTERM of its own, and it still serves
  CHECK(life.lifecycle.leader().number == 0);
  CHECK(life.after(seconds(100)).empty());
  SECTION("the next one does") {
    CHECK(life.exits(1) == "spawn 2 alone");
    CHECK(life.ready(2) == "open 2, serves 2, lead 2, settled 2");
    CHECK(life.lifecycle.term() == 2);
  }
  SECTION("nor is it told to follow") { CHECK(words(life.lifecycle.stop(life.now)) == "stop 1"); }
}

TEST_CASE("a stop that a leader does not hear") {
  Life life;
  life.begin();
  REQUIRE(words(life.lifecycle.stop(life.now)) == "follow 1, stop 1");
  CHECK(life.after(Lifecycle::follow_time) == "kill 1");
  CHECK(life.crashes(1) == "finish 1");
  CHECK(life.lifecycle.leader().number == 0);
}

TEST_CASE("a predecessor's leader that is lost leads no longer") {
  Life life;
  life.lifecycle.adopt({7, 1, 2, 3, 4});
  life.lifecycle.adopt(7, "upgrade", true, true, life.now, life.now, life.now);
  life.lifecycle.adopt_leader(6, true, 5, life.now);
  CHECK(life.after(seconds(0)) == "lead 7");
  CHECK(life.lifecycle.term() == 6);
}
