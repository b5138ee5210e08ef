// crank_timers: the plugin's periodic and delayed work, on the host's timer thread and pool.
#pragma once

#include "engine/thread_pool.hpp"
#include "engine/timer_queue.hpp"

#include <crank/ext/timer.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

namespace crank {

class PluginTimers {
public:
  // `plugin`: its id, for the log. Queue and pool must outlive every tick they hold, this object need not.
  PluginTimers(TimerQueue& queue, ThreadPool& pool, std::string plugin)
      : core_(std::make_shared<Core>(queue, pool, std::move(plugin))) {}
  ~PluginTimers(); // cancels what the plugin forgot

  // Only while open do timers fire; a tick that comes due otherwise is left out.
  void open() { core_->open = true; }
  void close() { core_->open = false; }

  static const crank_timers* table();

private:
  struct Timer;

  static crank_status schedule(const crank_host* host, std::uint64_t delay_ms, std::uint64_t period_ms,
                               void (*fire)(void*) noexcept, void* user, crank_timer** out) noexcept;
  static void cancel(const crank_host* host, crank_timer* timer) noexcept;

  // What a tick needs that is queued still when its timer, or this object, has gone.
  struct Core {
    Core(TimerQueue& q, ThreadPool& p, std::string id) : queue(q), pool(p), plugin(std::move(id)) {}
    TimerQueue& queue;
    ThreadPool& pool;
    const std::string plugin;
    std::atomic<bool> open{false};
  };

  static void arm(const std::shared_ptr<Core>& core, const std::shared_ptr<Timer>& timer,
                  TimerQueue::Clock::time_point when);
  static void run(const std::shared_ptr<Core>& core, const std::shared_ptr<Timer>& timer);
  static void fire(const Core& core, const Timer& timer);
  static void end(const Core& core, const std::shared_ptr<Timer>& timer);

  const std::shared_ptr<Core> core_;
  std::mutex mutex_;
  std::unordered_set<std::shared_ptr<Timer>> timers_;
};

} // namespace crank
