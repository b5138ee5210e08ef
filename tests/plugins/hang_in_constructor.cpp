// hang_in_constructor: its constructor never returns, so loading it never ends.
#include "kit.hpp"

#include <unistd.h>

namespace {
__attribute__((constructor)) void on_load() {
  for (;;) pause();
}

constinit crank_plugin instance = kit::table();
} // namespace

constinit const crank_entry crank_entry_v0 =
    kit::entry(KIT_MANIFEST("hang_in_constructor", ""), kit::create<&instance>);
