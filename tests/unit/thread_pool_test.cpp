// ThreadPool: no task is lost, no more threads than allowed, and an end that either comes or is given up.
#include "catch.hpp"

#include "engine_fixture.hpp"

#include <atomic>
#include <future>
#include <set>
#include <system_error>

using namespace crank;
using namespace crank::test;
using namespace std::chrono_literals;

TEST_CASE("a pool runs every task") {
  std::atomic<int> ran{0};
  {
    ThreadPool pool(4);
    std::vector<std::thread> submitters;
    for (int i = 0; i < 4; ++i) {
      submitters.emplace_back([&] {
        for (int j = 0; j < 1000; ++j) pool.submit([&] { ++ran; });
      });
    }
    for (auto& one : submitters) one.join();
  }
  CHECK(ran == 4000);
}

TEST_CASE("a pool of one thread keeps the order") {
  std::vector<int> order;
  {
    ThreadPool pool(1);
    for (int i = 0; i < 100; ++i) pool.submit([&order, i] { order.push_back(i); });
  }
  REQUIRE(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("tasks run side by side, but never more than there may be threads") {
  constexpr int most = 3;
  struct State {
    int running = 0, highest = 0, done = 0;
    std::set<std::thread::id> threads;
  };
  Watched<State> state;
  {
    ThreadPool pool(most);
    for (int i = 0; i < 30; ++i) {
      pool.submit([&] {
        state.change([](State& s) {
          s.highest = std::max(s.highest, ++s.running);
          s.threads.insert(std::this_thread::get_id());
        });
        // The first ones wait for each other: that shows that they do run side by side.
        static_cast<void>(state.wait([](const State& s) { return s.highest == most; }));
        state.change([](State& s) { --s.running, ++s.done; });
      });
    }
    CHECK(state.wait([](const State& s) { return s.done == 30; }));
  }
  CHECK(state.get().highest == most);
  CHECK(state.get().threads.size() <= most);
}

TEST_CASE("an idle thread is used again") {
  ThreadPool pool(8);
  std::set<std::thread::id> threads;
  for (int i = 0; i < 50; ++i) {
    std::promise<std::thread::id> ran;
    pool.submit([&] { ran.set_value(std::this_thread::get_id()); });
    threads.insert(ran.get_future().get());
  }
  // A thread that has just answered may not be idle yet, so one is not guaranteed; eight for one at a time would be
  // wrong.
  CHECK(threads.size() <= 8);
  CHECK(pool.stop(patience));
}

TEST_CASE("a task is gone when it has run, not only when its thread gets another") {
  ThreadPool pool(1);
  std::promise<void> gone;
  auto held = std::shared_ptr<int>(new int(1), [&](int* number) {
    std::unique_ptr<int>(number).reset();
    gone.set_value();
  });
  pool.submit([held = std::move(held)] {});
  CHECK(gone.get_future().wait_for(patience) == std::future_status::ready);
}

TEST_CASE("stopping runs what is queued") {
  std::atomic<int> ran{0};
  Gate gate;
  ThreadPool pool(1);
  pool.submit([&] { static_cast<void>(gate.wait()); });
  for (int i = 0; i < 10; ++i) pool.submit([&] { ++ran; });
  gate.open();
  CHECK(pool.stop(patience));
  CHECK(ran == 10);
}

TEST_CASE("tasks at clients' pace leave half of the threads to the others") {
  constexpr int most = 4, tasks = 10;
  struct State {
    int running = 0, highest = 0, done = 0;
  };
  Watched<State> state;
  Gate gate, other;
  ThreadPool pool(most);
  for (int i = 0; i < tasks; ++i) {
    pool.submit_client_paced([&] {
      state.change([](State& s) { s.highest = std::max(s.highest, ++s.running); });
      static_cast<void>(gate.wait());
      state.change([](State& s) { --s.running, ++s.done; });
    });
  }
  CHECK(state.wait([](const State& s) { return s.running == most / 2; }));
  pool.submit([&] { other.open(); });
  CHECK(other.wait());
  gate.open();
  CHECK(pool.stop(patience)); // what waits runs, too
  CHECK(state.get().done == tasks);
  CHECK(state.get().highest == most / 2);
}

TEST_CASE("one thread has to do for clients' pace, too") {
  std::atomic<int> ran{0};
  ThreadPool pool(1);
  for (int i = 0; i < 3; ++i) pool.submit_client_paced([&] { ++ran; });
  CHECK(pool.stop(patience));
  CHECK(ran == 3);
}

TEST_CASE("stopping a pool that never worked is nothing") {
  ThreadPool pool(4);
  CHECK(pool.stop(0ms));
}

TEST_CASE("a pool that is refused more threads does its work with those it has") {
  std::atomic<int> started{0};
  std::atomic<int> ran{0};
  {
    ThreadPool pool(8, [&](std::function<void()> body) {
      if (started > 0) throw std::system_error(EAGAIN, std::generic_category());
      ++started;
      return std::thread(std::move(body));
    });
    REQUIRE(pool.start());
    for (int i = 0; i < 100; ++i) REQUIRE_NOTHROW(pool.submit([&] { ++ran; }));
    CHECK(pool.stop(patience)); // one that was refused is not waited for
  }
  CHECK(ran == 100);
}

TEST_CASE("a pool that gets no thread at all says so at the start, and works once it gets one") {
  std::atomic<bool> refuse{true};
  Gate ran;
  ThreadPool pool(2, [&](std::function<void()> body) {
    if (refuse) throw std::system_error(EAGAIN, std::generic_category());
    return std::thread(std::move(body));
  });
  CHECK_FALSE(pool.start());
  REQUIRE_NOTHROW(pool.submit([] {}));
  refuse = false;
  pool.submit([&] { ran.open(); });
  CHECK(ran.wait());
}
