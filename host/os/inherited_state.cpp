#include "os/inherited_state.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <initializer_list>
#include <unistd.h>

namespace crank {

int open_standard_descriptors() {
  int opened = 0;
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    const int found = ::open("/dev/null", O_RDWR);
    if (found > STDERR_FILENO) ::close(found); // another thread was quicker
    ++opened;
  }
  return opened;
}

void reset_ignored_signals() {
  for (const int signal : {SIGCHLD, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGABRT, SIGTRAP, SIGSYS, SIGSEGV,
                           SIGBUS, SIGILL, SIGFPE}) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) ::signal(signal, SIG_DFL);
  }
}

void unblock_signals() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace crank
