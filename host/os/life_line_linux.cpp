#include "os/life_line.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace crank {

// PR_SET_PDEATHSIG is of one process, and those that it starts are without.
bool ends_by_life_line(bool with_group) noexcept { return with_group; }

bool end_with_parent(pid_t parent) noexcept {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (::getppid() == parent) return true;
  errno = ESRCH;
  return false;
}

void go_first_without_memory() noexcept {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  const ssize_t written = ::write(file, "1000", 4);
  static_cast<void>(written); // it is as likely as its parent then
  ::close(file);
}

} // namespace crank
