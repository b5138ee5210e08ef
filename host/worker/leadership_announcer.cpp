#include "worker/leadership_announcer.hpp"

#include "os/alternate_stack.hpp"

#include <utility>

namespace crank {

LeadershipAnnouncer::~LeadershipAnnouncer() {
  if (!thread_.joinable()) return;
  static_cast<void>(finish(std::chrono::milliseconds(0)));
  thread_.join();
}

void LeadershipAnnouncer::start() {
  thread_ = std::thread([this] { run(); });
}

void LeadershipAnnouncer::change(std::uint64_t term, std::function<void()> told) {
  leadership_.set(term);
  const std::lock_guard lock(mutex_);
  pending_.push_back(std::move(told));
  changed_.notify_all();
}

bool LeadershipAnnouncer::finish(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  ending_ = true;
  changed_.notify_all();
  return changed_.wait_for(lock, time, [this] { return ended_; });
}

void LeadershipAnnouncer::run() {
  const AlternateStack signal_stack; // who is told may run a plugin's code
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !pending_.empty(); });
    if (pending_.empty()) break;
    const auto told = std::move(pending_.front());
    pending_.pop_front();
    lock.unlock();
    leadership_.tell();
    if (told) told();
    lock.lock();
  }
  ended_ = true;
  changed_.notify_all();
}

} // namespace crank
