// Notices a plugin that ends the process with _exit() or _Exit(), which runs no exit handler.
// Knows the C library; knows nothing of plugins. One implementation per platform.
#pragma once

namespace crank {

// While `hook` is not null, _exit() and _Exit() called by anybody in the process call it first. Linux only: elsewhere a
// library's calls cannot be redirected, and such a plugin ends the host with its own status. [main thread]
void set_early_exit_hook(void (*hook)());

// Ends the process without exit handlers and without the hook. [any thread, signal handlers]
[[noreturn]] void leave_process(int status);

} // namespace crank
