// SIGTERM, SIGINT and SIGHUP as something that poll() can wait for, together with other threads' calls. One at a time
// in a process; without a supervisor.
#pragma once

#include "os/pipe.hpp"

namespace crank {

class EndingSignals {
public:
  EndingSignals();
  ~EndingSignals(); // the system's way of taking them is back
  EndingSignals(const EndingSignals&) = delete;
  EndingSignals& operator=(const EndingSignals&) = delete;

  // False: the system has no descriptors to give.
  explicit operator bool() const { return static_cast<bool>(pipe_); }
  // Becomes readable with a signal or a wake(); take() before it is polled again.
  int descriptor() const { return pipe_.reading.get(); }
  // [any thread]
  void wake();
  // How many signals have come since the last time.
  unsigned take();

private:
  Pipe pipe_;
};

} // namespace crank
