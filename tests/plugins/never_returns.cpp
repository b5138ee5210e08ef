// never_returns: call() blocks until the process ends and does not look at cancelled(). The host owes its client an
// answer at the deadline (500 ms here), and must still be able to end.
#include "kit.hpp"

#include <unistd.h>

namespace {
crank_status call(crank_plugin *, crank_call *) noexcept {
  for (;;) pause();
}

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 =
    kit::entry(KIT_MANIFEST("never_returns", R"(,"limits":{"timeout_ms":500,"max_concurrency":2,"queue":1})"),
               kit::create<&instance>);
