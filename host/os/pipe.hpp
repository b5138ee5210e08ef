// Both ends of a pipe, close-on-exec. Knows nothing of who holds them.
#pragma once

#include "os/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace crank {

struct Pipe {
  Descriptor reading, writing;

  // Without ends, and with errno, when the system has no more descriptors. Not with pipe2(), which macOS lacks: who
  // starts a child on another thread meanwhile does not pass on what it was not told to (os/start_child.hpp).
  static Pipe make() {
    int ends[2];
    if (::pipe(ends) != 0) return {};
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
  }
  explicit operator bool() const { return static_cast<bool>(reading); }
};

} // namespace crank
