#include "os/standard_input.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace crank {

Descriptor take_standard_input() {
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Descriptor own(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!nothing || !own || ::dup2(nothing.get(), STDIN_FILENO) < 0) return {};
  return own;
}

} // namespace crank
