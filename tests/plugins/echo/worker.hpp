// worker.hpp: the echo plugin's one thread, which ends PENDING calls. It knows calls and times, not what they are
// about.
#pragma once
#include "echo.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace echo {

class Worker {
public:
  Worker() : thread_([this] { run(); }) {}
  ~Worker();
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  /* Takes over a PENDING call, to end it after `delay` or soon after a cancel. [any-thread] */
  void finish_after(crank_call *call, std::chrono::milliseconds delay);

private:
  using Clock = std::chrono::steady_clock;
  struct Job {
    crank_call *call;
    Clock::time_point due;
  };

  void run();
  std::vector<Job> take_finished();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_; /* last: it uses all of the above */
};

} // namespace echo
