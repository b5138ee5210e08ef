// Definitions in the executable come before those of the C library for everything that is loaded later, so these two
// are called instead.
#include "os/early_exit.hpp"

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

// Everything else here is hidden, and clang hides these with it unless told; noreturn is spelt as in the C library's
// headers.
#define CRANK_REPLACES_C_LIBRARY extern "C" __attribute__((noreturn, visibility("default")))

CRANK_REPLACES_C_LIBRARY void _exit(int status) {
  if (crank::early_exit_hook) crank::early_exit_hook();
  crank::leave_process(status);
}

CRANK_REPLACES_C_LIBRARY void _Exit(int status) noexcept {
  if (crank::early_exit_hook) crank::early_exit_hook();
  crank::leave_process(status);
}
