#include "supervisor/restart_policy.hpp"

namespace crank {

std::chrono::milliseconds RestartPolicy::failed(std::chrono::milliseconds served) {
  using std::chrono::milliseconds;
  constexpr milliseconds pauses[quick_attempts] = {milliseconds(0), milliseconds(50), milliseconds(100),
                                                   milliseconds(200), milliseconds(400)};
  if (served >= long_enough) failures_ = 0;
  ++failures_;
  return breaker_open() ? milliseconds(breaker_pause) : pauses[failures_ - 1];
}

} // namespace crank
