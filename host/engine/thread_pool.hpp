// The threads that plugin calls run on. Bounded; made when first needed, but for the one that start() makes.
// When the system refuses more, those that are there do the work.
#pragma once

#include "os/thread.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace crank {

class ThreadPool {
public:
  using Task = std::function<void()>;

  explicit ThreadPool(unsigned most_threads, StartThread start_thread = crank::start_thread)
      : most_threads_(most_threads), start_thread_(std::move(start_thread)) {
    threads_.reserve(most_threads);
  }
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Makes the first thread, so that from then on nothing submitted waits for ever. False when the system has none to
  // give.
  [[nodiscard]] bool start();

  // Never fails for want of a thread: what cannot run yet waits, at the latest for the next submit() if there is no
  // thread at all. The queue is bounded by its users: operations admit calls, sessions have one task each. [any thread]
  void submit(Task task);

  // The same for a task that may wait for what a client sends, at the client's pace: at most half of the threads, at
  // least one, have such tasks at a time, so that slow clients keep nobody waiting but callers of that kind. [any
  // thread]
  void submit_client_paced(Task task);

  unsigned most_threads() const { return most_threads_; }

  // Runs what is queued, then ends the threads. False when some are still busy after `grace`: the process can then only
  // be left with _exit. Once.
  bool stop(std::chrono::milliseconds grace);

private:
  void run();
  // Under the lock.
  bool add_thread();
  void submit_admitted(Task client_paced);
  void client_paced_over();

  const unsigned most_threads_;
  const StartThread start_thread_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable ended_;
  std::deque<Task> tasks_;
  std::deque<Task> client_paced_waiting_;
  unsigned client_paced_ = 0; // among tasks_ or running
  std::vector<std::thread> threads_;
  unsigned idle_ = 0;
  unsigned live_ = 0;
  bool stopping_ = false;
  bool short_of_threads_ = false; // the log knows
};

} // namespace crank
