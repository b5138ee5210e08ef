#include "engine/thread_pool.hpp"

#include "log/log.hpp"
#include "os/alternate_stack.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace crank {

ThreadPool::~ThreadPool() {
  if (!threads_.empty()) stop(std::chrono::milliseconds::max());
}

void ThreadPool::submit(Task task) {
  std::unique_lock lock(mutex_);
  tasks_.push_back(std::move(task));
  if (idle_ >= tasks_.size()) return work_.notify_one();
  if (threads_.size() >= most_threads_) return;
  const bool got_one = add_thread();
  const bool first_refusal = !got_one && !short_of_threads_;
  short_of_threads_ = !got_one;
  const std::size_t threads = threads_.size();
  lock.unlock();
  if (first_refusal) {
    log(LogLevel::warn, "the system refuses more threads (is there a limit of pids?): plugin calls share the " +
                            std::to_string(threads) + " there are of " + std::to_string(most_threads_));
  }
}

void ThreadPool::submit_client_paced(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (client_paced_ >= std::max(most_threads_ / 2, 1u)) return client_paced_waiting_.push_back(std::move(task));
    ++client_paced_;
  }
  submit_admitted(std::move(task));
}

void ThreadPool::submit_admitted(Task client_paced) {
  submit([this, task = std::move(client_paced)]() mutable {
    std::exchange(task, nullptr)();
    client_paced_over();
  });
}

void ThreadPool::client_paced_over() {
  Task next;
  {
    const std::lock_guard lock(mutex_);
    if (client_paced_waiting_.empty()) {
      --client_paced_;
      return;
    }
    next = std::move(client_paced_waiting_.front());
    client_paced_waiting_.pop_front();
  }
  submit_admitted(std::move(next));
}

bool ThreadPool::start() {
  const std::lock_guard lock(mutex_);
  return !threads_.empty() || add_thread();
}

bool ThreadPool::add_thread() {
  try {
    threads_.push_back(start_thread_([this] { run(); }));
  } catch (const std::system_error&) {
    return false;
  }
  ++live_; // it waits for the lock still
  return true;
}

bool ThreadPool::stop(std::chrono::milliseconds grace) {
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

void ThreadPool::run() {
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
