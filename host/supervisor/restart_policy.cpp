#include "supervisor/restart_policy.hpp"

#include <algorithm>

namespace crank {

std::chrono::milliseconds RestartPolicy::failed(bool served, Clock::time_point now) {
  using std::chrono::milliseconds;
  constexpr milliseconds pauses[quick_attempts] = {milliseconds(0), milliseconds(50), milliseconds(100),
                                                   milliseconds(200), milliseconds(400)};
  left_ = std::min(budget, left_ + std::chrono::duration<double>(now - counted_) / refill);
  counted_ = now;
  if (served && left_ >= 1) {
    --left_;
    failures_ = 0;
    return milliseconds(0);
  }
  ++failures_;
  return breaker_open() ? milliseconds(breaker_pause) : pauses[failures_ - 1];
}

void RestartPolicy::reset() {
  failures_ = 0;
  left_ = budget;
}

} // namespace crank
