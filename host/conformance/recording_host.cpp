#include "conformance/recording_host.hpp"

#include "abi/text.hpp"
#include "conformance/recording_ask.hpp"
#include "conformance/recording_files.hpp"
#include "conformance/recording_form.hpp"
#include "conformance/recording_process.hpp"
#include "version.hpp"

#include <algorithm>

namespace crank {

RecordingHost::RecordingHost(CheckReport& report, Options options) : report_(report), extensions_(options.extensions) {
  fill_tables(options);
}

void RecordingHost::fill_tables(Options options) {
  storage_.table.size = options.size;
  storage_.table.host_data = this;
  storage_.table.name = to_abi("crank-host");
  storage_.table.version = to_abi(host_version);
  storage_.table.extension = [](const crank_host* host, crank_str id) noexcept {
    return of(host).extension(from_abi(id));
  };
  storage_.table.log = [](const crank_host* host, std::int32_t level, crank_str text) noexcept {
    RecordingHost& self = of(host);
    if (level < CRANK_LOG_DEBUG || level > CRANK_LOG_ERROR)
      self.report_.fail("log() with the level " + std::to_string(level));
    const std::lock_guard lock(self.mutex_);
    self.last_log_ = from_abi(text);
  };
  timers_table_.size = sizeof timers_table_;
  timers_table_.schedule = [](const crank_host* host, const crank_timer_spec* spec, std::uint64_t* id) noexcept {
    return of(host).schedule(spec, id);
  };
  timers_table_.cancel = [](const crank_host* host, std::uint64_t id) noexcept { return of(host).cancel(id); };
  sessions_table_.size = sizeof sessions_table_;
  sessions_table_.publish = [](const crank_host* host, crank_str topic, const crank_message* message) noexcept {
    return of(host).publish(from_abi(topic), message);
  };
  sessions_table_.count = [](const crank_host* host, crank_str operation) noexcept -> std::uint64_t {
    RecordingHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    return static_cast<std::uint64_t>(
        std::count_if(self.sessions_.begin(), self.sessions_.end(), [&](const RecordingSession* session) {
          return operation.len == 0 || session->operation() == from_abi(operation);
        }));
  };
}

const void* RecordingHost::extension(std::string_view id) const {
  if (!extensions_) return nullptr;
  if (id == CRANK_EXT_TIMER) return &timers_table_;
  if (id == CRANK_EXT_SESSION) return &sessions_table_;
  if (id == CRANK_EXT_PROCESS) return recording_processes();
  if (id == CRANK_EXT_ASK) return recording_ask();
  if (id == CRANK_EXT_FILES) return RecordingFiles::table();
  if (id == CRANK_EXT_FORM) return RecordingForm::table();
  return nullptr;
}

crank_status RecordingHost::schedule(const crank_timer_spec* spec, std::uint64_t* id) {
  if (!spec || !id || !CRANK_HAS_FIELD(crank_timer_spec, spec, reserved) || !spec->fire) {
    report_.fail("schedule() without a spec of its size, a place for the id, or a function to call");
    return CRANK_INVALID;
  }
  if ((spec->flags & ~CRANK_TIMER_LEADING) != 0) return CRANK_UNSUPPORTED;
  if (spec->reserved != 0) report_.fail("schedule() with a spec whose reserved member is not 0");
  // Long delays are cut, so that what waits for them is seen within a check.
  const auto soon = [](std::uint64_t ms) { return std::chrono::milliseconds(std::min<std::uint64_t>(ms, 1000)); };
  const std::lock_guard lock(mutex_);
  timers_.push_back({spec->fire, spec->user, Clock::now() + soon(spec->delay_ms), soon(spec->period_ms)});
  *id = timers_.size();
  return CRANK_OK;
}

crank_status RecordingHost::cancel(std::uint64_t id) {
  const std::lock_guard wait(firing_);
  const std::lock_guard lock(mutex_);
  if (id == 0 || id > timers_.size()) {
    report_.fail("cancel() of a timer that was never scheduled here");
    return CRANK_NOT_FOUND;
  }
  return std::exchange(timers_[id - 1].over, true) ? CRANK_NOT_FOUND : CRANK_OK;
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
      if (timer->over) continue;
      timer->over = timer->period.count() == 0;
      timer->due = Clock::now() + timer->period;
    }
    timer->fire(timer->user);
  }
}

std::string RecordingHost::last_log() const {
  const std::lock_guard lock(mutex_);
  return last_log_;
}

} // namespace crank
