// crash_in_constructor: its constructor writes through a null pointer (SIGSEGV) while the library loads.
#include "kit.hpp"

#include <cstdint>

namespace {
// UBSan would report the null pointer before the kernel does.
__attribute__((constructor, no_sanitize("undefined"))) void on_load() {
  volatile std::uintptr_t nowhere = 0; /* volatile: the compiler must not see through it */
  *reinterpret_cast<volatile int *>(nowhere) = 1;
}

constinit crank_plugin instance = kit::table();
} // namespace

constinit const crank_entry crank_entry_v0 =
    kit::entry(KIT_MANIFEST("crash_in_constructor", ""), kit::create<&instance>);
