// What a plugin says of its own health, while it runs. [any thread]
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

namespace crank {

// In the order of severity; the numbers are those of plugin_api/include/crank/ext/health.h.
enum class HealthState : int { healthy = 0, degraded = 1, unready = 2 };

class PluginHealth {
public:
  // True when that is news.
  bool report(HealthState state, std::string_view reason) {
    const std::lock_guard lock(mutex_);
    if (state_.load(std::memory_order_relaxed) == state && reason_ == reason) return false;
    state_.store(state, std::memory_order_release);
    reason_ = reason;
    return true;
  }
  HealthState state() const { return state_.load(std::memory_order_acquire); }
  // One sentence; empty while healthy, or the plugin's own word for it.
  std::string reason() const {
    const std::lock_guard lock(mutex_);
    return reason_;
  }

private:
  mutable std::mutex mutex_; // guards reason_, and changes of state_
  std::atomic<HealthState> state_{HealthState::healthy};
  std::string reason_;
};

} // namespace crank
