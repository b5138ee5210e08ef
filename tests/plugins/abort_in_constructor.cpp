// abort_in_constructor: its constructor aborts (SIGABRT) while the library loads.
#include "kit.hpp"

#include <cstdlib>

namespace {
__attribute__((constructor)) void on_load() { std::abort(); }

constinit crank_plugin instance = kit::table();
} // namespace

constinit const crank_entry crank_entry_v0 =
    kit::entry(KIT_MANIFEST("abort_in_constructor", ""), kit::create<&instance>);
