#include "engine/worker_pool.hpp"

#include "process/alternate_stack.hpp"

namespace crank {

WorkerPool::~WorkerPool() {
  if (!threads_.empty()) stop(std::chrono::milliseconds::max());
}

void WorkerPool::submit(Task task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  if (idle_ >= tasks_.size()) {
    work_.notify_one();
  } else if (threads_.size() < most_threads_) {
    ++live_;
    threads_.emplace_back([this] { run(); });
  }
}

bool WorkerPool::stop(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  work_.notify_all();
  const auto all_ended = [this] { return live_ == 0; };
  if (grace == std::chrono::milliseconds::max())
    ended_.wait(lock, all_ended);
  else if (!ended_.wait_for(lock, grace, all_ended)) {
    for (std::thread& thread : threads_) thread.detach();
    threads_.clear();
    return false;
  }
  lock.unlock();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return true;
}

void WorkerPool::run() {
  const AlternateStack signal_stack;
  std::unique_lock lock(mutex_);
  while (true) {
    if (tasks_.empty()) {
      if (stopping_) break;
      ++idle_;
      work_.wait(lock);
      --idle_;
      continue;
    }
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr; // what it holds must not live on while the thread is idle
    lock.lock();
  }
  --live_;
  ended_.notify_all();
}

} // namespace crank
