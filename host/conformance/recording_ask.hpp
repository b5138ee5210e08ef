// What a call's plugin asks, for conformance checks: looked at, and turned down, as any person may.
#pragma once

#include <crank/ext/ask.h>

namespace crank {

[[nodiscard]] const crank_ask* recording_ask();

} // namespace crank
