// Timers with millisecond resolution on one thread of their own: deadlines of calls, periodic work of plugins.
// What fires here must be short; real work goes to the pool.
#pragma once

#include "os/thread.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace crank {

class TimerQueue {
public:
  using Clock = std::chrono::steady_clock;
  using Task = std::function<void()>;

private:
  struct Entry {
    Task task;
    std::multimap<Clock::time_point, std::shared_ptr<Entry>>::iterator position;
    bool filed = false;
  };

public:
  // Empty when nothing is scheduled. Dropping it does not cancel.
  using Handle = std::weak_ptr<Entry>;

  explicit TimerQueue(StartThread start_thread = crank::start_thread) : start_thread_(std::move(start_thread)) {}
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // Makes the thread, which otherwise comes with the first timer. False when the system has none to give.
  [[nodiscard]] bool start();
  // Never fails for want of a thread; without one the timer waits for the next schedule() to get it. [any thread]
  Handle schedule(Clock::time_point when, Task task);
  // True when the timer will not fire any more; false when it fired, or fires right now. [any thread]
  bool cancel(const Handle& handle);
  // Fires nothing more. Not from inside a task.
  void stop();

private:
  void run();
  // Under the lock.
  bool have_thread();

  const StartThread start_thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, std::shared_ptr<Entry>> entries_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace crank
