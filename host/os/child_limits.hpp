// What a child process may use at most, as far as a kernel sees to that by itself. Knows nothing of why.
#pragma once

#include <cstdint>

namespace crank {

// 0: as its parent.
struct ChildLimits {
  std::uint64_t data_bytes = 0;  // memory that it has and no file has; left out where the host is built with a
                                 // sanitizer, whose programs ask for terabytes
  std::uint64_t file_bytes = 0;  // the length that a file can get by its writing; SIGXFSZ
  std::uint64_t cpu_seconds = 0; // SIGXCPU, and SIGKILL a second later
  std::uint64_t descriptors = 0;
};

// To this process, for good: soft and hard alike. What is above the hard limit that it has is that. False with errno.
// Async-signal-safe.
[[nodiscard]] bool apply(const ChildLimits& limits) noexcept;

} // namespace crank
