// bad_manifest: its manifest is not JSON; the object is never closed.
#include "kit.hpp"

namespace {
constinit crank_plugin instance = kit::table();
}

constinit const crank_entry crank_entry_v0 =
    kit::entry(R"({"id": "bad_manifest", "version": "1.0.0", "capabilities": [)", kit::create<&instance>);
