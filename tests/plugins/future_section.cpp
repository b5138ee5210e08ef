// future_section: well-behaved, of a minor that does not exist yet, which it does not need; its manifest has sections
// that this host does not know. The host must run it, and say what it leaves out.
#include "kit.hpp"

namespace {
constinit crank_plugin instance = kit::table();
}

constinit const crank_entry crank_entry_v0 = {
    CRANK_MAGIC,
    CRANK_ABI_MAJOR,
    CRANK_ABI_MINOR + 1,
    CRANK_NEEDS_MINOR,
    sizeof(crank_entry),
    kit::str(R"({"id":"future_section","version":"1.0.0","devices":["cuda"],"capabilities":[)"
             R"({"id":"test.call","verb":"test","version":"1.0.0","mcp":{"title":"Call"}}]})"),
    kit::create<&instance>};
