// Starting a thread is what a busy machine refuses first (a container's pids limit, memory): whoever does it while
// serving has to live on without. Tests put a function of their own in the place of start_thread.
#pragma once

#include <functional>
#include <thread>

namespace crank {

// Throws std::system_error when the system has no more threads.
using StartThread = std::function<std::thread(std::function<void()> body)>;

inline std::thread start_thread(std::function<void()> body) { return std::thread(std::move(body)); }

} // namespace crank
