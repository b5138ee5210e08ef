// short_table: its entry says it ends before the manifest, so the host must read neither manifest nor create().
#include "kit.hpp"

namespace {
constinit crank_plugin instance = kit::table();
}

constinit const crank_entry crank_entry_v0 = {CRANK_MAGIC,
                                              CRANK_ABI_MAJOR,
                                              CRANK_ABI_MINOR,
                                              1,
                                              offsetof(crank_entry, manifest_json),
                                              kit::str(KIT_MANIFEST("short_table", "")),
                                              kit::create<&instance>};
