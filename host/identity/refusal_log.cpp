#include "identity/refusal_log.hpp"

#include <utility>

namespace crank {
namespace {

std::string more(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " more request was refused" : " more requests were refused");
}

} // namespace

std::string RefusalLog::note(std::string refusal, Time now) {
  const std::lock_guard lock(mutex_);
  if (!due(now)) {
    ++unsaid_;
    latest_ = std::move(refusal);
    return {};
  }
  said_ = true;
  last_ = now;
  if (const auto count = std::exchange(unsaid_, 0)) refusal += "; " + more(count) + " before it";
  return refusal;
}

std::string RefusalLog::rest(Time now) {
  const std::lock_guard lock(mutex_);
  if (unsaid_ == 0 || !due(now)) return {};
  last_ = now;
  return more(std::exchange(unsaid_, 0)) + ", the last: " + std::exchange(latest_, {});
}

} // namespace crank
