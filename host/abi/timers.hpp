// crank_timers: the plugin's periodic and delayed work, on the host's timer thread and pool.
#pragma once

#include "engine/timer_queue.hpp"
#include "engine/worker_pool.hpp"

#include <crank/ext/timer.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace crank {

class PluginTimers {
public:
  PluginTimers(TimerQueue& queue, WorkerPool& pool) : queue_(queue), pool_(pool) {}
  ~PluginTimers(); // cancels what the plugin forgot

  // Only while open do timers fire; a tick that comes due otherwise is left out.
  void open() { open_ = true; }
  void close() { open_ = false; }

  static const crank_timers* table();

private:
  struct Timer;

  static crank_status schedule(const crank_host* host, std::uint64_t delay_ms, std::uint64_t period_ms,
                               void (*fire)(void*) noexcept, void* user, crank_timer** out) noexcept;
  static void cancel(const crank_host* host, crank_timer* timer) noexcept;

  void arm(const std::shared_ptr<Timer>& timer, TimerQueue::Clock::time_point when);
  void due(const std::shared_ptr<Timer>& timer);
  void run(const std::shared_ptr<Timer>& timer);
  void end(const std::shared_ptr<Timer>& timer);

  TimerQueue& queue_;
  WorkerPool& pool_;
  std::atomic<bool> open_{false};
  std::mutex mutex_;
  std::unordered_set<std::shared_ptr<Timer>> timers_;
};

} // namespace crank
