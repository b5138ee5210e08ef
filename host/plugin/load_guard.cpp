// Everything the handlers touch is prepared before the first constructor runs: a handler may call next to nothing
// (signal-safety(7)).
#include "plugin/load_guard.hpp"

#include "plugin/early_exit.hpp"

#include <cstdlib>
#include <exception>
#include <unistd.h>

namespace crank {
namespace {

constexpr int load_failure = 3;

struct Line {
  const char* text = nullptr;
  std::size_t size = 0;
};

struct Armed {
  bool active = false;
  Line by_signal[65];
  Line exit_line;
};

// Handlers cannot be given anything, so this is a global. [main thread]
Armed armed;
alignas(16) char handler_stack[64 * 1024]; // a constructor may have overflowed its own

char* last_words = nullptr;
std::size_t last_words_size = 0;
constexpr std::size_t program_prefix = sizeof "crank-host: " - 1;

[[noreturn]] void write_and_leave(const Line& line) {
  if (last_words) {
    std::size_t at = 0;
    for (std::size_t i = program_prefix; i + 1 < line.size && at + 1 < last_words_size; ++i)
      last_words[at++] = line.text[i];
    last_words[at] = '\0';
    leave_process(load_failure);
  }
  const auto written = ::write(STDERR_FILENO, line.text, line.size);
  static_cast<void>(written); // there is nobody left to tell
  leave_process(load_failure);
}

extern "C" void crank_on_load_signal(int signal) { write_and_leave(armed.by_signal[signal]); }

extern "C" void crank_on_exit() {
  if (armed.active) write_and_leave(armed.exit_line);
}

// libstdc++'s own writes a line before it aborts, and there shall be one line.
[[noreturn]] void abort_quietly() { std::abort(); }

std::string line(const std::filesystem::path& path, std::string_view what) {
  return "crank-host: plugin " + path.string() + " " + std::string(what) + '\n';
}

Line view(const std::string& text) { return {text.data(), text.size()}; }

} // namespace

void redirect_load_failures(char* buffer, std::size_t size) {
  last_words = buffer;
  last_words_size = size;
}

std::string signal_name(int signal) {
  switch (signal) {
  case SIGSEGV: return "SIGSEGV";
  case SIGBUS: return "SIGBUS";
  case SIGILL: return "SIGILL";
  case SIGFPE: return "SIGFPE";
  case SIGTRAP: return "SIGTRAP";
  case SIGSYS: return "SIGSYS";
  case SIGABRT: return "SIGABRT";
  case SIGALRM: return "SIGALRM";
  case SIGKILL: return "SIGKILL";
  case SIGTERM: return "SIGTERM";
  case SIGPIPE: return "SIGPIPE";
  case SIGHUP: return "SIGHUP";
  case SIGINT: return "SIGINT";
  case SIGQUIT: return "SIGQUIT";
  case SIGUSR1: return "SIGUSR1";
  case SIGUSR2: return "SIGUSR2";
  case SIGCHLD: return "SIGCHLD";
  default: return "signal " + std::to_string(signal);
  }
}

void LoadGuard::prepare_lines(const std::filesystem::path& path, unsigned seconds) {
  for (std::size_t i = 0; i < signals.size(); ++i) {
    std::string what =
        "crashes while it is loaded (" + signal_name(signals[i]) + " in a constructor): mend or rebuild it";
    if (signals[i] == SIGBUS) what = "crashes while it is loaded (SIGBUS): its file may be cut off; copy or rebuild it";
    if (signals[i] == SIGABRT)
      what = "aborts while it is loaded (SIGABRT: abort() or an exception in a constructor): mend or rebuild it";
    if (signals[i] == SIGALRM)
      what = "hangs while it is loaded (a constructor took longer than " + std::to_string(seconds) + " s): mend it";
    lines_[i] = line(path, what);
    armed.by_signal[signals[i]] = view(lines_[i]);
  }
  exit_line_ = line(path, "calls exit() while it is loaded: mend it");
  armed.exit_line = view(exit_line_);
}

LoadGuard::LoadGuard(const std::filesystem::path& path, unsigned seconds) {
  prepare_lines(path, seconds);
  static const bool registered = std::atexit(crank_on_exit) == 0; // for good: atexit has no way back
  static_cast<void>(registered);
  armed.active = true;
  set_early_exit_hook(crank_on_exit);
  former_terminate_ = std::set_terminate(abort_quietly);

  stack_t stack{};
  stack.ss_sp = handler_stack;
  stack.ss_size = sizeof handler_stack;
  ::sigaltstack(&stack, &former_stack_);
  struct sigaction action {};
  action.sa_handler = crank_on_load_signal;
  action.sa_flags = SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &action, &former_actions_[i]);
  ::alarm(seconds);
}

LoadGuard::~LoadGuard() {
  ::alarm(0);
  for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &former_actions_[i], nullptr);
  ::sigaltstack(&former_stack_, nullptr);
  std::set_terminate(former_terminate_);
  set_early_exit_hook(nullptr);
  armed.active = false;
}

} // namespace crank
