// What the handler calls beyond signal-safety(7) - backtrace() and dladdr() - comes after everything that matters is
// written, and an alarm ends the process should they hang on a lock that the crashed thread holds.
#include "supervision/crash_report.hpp"

#include "os/alternate_stack.hpp"
#include "os/platform.hpp"

#include <atomic>
#include <csignal>
#include <cstring>
#include <dlfcn.h>
#include <execinfo.h>
#include <unistd.h>

namespace crank {
namespace {

constexpr int reported_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT};

// Handlers cannot be given anything, so these are globals.
constinit ScoreboardPage* page = nullptr;
constinit std::atomic_flag crashed = ATOMIC_FLAG_INIT;

// snprintf() may allocate and lock; this does neither.
class FixedText {
public:
  FixedText(char* to, std::size_t size) : to_(to), left_(size - 1) {}
  void add(const char* text) {
    while (*text != '\0' && left_ > 0) {
      *to_++ = *text++;
      --left_;
    }
    *to_ = '\0';
  }
  void add_hex(std::uintptr_t value) {
    char digits[2 * sizeof value + 1];
    char* at = digits + sizeof digits - 1;
    *at = '\0';
    do *--at = "0123456789abcdef"[value & 15];
    while ((value >>= 4) != 0);
    add("0x");
    add(at);
  }

private:
  char* to_;
  std::size_t left_;
};

// "libmine.so+0x1f3 (symbol+0x12)": what addr2line needs, and what a person wants.
void describe_frame(void* address, char* to, std::size_t size) {
  FixedText text(to, size);
  Dl_info info{};
  if (::dladdr(address, &info) == 0 || !info.dli_fname) {
    text.add_hex(reinterpret_cast<std::uintptr_t>(address));
    return;
  }
  const char* slash = std::strrchr(info.dli_fname, '/');
  text.add(slash ? slash + 1 : info.dli_fname);
  text.add("+");
  text.add_hex(reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(info.dli_fbase));
  if (!info.dli_sname) return;
  text.add(" (");
  text.add(info.dli_sname);
  text.add("+");
  text.add_hex(reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(info.dli_saddr));
  text.add(")");
}

void record_frames(ScoreboardPage::Crash& crash, void* context) {
  void* frames[ScoreboardPage::most_frames + 8];
  const int count = ::backtrace(frames, static_cast<int>(std::size(frames)));
  int first = 0; // above it is this handler
  for (int i = 0; i < count; ++i) {
    if (frames[i] == program_counter(context)) first = i;
  }
  for (int i = first; i < count && i - first < static_cast<int>(ScoreboardPage::most_frames); ++i) {
    auto& text = crash.frame[i - first];
    // A return address is behind its call, which may be the last instruction of its function.
    void* address = i == first ? frames[i] : static_cast<char*>(frames[i]) - 1;
    describe_frame(address, text.bytes, sizeof text.bytes);
    crash.frames.store(static_cast<std::uint32_t>(i - first + 1), std::memory_order_release);
  }
}

extern "C" void crank_on_crash(int signal, siginfo_t* info, void* context) {
  ::signal(signal, SIG_DFL);
  if (crashed.test_and_set()) { // another thread is at it: let it finish
    for (;;) ::pause();
  }
  ::signal(SIGALRM, SIG_DFL);
  ::alarm(2);
  auto& crash = page->crash;
  crash.address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  crash.call_slot = ScoreboardLedger::current();
  crash.signal.store(signal, std::memory_order_release);
  record_frames(crash, context);
  ::raise(signal); // blocked while the handler runs: it strikes on the way out
}

} // namespace

void report_crashes_to(ScoreboardPage& to) {
  page = &to;
  void* frame = nullptr;
  ::backtrace(&frame, 1); // loads what it needs now, because a handler may not
  static AlternateStack main_stack;
  struct sigaction action {};
  action.sa_sigaction = crank_on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (const int signal : reported_signals) ::sigaction(signal, &action, nullptr);
}

} // namespace crank
