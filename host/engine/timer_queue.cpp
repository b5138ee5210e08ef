#include "engine/timer_queue.hpp"

#include "log/log.hpp"

#include <system_error>

namespace crank {

TimerQueue::~TimerQueue() { stop(); }

TimerQueue::Handle TimerQueue::schedule(Clock::time_point when, Task task) {
  auto entry = std::make_shared<Entry>();
  entry->task = std::move(task);
  std::unique_lock lock(mutex_);
  if (stopping_) return {};
  entry->position = entries_.emplace(when, entry);
  entry->filed = true;
  const bool next = entry->position == entries_.begin();
  const bool running = have_thread();
  lock.unlock();
  if (!running)
    log(LogLevel::error, "the system refuses a thread for timers: deadlines are not kept");
  else if (next)
    changed_.notify_one();
  return entry;
}

bool TimerQueue::start() {
  const std::lock_guard lock(mutex_);
  return have_thread();
}

bool TimerQueue::have_thread() {
  if (thread_.joinable()) return true;
  try {
    thread_ = start_thread_([this] { run(); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

bool TimerQueue::cancel(const Handle& handle) {
  const auto entry = handle.lock();
  if (!entry) return false;
  const std::lock_guard lock(mutex_);
  if (!entry->filed) return false;
  entry->filed = false;
  entries_.erase(entry->position);
  return true;
}

void TimerQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void TimerQueue::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (entries_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = entries_.begin();
    const Clock::time_point when = first->first; // a copy: wait_until looks at it again when the entry may be gone
    if (when > Clock::now()) {
      changed_.wait_until(lock, when);
      continue;
    }
    const auto entry = first->second;
    entries_.erase(first);
    entry->filed = false;
    lock.unlock();
    entry->task();
    entry->task = nullptr; // what it holds may use this queue when it goes
    lock.lock();
  }
}

} // namespace crank
