// null_create: an entry without create().
#include "kit.hpp"

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("null_create", ""), nullptr);
