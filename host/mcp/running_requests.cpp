#include "mcp/running_requests.hpp"

#include <utility>

namespace crank {

bool RunningRequests::add(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return running_.emplace(key, Stop()).second;
}

void RunningRequests::set(const std::string& key, Stop stop) {
  const std::lock_guard lock(mutex_);
  running_[key] = std::move(stop);
}

void RunningRequests::remove(const std::string& key) {
  const std::lock_guard lock(mutex_);
  running_.erase(key);
}

void RunningRequests::stop(const std::string& key) {
  Stop stop;
  {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(key);
    if (found == running_.end()) return;
    stop = found->second;
  }
  if (stop) stop();
}

} // namespace crank
