// What a process inherits from whoever started it and the host cannot live with. Knows no command.
#pragma once

namespace crank {

// Opens what is closed of descriptors 0 to 2 on /dev/null: the next file or socket would get the number, and everything
// that is written to standard error with it. Returns how many were closed.
int open_standard_descriptors();

// Nothing is ignored any more but SIGHUP, SIGINT, SIGQUIT (what nohup and shells mean by it) and the signals of
// terminals: dispositions survive exec, and a child of a parent that ignores SIGCHLD cannot be waited for.
void reset_ignored_signals();

// The mask survives exec, too. Not for a supervisor: its predecessor blocks signals until it handles them.
void unblock_signals();

} // namespace crank
