// null_call_table: start() and stop() are NULL, which the contract forbids.
#include "kit.hpp"

namespace {
constinit crank_plugin instance = {sizeof(crank_plugin), nullptr, nullptr, kit::answer, nullptr, kit::destroy, nullptr};
}

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("null_call_table", ""), kit::create<&instance>);
