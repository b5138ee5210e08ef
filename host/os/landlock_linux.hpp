// Landlock, the kernel's way for a process to give up files for good. With the numbers of its ABI, which are newer than
// the headers of many systems.
#pragma once

#include "os/confinement.hpp"
#include "os/descriptor.hpp"

namespace crank {

class Landlock {
public:
  // The ABI that the kernel has; 0: none, or it may not be used.
  static int abi();
  static bool scopes_signals() { return abi() >= 6; } // to other processes

  // Of a kernel that has it. False with errno.
  [[nodiscard]] bool prepare(const ConfinementRules& rules);
  // In the child, which may also look at itself in /proc from then on. False with errno. Async-signal-safe.
  [[nodiscard]] bool enter() const noexcept;

private:
  bool allow(const char* path, std::uint64_t wanted) const noexcept;

  Descriptor ruleset_;
};

} // namespace crank
