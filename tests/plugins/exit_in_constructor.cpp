// exit_in_constructor: its constructor ends the process with status 0, which must not pass for success.
#include "kit.hpp"

#include <cstdlib>

namespace {
__attribute__((constructor)) void on_load() { std::_Exit(0); }

constinit crank_plugin instance = kit::table();
} // namespace

constinit const crank_entry crank_entry_v0 =
    kit::entry(KIT_MANIFEST("exit_in_constructor", ""), kit::create<&instance>);
