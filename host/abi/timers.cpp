#include "abi/timers.hpp"

#include "abi/instance.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace crank {
namespace {

constexpr std::uint64_t longest_ms = 31'536'000'000ull; // a year; keeps clock arithmetic in range

crank_status schedule_for(const crank_host* host, const crank_timer_spec* spec, std::uint64_t* id) noexcept try {
  if (!host || !spec || !id || !CRANK_HAS_FIELD(crank_timer_spec, spec, reserved) || !spec->fire) return CRANK_INVALID;
  return Instance::of(host).timers().schedule(*spec, *id);
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status cancel_for(const crank_host* host, std::uint64_t id) noexcept try {
  return host ? Instance::of(host).timers().cancel(id) : CRANK_INVALID;
} catch (...) {
  return CRANK_INTERNAL;
}

} // namespace

struct PluginTimers::Timer {
  std::uint64_t id;
  std::chrono::milliseconds period;
  void (*fire)(void*) noexcept;
  void* user;
  bool leading;
  std::mutex mutex; // guards what follows
  std::condition_variable idle;
  TimerQueue::Handle handle;
  TimerQueue::Clock::time_point next;
  bool cancelled = false;
  std::thread::id runner; // the thread that is inside fire(), if any
};

const crank_timers* PluginTimers::table() {
  static const crank_timers timers{sizeof(crank_timers), &schedule_for, &cancel_for};
  return &timers;
}

PluginTimers::PluginTimers(TimerQueue& queue, ThreadPool& pool, Leadership& leadership, std::string plugin)
    : core_(std::make_shared<Core>(queue, pool, std::move(plugin))),
      subscription_(leadership.on_change([core = core_](std::uint64_t term) { set_leads(*core, term != 0); })) {}

PluginTimers::~PluginTimers() {
  std::unordered_map<std::uint64_t, std::shared_ptr<Timer>> left;
  {
    const std::lock_guard lock(core_->mutex);
    left.swap(core_->timers);
  }
  for (const auto& [id, timer] : left) end(*core_, timer);
}

crank_status PluginTimers::schedule(const crank_timer_spec& spec, std::uint64_t& id) {
  if ((spec.flags & ~CRANK_TIMER_LEADING) != 0) return CRANK_UNSUPPORTED;
  auto timer = std::make_shared<Timer>();
  timer->period = std::chrono::milliseconds(std::min(spec.period_ms, longest_ms));
  timer->fire = spec.fire;
  timer->user = spec.user;
  timer->leading = (spec.flags & CRANK_TIMER_LEADING) != 0;
  {
    const std::lock_guard lock(core_->mutex);
    timer->id = ++core_->last_id;
    core_->timers.emplace(timer->id, timer);
  }
  id = timer->id;
  arm(core_, timer, TimerQueue::Clock::now() + std::chrono::milliseconds(std::min(spec.delay_ms, longest_ms)));
  return CRANK_OK;
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
  if (core->open) timer->leading ? fire_leading(*core, *timer) : fire(*core, *timer);
  const bool once = timer->period.count() == 0;
  bool again = false;
  {
    const std::lock_guard lock(timer->mutex);
    timer->runner = {};
    timer->idle.notify_all();
    again = !timer->cancelled && !once;
  }
  if (once) {
    const std::lock_guard lock(core->mutex);
    core->timers.erase(timer->id);
  }
  if (!again) return;
  // Ticks that came due meanwhile are left out; the rhythm stays.
  auto when = timer->next + timer->period;
  const auto now = TimerQueue::Clock::now();
  if (when <= now) when += (now - when) / timer->period * timer->period + timer->period;
  arm(core, timer, when);
}

void PluginTimers::fire(Core& core, const Timer& timer) {
  void (*const raw)(void*) =
      timer.fire; // without noexcept: what the plugin throws in spite of it must not end the process
  try {
    raw(timer.user);
  } catch (...) {
    log(LogLevel::error, LogContext{core.plugin, {}, {}},
        "plugin " + core.plugin + " threw an exception out of a timer");
  }
}

void PluginTimers::fire_leading(Core& core, const Timer& timer) {
  {
    const std::lock_guard lock(core.mutex);
    if (!core.leads) return;
    ++core.leading_ticks;
  }
  fire(core, timer);
  const std::lock_guard lock(core.mutex);
  if (--core.leading_ticks == 0) core.leading_over.notify_all();
}

// Nobody else leads before this has returned: ticks that are under way count as ours.
void PluginTimers::set_leads(Core& core, bool leads) {
  std::unique_lock lock(core.mutex);
  core.leads = leads;
  if (!leads) core.leading_over.wait(lock, [&] { return core.leading_ticks == 0; });
}

crank_status PluginTimers::cancel(std::uint64_t id) {
  std::shared_ptr<Timer> timer;
  {
    const std::lock_guard lock(core_->mutex);
    const auto found = core_->timers.find(id);
    if (found == core_->timers.end()) return CRANK_NOT_FOUND;
    timer = found->second;
  }
  end(*core_, timer);
  const std::lock_guard lock(core_->mutex);
  core_->timers.erase(id);
  return CRANK_OK;
}

// A tick that only waits for a thread is not waited for: this may be the thread.
void PluginTimers::end(Core& core, const std::shared_ptr<Timer>& timer) {
  std::unique_lock lock(timer->mutex);
  timer->cancelled = true;
  core.queue.cancel(timer->handle);
  if (timer->runner == std::this_thread::get_id()) return; // from inside fire()
  timer->idle.wait(lock, [&] { return timer->runner == std::thread::id(); });
}

} // namespace crank
