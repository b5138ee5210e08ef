#include "os/child_limits.hpp"

#include "os/sanitizers.hpp"

#include <algorithm>
#include <sys/resource.h>

namespace crank {
namespace {

bool lower(int resource, rlim_t soft, rlim_t hard) noexcept {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return false;
  limit.rlim_max = std::min(limit.rlim_max, hard); // RLIM_INFINITY is the greatest of all
  limit.rlim_cur = std::min(limit.rlim_max, soft);
  return ::setrlimit(resource, &limit) == 0;
}

bool lower(int resource, std::uint64_t most) noexcept { return most == 0 || lower(resource, most, most); }

} // namespace

bool apply(const ChildLimits& limits) noexcept {
  if (limits.cpu_seconds > 0 && !lower(RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)) return false;
  if (!built_with_sanitizer && !lower(RLIMIT_DATA, limits.data_bytes)) return false;
  return lower(RLIMIT_FSIZE, limits.file_bytes) && lower(RLIMIT_NOFILE, limits.descriptors);
}

} // namespace crank
