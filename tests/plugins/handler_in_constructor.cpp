// handler_in_constructor: what a language runtime does when it is loaded (Go's, a JVM's). It installs a handler of
// SIGSEGV that recovers from faults of its own and passes all others on to the handler that was there before.
// {"how":"recover"} faults and recovers, {"how":"crash"} faults elsewhere.
#include "kit.hpp"

#include <csetjmp>
#include <csignal>

namespace {

thread_local sigjmp_buf back;
thread_local volatile bool guarded = false;
struct sigaction former {};

void caught(int signal, siginfo_t *info, void *context) {
  if (guarded) siglongjmp(back, 1);
  if ((former.sa_flags & SA_SIGINFO) != 0) return former.sa_sigaction(signal, info, context);
  if (former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN) return former.sa_handler(signal);
  sigaction(signal, &former, nullptr); /* the fault strikes again */
}

[[gnu::constructor]] void install() {
  struct sigaction action {};
  action.sa_sigaction = caught;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, &former);
}

// UBSan would report the null pointer before the kernel does.
__attribute__((no_sanitize("undefined"))) void write_to_nowhere() {
  volatile std::uintptr_t nowhere = 0; /* volatile: the compiler must not see through it */
  *reinterpret_cast<volatile int *>(nowhere) = 1;
}

crank_status call(crank_plugin *, crank_call *call) noexcept {
  if (kit::view(call->body).find("\"crash\"") != std::string_view::npos) write_to_nowhere();
  if (sigsetjmp(back, 1) == 0) {
    guarded = true;
    write_to_nowhere();
  }
  guarded = false;
  return call->write(call, "{\"recovered\":1}", 15);
}

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 =
    kit::entry(KIT_MANIFEST("handler_in_constructor", ""), kit::create<&instance>);
