// TimerQueue: order, cancelling, and its end.
#include "catch.hpp"

#include "engine_fixture.hpp"

#include <atomic>
#include <system_error>

using namespace crank;
using namespace crank::test;
using namespace std::chrono_literals;

namespace {
auto now() { return TimerQueue::Clock::now(); }
} // namespace

TEST_CASE("timers fire in the order of their times, not of their making, and never early") {
  Watched<std::vector<int>> fired;
  std::atomic<bool> early{false};
  TimerQueue timers;
  const auto start = now();
  // Behind one that holds the thread, so that all are there before the first is due.
  Gate gate;
  timers.schedule(start, [&] { static_cast<void>(gate.wait()); });
  for (const int delay : {30, 10, 20, 0}) {
    const auto when = start + std::chrono::milliseconds(delay);
    timers.schedule(when, [&fired, &early, when, delay] {
      if (now() < when) early = true;
      fired.change([&](auto& list) { list.push_back(delay); });
    });
  }
  gate.open();
  REQUIRE(fired.wait([](const auto& list) { return list.size() == 4; }));
  CHECK(fired.get() == std::vector<int>{0, 10, 20, 30});
  CHECK_FALSE(early);
}

TEST_CASE("timers of one time fire in the order of their making") {
  Watched<std::vector<int>> fired;
  TimerQueue timers;
  const auto when = now() + 1ms;
  for (int i = 0; i < 20; ++i)
    timers.schedule(when, [&fired, i] { fired.change([&](auto& list) { list.push_back(i); }); });
  REQUIRE(fired.wait([](const auto& list) { return list.size() == 20; }));
  const auto list = fired.get();
  CHECK(std::is_sorted(list.begin(), list.end()));
}

TEST_CASE("a timer that comes first overtakes one the thread waits for") {
  Gate fired;
  TimerQueue timers;
  timers.schedule(now() + 10h, [] {});
  timers.schedule(now() + 1ms, [&] { fired.open(); });
  CHECK(fired.wait());
}

TEST_CASE("a cancelled timer does not fire, and says whether it would have") {
  std::atomic<int> fired{0};
  Gate last;
  TimerQueue timers;
  const auto soon = now() + 5ms;
  // The thread is held until the cancelling is done.
  Gate gate;
  timers.schedule(now(), [&] { static_cast<void>(gate.wait()); });
  const auto cancelled = timers.schedule(soon, [&] { ++fired; });
  const auto kept = timers.schedule(soon, [&] { ++fired; });
  CHECK(timers.cancel(cancelled));
  CHECK_FALSE(timers.cancel(cancelled));
  gate.open();
  timers.schedule(soon + 1ms, [&] { last.open(); });
  REQUIRE(last.wait());
  CHECK(fired == 1);
  CHECK_FALSE(timers.cancel(kept));
  CHECK_FALSE(timers.cancel({}));
}

TEST_CASE("a task may schedule and cancel") {
  Gate done;
  TimerQueue timers;
  const auto other = timers.schedule(now() + 10h, [] {});
  std::atomic<bool> cancelled{false};
  timers.schedule(now(), [&] {
    cancelled = timers.cancel(other);
    timers.schedule(now(), [&] { done.open(); });
  });
  REQUIRE(done.wait());
  CHECK(cancelled);
}

TEST_CASE("what a task held is let go outside the lock") {
  // Whatever goes with a task may itself cancel timers.
  struct CancelsWhenGone {
    TimerQueue& timers;
    TimerQueue::Handle other;
    Gate& done;
    ~CancelsWhenGone() {
      timers.cancel(other);
      done.open();
    }
  };
  Gate done;
  TimerQueue timers;
  const auto other = timers.schedule(now() + 10h, [] {});
  timers.schedule(now(), [held = std::shared_ptr<CancelsWhenGone>(new CancelsWhenGone{timers, other, done})] {});
  CHECK(done.wait());
}

TEST_CASE("after stop() nothing fires and nothing can be scheduled") {
  std::atomic<int> fired{0};
  TimerQueue timers;
  timers.schedule(now() + 10h, [&] { ++fired; });
  timers.stop();
  const auto late = timers.schedule(now(), [&] { ++fired; });
  CHECK_FALSE(timers.cancel(late));
  timers.stop(); // again does no harm
  CHECK(fired == 0);
}

TEST_CASE("stop() lets a running task finish") {
  Gate started;
  std::atomic<bool> finished{false};
  TimerQueue timers;
  timers.schedule(now(), [&] {
    started.open();
    std::this_thread::yield();
    finished = true;
  });
  REQUIRE(started.wait());
  timers.stop();
  CHECK(finished);
}

TEST_CASE("a timer that got no thread fires once a later one got it") {
  std::atomic<bool> refuse{true};
  Gate fired;
  TimerQueue timers([&](std::function<void()> body) {
    if (refuse) throw std::system_error(EAGAIN, std::generic_category());
    return std::thread(std::move(body));
  });
  CHECK_FALSE(timers.start());
  REQUIRE_NOTHROW(timers.schedule(now(), [&] { fired.open(); }));
  refuse = false;
  timers.schedule(now() + 10h, [] {});
  CHECK(fired.wait());
}
