#include "mcp/wait_place.hpp"

namespace crank {

std::shared_ptr<WaitPlace> take_place(RunningRequests& running, const std::string& key) {
  if (!key.empty() && !running.add(key)) return nullptr;
  auto place = std::make_shared<WaitPlace>(running, key);
  if (key.empty()) return place;
  running.set(key, [weak = std::weak_ptr(place)] {
    if (const auto its_place = weak.lock()) its_place->stop();
  });
  return place;
}

bool WaitPlace::begin(const std::shared_ptr<JobWait>& wait) {
  const std::lock_guard lock(mutex_);
  wait_ = wait;
  return !stopped_;
}

void WaitPlace::stop() {
  std::shared_ptr<JobWait> wait;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    wait = wait_.lock();
  }
  release();
  if (wait) wait->abandon();
}

void WaitPlace::release() {
  std::string key;
  {
    const std::lock_guard lock(mutex_);
    key.swap(key_);
  }
  if (!key.empty()) running_.remove(key);
}

} // namespace crank
