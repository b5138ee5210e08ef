// undefined_symbol: uses a function that no library has, as a plugin does that expects symbols of its host.
#include "kit.hpp"

extern "C" crank_status crank_host_symbol_that_never_was(crank_call *call);

namespace {
crank_status call(crank_plugin *, crank_call *call) noexcept { return crank_host_symbol_that_never_was(call); }

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("undefined_symbol", ""), kit::create<&instance>);
