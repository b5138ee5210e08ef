#include "abi/timers.hpp"

#include "abi/instance.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <thread>

namespace crank {

struct PluginTimers::Timer {
  std::uint64_t period_ms;
  void (*fire)(void*) noexcept;
  void* user;
  std::mutex mutex;
  std::condition_variable idle;
  TimerQueue::Handle handle;
  TimerQueue::Clock::time_point next;
  bool cancelled = false;
  std::thread::id runner; // the thread that is inside fire(), if any
};

const crank_timers* PluginTimers::table() {
  static const crank_timers timers{sizeof(crank_timers), &PluginTimers::schedule, &PluginTimers::cancel};
  return &timers;
}

PluginTimers::~PluginTimers() {
  std::unordered_set<std::shared_ptr<Timer>> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(timers_);
  }
  for (const auto& timer : left) end(*core_, timer);
}

crank_status PluginTimers::schedule(const crank_host* host, std::uint64_t delay_ms, std::uint64_t period_ms,
                                    void (*fire)(void*) noexcept, void* user, crank_timer** out) noexcept try {
  if (!host || !fire || !out) return CRANK_INVALID;
  PluginTimers& self = *static_cast<Instance*>(host->host_data)->timers_;
  constexpr std::uint64_t longest = 31'536'000'000ull; // a year; keeps clock arithmetic in range
  auto timer = std::make_shared<Timer>();
  timer->period_ms = std::min(period_ms, longest);
  timer->fire = fire;
  timer->user = user;
  {
    const std::lock_guard lock(self.mutex_);
    self.timers_.insert(timer);
  }
  *out = reinterpret_cast<crank_timer*>(timer.get());
  arm(self.core_, timer, TimerQueue::Clock::now() + std::chrono::milliseconds(std::min(delay_ms, longest)));
  return CRANK_OK;
} catch (...) {
  return CRANK_EXHAUSTED;
}

// The queue's thread only passes it on: the work itself belongs on the pool.
void PluginTimers::arm(const std::shared_ptr<Core>& core, const std::shared_ptr<Timer>& timer,
                       TimerQueue::Clock::time_point when) {
  const std::lock_guard lock(timer->mutex);
  if (timer->cancelled) return;
  timer->next = when;
  timer->handle = core->queue.schedule(when, [core, weak = std::weak_ptr(timer)] {
    if (const auto due = weak.lock()) core->pool.submit([core, due] { run(core, due); });
  });
}

void PluginTimers::run(const std::shared_ptr<Core>& core, const std::shared_ptr<Timer>& timer) {
  {
    const std::lock_guard lock(timer->mutex);
    if (timer->cancelled) return; // while it waited for a thread
    timer->runner = std::this_thread::get_id();
  }
  if (core->open) fire(*core, *timer);
  bool again = false;
  {
    const std::lock_guard lock(timer->mutex);
    timer->runner = {};
    timer->idle.notify_all();
    again = !timer->cancelled && timer->period_ms > 0;
  }
  if (!again) return;
  // Ticks that came due meanwhile are left out; the rhythm stays.
  const auto period = std::chrono::milliseconds(timer->period_ms);
  auto when = timer->next + period;
  const auto now = TimerQueue::Clock::now();
  if (when <= now) when += (now - when) / period * period + period;
  arm(core, timer, when);
}

void PluginTimers::fire(const Core& core, const Timer& timer) {
  void (*const raw)(void*) =
      timer.fire; // without noexcept: what the plugin throws in spite of it must not end the process
  try {
    raw(timer.user);
  } catch (...) {
    log(LogLevel::error, LogContext{core.plugin, {}, {}},
        "plugin " + core.plugin + " threw an exception out of a timer");
  }
}

void PluginTimers::cancel(const crank_host* host, crank_timer* handle) noexcept try {
  if (!host || !handle) return;
  PluginTimers& self = *static_cast<Instance*>(host->host_data)->timers_;
  std::shared_ptr<Timer> timer;
  {
    const std::lock_guard lock(self.mutex_);
    const auto found = std::find_if(self.timers_.begin(), self.timers_.end(), [&](const auto& one) {
      return reinterpret_cast<crank_timer*>(one.get()) == handle;
    });
    if (found == self.timers_.end()) {
      log(LogLevel::error, "a plugin cancelled a timer that does not exist");
      return;
    }
    timer = *found;
    self.timers_.erase(found);
  }
  end(*self.core_, timer);
} catch (...) {
}

// A tick that only waits for a thread is not waited for: this may be the thread.
void PluginTimers::end(const Core& core, const std::shared_ptr<Timer>& timer) {
  std::unique_lock lock(timer->mutex);
  timer->cancelled = true;
  core.queue.cancel(timer->handle);
  if (timer->runner == std::this_thread::get_id()) return; // from inside fire()
  timer->idle.wait(lock, [&] { return timer->runner == std::thread::id(); });
}

} // namespace crank
