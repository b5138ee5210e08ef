// no_entry: a shared library like any other. It has no crank_entry_v0, so it is not a plugin.
#include "kit.hpp"

extern "C" CRANK_EXPORT int no_entry_answer(void);

int no_entry_answer(void) { return 42; }
