// The threads that plugin calls run on. Bounded; made when first needed, so an idle host has none.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace crank {

class WorkerPool {
public:
  using Task = std::function<void()>;

  explicit WorkerPool(unsigned most_threads) : most_threads_(most_threads) {}
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // The queue is bounded by its users: operations admit calls, sessions have one task each. [any thread]
  void submit(Task task);

  // Runs what is queued, then ends the threads. False when some are still busy after `grace`: the process can then only be
  // left with _exit. Once.
  bool stop(std::chrono::milliseconds grace);

private:
  void run();

  const unsigned most_threads_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable ended_;
  std::deque<Task> tasks_;
  std::vector<std::thread> threads_;
  unsigned idle_ = 0;
  unsigned live_ = 0;
  bool stopping_ = false;
};

} // namespace crank
