// crash_in_call: call() writes through a null pointer (SIGSEGV).
#include "kit.hpp"

namespace {
// UBSan would report the null pointer before the kernel does.
__attribute__((no_sanitize("undefined"))) crank_status call(crank_plugin *, crank_call *) noexcept {
  volatile std::uintptr_t nowhere = 0; /* volatile: the compiler must not see through it */
  *reinterpret_cast<volatile int *>(nowhere) = 1;
  return CRANK_OK;
}

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("crash_in_call", ""), kit::create<&instance>);
