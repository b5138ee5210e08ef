// Stands around the loading of a foreign shared object, whose constructors run before anything can be asked of it.
// Knows signals; knows nothing of plugins but a path to name.
#pragma once

#include <array>
#include <csignal>
#include <filesystem>
#include <string>

namespace crank {

// While one exists, a crash (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT), a call of exit(), an uncaught
// exception, or `seconds` without an end write one line on stderr and end the process with code 3. Afterwards the
// former handlers are back. One at a time, on the main thread, before other threads exist; SIGALRM must be free.
class LoadGuard {
public:
  explicit LoadGuard(const std::filesystem::path& path, unsigned seconds = 10);
  ~LoadGuard();
  LoadGuard(const LoadGuard&) = delete;
  LoadGuard& operator=(const LoadGuard&) = delete;

private:
  static constexpr std::array<int, 8> signals = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT, SIGALRM};

  void prepare_lines(const std::filesystem::path& path, unsigned seconds);

  std::array<struct sigaction, signals.size()> former_actions_{};
  stack_t former_stack_{};
  void (*former_terminate_)() = nullptr;
  std::array<std::string, signals.size()> lines_; // what each signal's handler writes
  std::string exit_line_;
};

// From now on the one line goes to `buffer`, terminated, without the program's name and the line break, instead of to stderr.
void redirect_load_failures(char* buffer, std::size_t size);

// "SIGSEGV" for 11, "signal 99" for what has no common name.
[[nodiscard]] std::string signal_name(int signal);

} // namespace crank
