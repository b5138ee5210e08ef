// Whether this process leads, and who is told of it, on which thread and how long anybody waits for them.
#include "catch.hpp"

#include "base/leadership.hpp"
#include "worker/leadership_announcer.hpp"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

using namespace crank;
using std::chrono::milliseconds;
using std::chrono::minutes;

using Terms = std::vector<std::uint64_t>;

TEST_CASE("nobody leads who was not told to") {
  Leadership leadership;
  CHECK_FALSE(leadership.leads());
  CHECK(leadership.term() == 0);
  leadership.set(7);
  CHECK(leadership.leads());
  CHECK(leadership.term() == 7);
  leadership.set(0);
  CHECK_FALSE(leadership.leads());
}

TEST_CASE("each subscriber hears of each change once, while it wants to") {
  Leadership leadership;
  Terms first, second, late;
  auto of_first = leadership.on_change([&](std::uint64_t term) { first.push_back(term); });
  {
    const auto of_second = leadership.on_change([&](std::uint64_t term) { second.push_back(term); });
    CHECK(first.empty()); // it does not lead, which is no change
    leadership.set(3);
    CHECK(first.empty());
    leadership.tell();
    leadership.tell();
  }
  const auto of_late = leadership.on_change([&](std::uint64_t term) { late.push_back(term); });
  CHECK(late == Terms{3}); // it leads already
  leadership.set(0);
  leadership.tell();
  CHECK(first == Terms{3, 0});
  CHECK(second == Terms{3});
  CHECK(late == Terms{3, 0});
  SECTION("a leadership that is over before anybody was told of it") {
    leadership.set(4);
    leadership.set(0);
    leadership.tell();
    CHECK(first == Terms{3, 0});
  }
  SECTION("a subscription can be moved, and ends with what it was moved to") {
    {
      auto moved = std::move(of_first);
      leadership.set(5);
      leadership.tell();
      CHECK(first == Terms{3, 0, 5});
      of_first = std::move(moved);
      moved = {};
      leadership.set(0);
      leadership.tell();
      CHECK(first == Terms{3, 0, 5, 0});
    }
    of_first = {};
    leadership.set(6);
    leadership.tell();
    CHECK(first == Terms{3, 0, 5, 0});
  }
}

TEST_CASE("a subscription may outlive what it was for, and its callback does not outlive it") {
  auto captured = std::make_shared<int>(1);
  auto leadership = std::make_unique<Leadership>();
  auto subscription = leadership->on_change([captured](std::uint64_t) {});
  leadership.reset();
  CHECK(captured.use_count() == 2);
  subscription = {};
  CHECK(captured.use_count() == 1);
}

TEST_CASE("the end of a subscription waits for the call that runs") {
  Leadership leadership;
  LeadershipAnnouncer announcer(leadership);
  announcer.start();
  std::promise<void> inside, go_on;
  std::atomic<bool> returned{false}, gone{false}, in_order{false};
  auto subscription = leadership.on_change([&](std::uint64_t) {
    inside.set_value();
    go_on.get_future().wait();
    returned = true;
  });
  announcer.change(1, {});
  inside.get_future().wait();
  std::thread ends([&] {
    subscription = {};
    in_order = returned.load();
    gone = true;
  });
  CHECK_FALSE(gone);
  go_on.set_value();
  ends.join();
  CHECK(gone);
  CHECK(in_order);
}

TEST_CASE("the state changes at once, and it is confirmed when everybody has stopped") {
  Leadership leadership;
  LeadershipAnnouncer announcer(leadership);
  std::promise<void> may_stop, confirmed, all_began;
  std::atomic<int> stopped{0}, stopped_by_then{0};
  const auto slow = leadership.on_change([&](std::uint64_t term) {
    if (term != 0) return;
    may_stop.get_future().wait();
    ++stopped;
  });
  const auto quick = leadership.on_change([&](std::uint64_t term) { stopped += term == 0; });
  announcer.start();
  announcer.change(9, [&] { all_began.set_value(); });
  CHECK(leadership.term() == 9);
  all_began.get_future().wait();
  announcer.change(0, [&] {
    stopped_by_then = stopped.load();
    confirmed.set_value();
  });
  CHECK_FALSE(leadership.leads()); // although one is at it still
  const auto confirmation = confirmed.get_future();
  CHECK(confirmation.wait_for(milliseconds(0)) == std::future_status::timeout);
  may_stop.set_value();
  confirmation.wait();
  CHECK(stopped_by_then == 2);
  CHECK(announcer.finish(minutes(5)));
}

TEST_CASE("an announcer that ends has told everybody of everything") {
  Leadership leadership;
  Terms heard;
  int confirmed = 0;
  const auto subscription = leadership.on_change([&](std::uint64_t term) { heard.push_back(term); });
  SECTION("in its own time") {
    LeadershipAnnouncer announcer(leadership);
    announcer.start();
    announcer.change(2, [&] { ++confirmed; });
    announcer.change(0, [&] { ++confirmed; });
    CHECK(announcer.finish(minutes(5)));
  }
  SECTION("without a word") {
    LeadershipAnnouncer announcer(leadership);
    announcer.start();
    announcer.change(2, [&] { ++confirmed; });
    announcer.change(0, [&] { ++confirmed; });
  }
  CHECK(confirmed == 2);
  CHECK((heard == Terms{2, 0} || heard.empty())); // both were over before it had its turn
}

TEST_CASE("an announcer whose subscriber does not come back says so") {
  Leadership leadership;
  std::promise<void> go_on, inside;
  const auto subscription = leadership.on_change([&](std::uint64_t) {
    inside.set_value();
    go_on.get_future().wait();
  });
  LeadershipAnnouncer announcer(leadership);
  announcer.start();
  announcer.change(2, {});
  inside.get_future().wait();
  CHECK_FALSE(announcer.finish(milliseconds(0)));
  go_on.set_value();
  CHECK(announcer.finish(minutes(5)));
}

TEST_CASE("an announcer without a thread ends all the same") {
  Leadership leadership;
  const LeadershipAnnouncer announcer(leadership);
  CHECK_FALSE(leadership.leads());
}

TEST_CASE("many threads subscribe, look and leave while the lead comes and goes") {
  Leadership leadership;
  LeadershipAnnouncer announcer(leadership);
  announcer.start();
  std::atomic<bool> over{false};
  std::atomic<unsigned> inside{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!over) {
        std::uint64_t last = 0;
        const auto subscription = leadership.on_change([&](std::uint64_t term) {
          ++inside;
          if (term == last) over = true; // told of nothing new
          last = term;
          --inside;
        });
        static_cast<void>(leadership.term());
      }
    });
  }
  for (std::uint64_t term = 1; term <= 2000 && !over; ++term) {
    announcer.change(term, {});
    announcer.change(0, {});
  }
  CHECK_FALSE(over.exchange(true));
  for (auto& thread : threads) thread.join();
  CHECK(announcer.finish(minutes(5)));
  CHECK(inside == 0);
}
