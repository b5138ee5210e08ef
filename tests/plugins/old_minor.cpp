// old_minor: compiled with 0.1, whose functions this host no longer has. The host must say so, and what to do.
#include "kit.hpp"

namespace {
constinit crank_plugin instance = kit::table();
}

constinit const crank_entry crank_entry_v0 = {
    CRANK_MAGIC,           CRANK_ABI_MAJOR, 1, 1, sizeof(crank_entry), kit::str(KIT_MANIFEST("old_minor", "")),
    kit::create<&instance>};
