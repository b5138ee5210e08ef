// How a foreign child ends when its parent does, whatever ended that. One file for each system.
// All of it: in the child, between fork and exec; async-signal-safe.
#pragma once

#include <sys/types.h>

namespace crank {

// Whether a child needs a pipe whose other end the parent holds, and a keeper, to end with it. [any thread]
[[nodiscard]] bool ends_by_life_line(bool with_group) noexcept;

// This process is killed when the thread of `parent` that made it is gone. False where it is gone already, with errno.
// Where the system cannot do that it is true.
[[nodiscard]] bool end_with_parent(pid_t parent) noexcept;

// When the machine has no memory left, this process is killed before others.
void go_first_without_memory() noexcept;

} // namespace crank
