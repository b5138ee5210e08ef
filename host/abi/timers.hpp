// crank_timers: the plugin's periodic and delayed work, on the host's timer thread and pool.
#pragma once

#include "base/leadership.hpp"
#include "engine/thread_pool.hpp"
#include "engine/timer_queue.hpp"

#include <crank/ext/timer.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace crank {

class PluginTimers {
public:
  // `plugin`: its id, for the log. Queue and pool must outlive every tick they hold, this object need not; `leadership`
  // must outlive it.
  PluginTimers(TimerQueue& queue, ThreadPool& pool, Leadership& leadership, std::string plugin);
  ~PluginTimers(); // cancels what is left

  // Only while open do timers fire; a tick that comes due otherwise is left out.
  void open() { core_->open = true; }
  void close() { core_->open = false; }

  crank_status schedule(const crank_timer_spec& spec, std::uint64_t& id);
  crank_status cancel(std::uint64_t id);

  static const crank_timers* table();

private:
  struct Timer;

  // What a tick needs that is queued still when its timer, or this object, has gone.
  struct Core {
    Core(TimerQueue& q, ThreadPool& p, std::string plugin_id) : queue(q), pool(p), plugin(std::move(plugin_id)) {}
    TimerQueue& queue;
    ThreadPool& pool;
    const std::string plugin;
    std::atomic<bool> open{false};

    std::mutex mutex; // guards what follows
    std::unordered_map<std::uint64_t, std::shared_ptr<Timer>> timers;
    std::uint64_t last_id = 0;
    bool leads = false;
    unsigned leading_ticks = 0; // under way
    std::condition_variable leading_over;
  };

  static void arm(const std::shared_ptr<Core>& core, const std::shared_ptr<Timer>& timer,
                  TimerQueue::Clock::time_point when);
  static void run(const std::shared_ptr<Core>& core, const std::shared_ptr<Timer>& timer);
  static void fire(Core& core, const Timer& timer);
  static void fire_leading(Core& core, const Timer& timer);
  static void end(Core& core, const std::shared_ptr<Timer>& timer);
  static void set_leads(Core& core, bool leads);

  const std::shared_ptr<Core> core_;
  Leadership::Subscription subscription_;
};

} // namespace crank
