// future_need: needs a host minor that does not exist yet. The host must say that it is too old, and for which minor.
#include "kit.hpp"

namespace {
constinit crank_plugin instance = kit::table();
}

constinit const crank_entry crank_entry_v0 = {
    CRANK_MAGIC,           CRANK_ABI_MAJOR, 999, 999, sizeof(crank_entry), kit::str(KIT_MANIFEST("future_need", "")),
    kit::create<&instance>};
