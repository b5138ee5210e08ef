// bad_magic: exports an entry that does not begin with CRANK_MAGIC. The host must refuse it before running any of it.
#include "kit.hpp"

namespace {
constinit crank_plugin instance = kit::table();
}

constinit const crank_entry crank_entry_v0 = {0xdeadbeefu,           CRANK_ABI_MAJOR,
                                              CRANK_ABI_MINOR,       1,
                                              sizeof(crank_entry),   kit::str(KIT_MANIFEST("bad_magic", "")),
                                              kit::create<&instance>};
