#include "conformance/recording_host.hpp"

#include "version.hpp"

#include <algorithm>

namespace crank {

RecordingHost::RecordingHost(CheckReport& report, Options options) : report_(report), extensions_(options.extensions) {
  fill_tables(options);
}

void RecordingHost::fill_tables(Options options) {
  storage_.table.size = options.size;
  storage_.table.host_data = this;
  storage_.table.name = "crank-host";
  storage_.table.version = host_version;
  storage_.table.extension = [](const crank_host* host, const char* id) noexcept { return of(host).extension(id); };
  storage_.table.log = [](const crank_host* host, std::int32_t level, const char* text, std::size_t size) noexcept {
    RecordingHost& self = of(host);
    if (level < CRANK_LOG_DEBUG || level > CRANK_LOG_ERROR)
      self.report_.fail("log() with the level " + std::to_string(level));
    const std::lock_guard lock(self.mutex_);
    if (text) self.last_log_.assign(text, size);
  };
  timers_table_.size = sizeof timers_table_;
  timers_table_.schedule = [](const crank_host* host, std::uint64_t delay, std::uint64_t period,
                              void (*fire)(void*) noexcept, void* user,
                              crank_timer** out) noexcept { return of(host).schedule(delay, period, fire, user, out); };
  timers_table_.cancel = [](const crank_host* host, crank_timer* timer) noexcept {
    of(host).cancel(reinterpret_cast<Timer*>(timer));
  };
  sessions_table_.size = sizeof sessions_table_;
  sessions_table_.publish = [](const crank_host* host, const char* topic, std::size_t size,
                               const crank_message* message) noexcept {
    return of(host).publish({topic, size}, message);
  };
  sessions_table_.count = [](const crank_host* host, const char* operation,
                             std::size_t size) noexcept -> std::uint64_t {
    RecordingHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    return static_cast<std::uint64_t>(
        std::count_if(self.sessions_.begin(), self.sessions_.end(), [&](const RecordingSession* session) {
          return !operation || session->operation() == std::string_view(operation, size);
        }));
  };
}

const void* RecordingHost::extension(std::string_view id) const {
  if (!extensions_) return nullptr;
  if (id == CRANK_EXT_TIMER) return &timers_table_;
  if (id == CRANK_EXT_SESSION) return &sessions_table_;
  return nullptr;
}

crank_status RecordingHost::schedule(std::uint64_t delay_ms, std::uint64_t period_ms, void (*fire)(void*) noexcept,
                                     void* user, crank_timer** out) {
  // Long delays are cut, so that what waits for them is seen within a check.
  const auto soon = [](std::uint64_t ms) { return std::chrono::milliseconds(std::min<std::uint64_t>(ms, 1000)); };
  const std::lock_guard lock(mutex_);
  timers_.push_back({fire, user, Clock::now() + soon(delay_ms), soon(period_ms)});
  *out = reinterpret_cast<crank_timer*>(&timers_.back()); // opaque to the plugin
  return CRANK_OK;
}

void RecordingHost::cancel(Timer* timer) {
  const std::lock_guard wait(firing_);
  const std::lock_guard lock(mutex_);
  const bool ours =
      std::any_of(timers_.begin(), timers_.end(), [timer](const Timer& known) { return &known == timer; });
  if (!ours) return report_.fail("cancel() of a timer that was never scheduled here");
  if (timer->cancelled) return report_.fail("cancel() of a timer that was cancelled before");
  timer->cancelled = true;
  timer->over = true;
}

crank_status RecordingHost::publish(std::string_view topic, const crank_message* message) {
  std::vector<RecordingSession*> sessions;
  {
    const std::lock_guard lock(mutex_);
    sessions = sessions_;
  }
  for (RecordingSession* session : sessions) {
    if (session->joined(topic)) session->send(message, "publish()");
  }
  return CRANK_OK;
}

void RecordingHost::add(RecordingSession& session) {
  const std::lock_guard lock(mutex_);
  sessions_.push_back(&session);
}

void RecordingHost::remove(RecordingSession& session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(std::remove(sessions_.begin(), sessions_.end(), &session), sessions_.end());
}

void RecordingHost::started() {
  running_ = true;
  timer_thread_ = std::thread([this] {
    while (running_) {
      fire_those_due_at(Clock::now());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
}

void RecordingHost::stopped() {
  running_ = false;
  if (timer_thread_.joinable()) timer_thread_.join();
}

void RecordingHost::fire_timers() { fire_those_due_at(Clock::time_point::max()); }

void RecordingHost::fire_those_due_at(Clock::time_point now) {
  std::vector<Timer*> due;
  {
    const std::lock_guard lock(mutex_);
    for (Timer& timer : timers_) {
      if (!timer.over && timer.due <= now) due.push_back(&timer);
    }
  }
  for (Timer* timer : due) {
    const std::lock_guard firing(firing_);
    {
      const std::lock_guard lock(mutex_);
      if (timer->cancelled || timer->over) continue;
      timer->over = timer->period.count() == 0;
      timer->due = Clock::now() + timer->period;
    }
    timer->fire(timer->user);
  }
}

std::size_t RecordingHost::timers() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(timers_.begin(), timers_.end(), [](const Timer& timer) { return !timer.cancelled; }));
}

std::string RecordingHost::last_log() const {
  const std::lock_guard lock(mutex_);
  return last_log_;
}

} // namespace crank
