// Writes down how this process crashed, where its supervisor finds it afterwards. Knows signals and the scoreboard.
#pragma once

#include "supervision/scoreboard.hpp"

namespace crank {

// From now on SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS and SIGABRT leave a report on `page` (signal, address,
// the call the thread was serving, its stack), and then end the process as they would have. A thread without an
// AlternateStack cannot report the overflow of its stack. Once, on the main thread; `page` must live as long as the
// process.
void report_crashes_to(ScoreboardPage& page);

} // namespace crank
