// Stands around the loading of a foreign shared object, whose constructors run before anything can be asked of it.
// Knows signals; knows nothing of plugins but a path to name.
#pragma once

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>

namespace crank {

// While one exists, a crash (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT), a call of exit(), an uncaught
// exception, or `patience` without an end (at least a millisecond) write one line on stderr and end the process with
// code 3. Afterwards the former handlers are back, except where the plugin has installed one of its own: a runtime
// (Go's) does that when it is loaded and needs it. What such a handler passes on to the one before it reaches the
// handler that the host had before the first load. One at a time, on the main thread, before other threads exist;
// SIGALRM must be free.
class LoadGuard {
public:
  LoadGuard(const std::filesystem::path& path, std::chrono::milliseconds patience);
  ~LoadGuard();
  LoadGuard(const LoadGuard&) = delete;
  LoadGuard& operator=(const LoadGuard&) = delete;

private:
  static constexpr std::array<int, 8> signals = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT, SIGALRM};

  void prepare_lines(const std::filesystem::path& path, std::chrono::milliseconds patience);

  std::array<struct sigaction, signals.size()> former_actions_{};
  stack_t former_stack_{};
  void (*former_terminate_)() = nullptr;
  std::array<std::string, signals.size()> lines_; // what each signal's handler writes
  std::string exit_line_;
};

// From now on the one line goes to `buffer`, terminated, without the program's name and the line break, instead of to
// stderr.
void redirect_load_failures(char* buffer, std::size_t size);

} // namespace crank
