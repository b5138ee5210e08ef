// crank.timer/1 as a plugin meets it: ids, the end of timers, and where they fire.
#include "catch.hpp"

#include "abi/timers.hpp"
#include "engine_fixture.hpp"

using namespace crank;
using namespace crank::test;

namespace {

struct TimerWorld {
  TimerQueue queue;
  ThreadPool pool{2};
  Leadership leadership;
  PluginTimers timers{queue, pool, leadership, "p"};

  TimerWorld() { timers.open(); }
  ~TimerWorld() {
    queue.stop();
    static_cast<void>(pool.stop(patience));
  }
};

struct Ticks {
  Watched<int> count;
  Gate entered, leave;
  bool waits = false;

  static void fire(void* user) noexcept {
    auto& self = *static_cast<Ticks*>(user);
    self.entered.open();
    if (self.waits) static_cast<void>(self.leave.wait());
    self.count.change([](int& n) { ++n; });
  }
  crank_timer_spec spec(std::uint64_t delay_ms, std::uint64_t period_ms, std::uint32_t flags = 0) {
    return {sizeof(crank_timer_spec), delay_ms, period_ms, &Ticks::fire, this, flags, 0};
  }
  bool came(int times) {
    return count.wait([times](int n) { return n >= times; });
  }
};

} // namespace

TEST_CASE("timers: one that fires once is over by itself, and cancelling it then does no harm") {
  Ticks ticks;
  TimerWorld world;
  std::uint64_t id = 0, next = 0;
  REQUIRE(world.timers.schedule(ticks.spec(0, 0), id) == CRANK_OK);
  CHECK(id != 0);
  REQUIRE(ticks.came(1));
  static_cast<void>(world.timers.cancel(id)); // it may still be on its way out of fire()
  CHECK(world.timers.cancel(id) == CRANK_NOT_FOUND);
  REQUIRE(world.timers.schedule(ticks.spec(100'000, 0), next) == CRANK_OK);
  CHECK(next != id); // never used again
  CHECK(world.timers.cancel(id) == CRANK_NOT_FOUND);
  CHECK(world.timers.cancel(next) == CRANK_OK);
  CHECK(world.timers.cancel(next) == CRANK_NOT_FOUND);
  CHECK(world.timers.cancel(0) == CRANK_NOT_FOUND);
  CHECK(world.timers.cancel(UINT64_MAX) == CRANK_NOT_FOUND);
  CHECK(ticks.count.get() == 1);
}

TEST_CASE("timers: cancel() waits for a firing that is under way") {
  Ticks ticks;
  TimerWorld world;
  ticks.waits = true;
  std::uint64_t id = 0;
  REQUIRE(world.timers.schedule(ticks.spec(0, 1), id) == CRANK_OK);
  REQUIRE(ticks.entered.wait());
  std::thread other([&] { ticks.leave.open(); });
  CHECK(world.timers.cancel(id) == CRANK_OK);
  const int then = ticks.count.get(); // over by then; it may have come again before
  CHECK(then >= 1);
  other.join();
  CHECK(ticks.count.get() == then);
}

TEST_CASE("timers: a flag that is not known is refused") {
  Ticks ticks;
  TimerWorld world;
  std::uint64_t id = 0;
  CHECK(world.timers.schedule(ticks.spec(0, 0, 2), id) == CRANK_UNSUPPORTED);
  CHECK(world.timers.schedule(ticks.spec(0, 0, CRANK_TIMER_LEADING | 0x80000000u), id) == CRANK_UNSUPPORTED);
}

TEST_CASE("timers: a leading one fires where the process leads, and from when it does") {
  Ticks ticks, everywhere;
  TimerWorld world;
  std::uint64_t id = 0;
  REQUIRE(world.timers.schedule(ticks.spec(0, 1, CRANK_TIMER_LEADING), id) == CRANK_OK);
  REQUIRE(world.timers.schedule(everywhere.spec(0, 1), id) == CRANK_OK);
  REQUIRE(everywhere.came(5));
  CHECK(ticks.count.get() == 0);
  world.leadership.set(1);
  world.leadership.tell();
  CHECK(ticks.came(2));
  world.leadership.set(0);
  world.leadership.tell();
  const int then = ticks.count.get();
  everywhere.count.change([](int& n) { n = 0; });
  REQUIRE(everywhere.came(5));
  CHECK(ticks.count.get() == then); // not one more, once it had been told
}

TEST_CASE("timers: the lead is not given up while a leading tick is under way") {
  Ticks ticks;
  TimerWorld world;
  world.leadership.set(1);
  world.leadership.tell();
  ticks.waits = true;
  std::uint64_t id = 0;
  REQUIRE(world.timers.schedule(ticks.spec(0, 0, CRANK_TIMER_LEADING), id) == CRANK_OK);
  REQUIRE(ticks.entered.wait());
  std::atomic<bool> told{false};
  std::thread other([&] {
    world.leadership.set(0);
    world.leadership.tell();
    told = true;
  });
  CHECK_FALSE(told);
  ticks.leave.open();
  other.join();
  CHECK(ticks.count.get() == 1);
}

TEST_CASE("timers: what is left ends with the plugin") {
  Ticks ticks;
  {
    TimerWorld world;
    std::uint64_t id = 0;
    REQUIRE(world.timers.schedule(ticks.spec(0, 1), id) == CRANK_OK);
    REQUIRE(ticks.came(1));
  }
  const int then = ticks.count.get();
  std::this_thread::yield();
  CHECK(ticks.count.get() == then);
}
