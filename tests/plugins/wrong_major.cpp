// wrong_major: claims to be compiled with a major that this host does not speak.
#include "kit.hpp"

namespace {
constinit crank_plugin instance = kit::table();
}

constinit const crank_entry crank_entry_v0 = {
    CRANK_MAGIC,           7, CRANK_ABI_MINOR, 1, sizeof(crank_entry), kit::str(KIT_MANIFEST("wrong_major", "")),
    kit::create<&instance>};
