// Definitions in the executable come before those of the C library for everything that is loaded later, so these two
// are called instead. The attribute is spelt as in those headers: clang takes no other.
#include "plugin/early_exit.hpp"

#include <sys/syscall.h>
#include <unistd.h>

namespace crank {
namespace {

void (*early_exit_hook)() = nullptr;

} // namespace

void set_early_exit_hook(void (*hook)()) { early_exit_hook = hook; }

void leave_process(int status) {
  for (;;) ::syscall(SYS_exit_group, status);
}

} // namespace crank

extern "C" __attribute__((noreturn)) void _exit(int status) {
  if (crank::early_exit_hook) crank::early_exit_hook();
  crank::leave_process(status);
}

extern "C" __attribute__((noreturn)) void _Exit(int status) noexcept {
  if (crank::early_exit_hook) crank::early_exit_hook();
  crank::leave_process(status);
}
