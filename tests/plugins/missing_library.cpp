// missing_library: needs libnowhere_to_be_found.so, a name under which nothing is ever installed.
#include "kit.hpp"

extern "C" int nowhere_to_be_found(void);

namespace {
crank_status call(crank_plugin *, crank_call *) noexcept { return nowhere_to_be_found(); }

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("missing_library", ""), kit::create<&instance>);
