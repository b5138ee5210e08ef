// Everything the handlers touch is prepared before the first constructor runs: a handler may call next to nothing
// (signal-safety(7)).
#include "plugin/load_guard.hpp"

#include "os/early_exit.hpp"
#include "os/signal_name.hpp"

#include <cstdlib>
#include <exception>
#include <sys/time.h>
#include <unistd.h>

namespace crank {
namespace {

constexpr int load_failure = 3;

struct Line {
  const char* text = nullptr;
  std::size_t size = 0;
};

constexpr std::size_t signal_numbers = 65;

struct Armed {
  bool active = false;
  Line by_signal[signal_numbers];
  Line exit_line;
};

// What the host does about a signal while nothing is being loaded; plugins' handlers may pass signals on for good.
struct HostActions {
  bool known = false;
  struct sigaction by_signal[signal_numbers] {};
};

// Handlers cannot be given anything, so this is a global. [main thread]
Armed armed;
HostActions host_actions;
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

// A plugin's handler that was installed while ours was there passes its signal on to us.
void pass_on(int signal, siginfo_t* info, void* context) {
  const struct sigaction& action = host_actions.by_signal[signal];
  if ((action.sa_flags & SA_SIGINFO) != 0) return action.sa_sigaction(signal, info, context);
  if (action.sa_handler == SIG_IGN) return;
  if (action.sa_handler != SIG_DFL) return action.sa_handler(signal);
  ::signal(signal, SIG_DFL);
  ::raise(signal); // strikes when the handlers have returned
}

extern "C" void crank_on_load_signal(int signal, siginfo_t* info, void* context) {
  if (!armed.active) return pass_on(signal, info, context);
  write_and_leave(armed.by_signal[signal]);
}

bool is_ours(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == crank_on_load_signal;
}

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

void LoadGuard::prepare_lines(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  for (std::size_t i = 0; i < signals.size(); ++i) {
    std::string what =
        "crashes while it is loaded (" + signal_name(signals[i]) + " in a constructor): mend or rebuild it";
    if (signals[i] == SIGBUS) what = "crashes while it is loaded (SIGBUS): its file may be cut off; copy or rebuild it";
    if (signals[i] == SIGABRT)
      what = "aborts while it is loaded (SIGABRT: abort() or an exception in a constructor): mend or rebuild it";
    if (signals[i] == SIGALRM)
      what = "hangs while it is loaded (it took longer than " + std::to_string(patience.count()) +
             " ms): mend its constructors, or, where it is served, raise --start-timeout-ms";
    lines_[i] = line(path, what);
    armed.by_signal[signals[i]] = view(lines_[i]);
  }
  exit_line_ = line(path, "calls exit() while it is loaded: mend it");
  armed.exit_line = view(exit_line_);
}

namespace {

// One that fires once; zero stops it.
void set_alarm(std::chrono::milliseconds time) {
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(time.count() / 1000);
  timer.it_value.tv_usec = static_cast<suseconds_t>(time.count() % 1000 * 1000);
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

} // namespace

LoadGuard::LoadGuard(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  prepare_lines(path, patience);
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
  action.sa_sigaction = crank_on_load_signal;
  action.sa_flags = SA_ONSTACK | SA_SIGINFO;
  sigfillset(&action.sa_mask);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    ::sigaction(signals[i], &action, &former_actions_[i]);
    if (!host_actions.known) host_actions.by_signal[signals[i]] = former_actions_[i];
  }
  host_actions.known = true;
  set_alarm(patience);
}

LoadGuard::~LoadGuard() {
  set_alarm(std::chrono::milliseconds(0));
  for (std::size_t i = 0; i < signals.size(); ++i) {
    struct sigaction now {};
    ::sigaction(signals[i], nullptr, &now);
    if (is_ours(now)) ::sigaction(signals[i], &former_actions_[i], nullptr);
  }
  stack_t stack{};
  ::sigaltstack(nullptr, &stack);
  if (stack.ss_sp == handler_stack) ::sigaltstack(&former_stack_, nullptr);
  if (std::get_terminate() == abort_quietly) std::set_terminate(former_terminate_);
  set_early_exit_hook(nullptr);
  armed.active = false;
}

} // namespace crank
