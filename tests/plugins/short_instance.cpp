// short_instance: create() hands over a table that ends before call(), stop() and destroy(), all three being traps.
#include "kit.hpp"

#include <cstdlib>

namespace {
crank_status trap_call(crank_plugin *, crank_call *) noexcept { std::abort(); }
void trap(crank_plugin *) noexcept { std::abort(); }

constinit crank_plugin instance = {offsetof(crank_plugin, call), nullptr, kit::start, trap_call, trap, trap, nullptr};
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("short_instance", ""), kit::create<&instance>);
