#include "os/ending_signals.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace crank {
namespace {

constexpr int signals[] = {SIGTERM, SIGINT, SIGHUP};
constexpr char woken = 'w', signalled = 's';
std::atomic<int> noted_in{-1}; // the descriptor that a handler writes to

void write_byte(int to, char what) {
  const int before = errno;
  static_cast<void>(!::write(to, &what, 1)); // full: then there is enough in it
  errno = before;
}

extern "C" void crank_note_ending_signal(int) { write_byte(noted_in.load(), signalled); }

} // namespace

EndingSignals::EndingSignals() : pipe_(Pipe::make()) {
  if (!pipe_) return;
  for (const int end : {pipe_.reading.get(), pipe_.writing.get()}) ::fcntl(end, F_SETFL, O_NONBLOCK);
  noted_in = pipe_.writing.get();
  struct sigaction action {};
  action.sa_handler = crank_note_ending_signal;
  for (const int signal : signals) ::sigaction(signal, &action, nullptr);
}

EndingSignals::~EndingSignals() {
  for (const int signal : signals) std::signal(signal, SIG_DFL);
}

void EndingSignals::wake() { write_byte(pipe_.writing.get(), woken); }

unsigned EndingSignals::take() {
  unsigned count = 0;
  char bytes[64];
  for (ssize_t got = 0; (got = ::read(pipe_.reading.get(), bytes, sizeof bytes)) > 0;) {
    for (ssize_t i = 0; i < got; ++i) count += bytes[i] == signalled;
  }
  return count;
}

} // namespace crank
