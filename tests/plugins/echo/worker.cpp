// worker.cpp: see worker.hpp.
#include "worker.hpp"

#include <algorithm>

namespace echo {

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Worker::finish_after(crank_call *call, std::chrono::milliseconds delay) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({call, Clock::now() + delay});
  changed_.notify_one();
}

std::vector<Worker::Job> Worker::take_finished() {
  const auto now = Clock::now();
  const auto first = std::partition(jobs_.begin(), jobs_.end(),
                                    [now](const Job &job) { return job.due > now && !cancelled(job.call); });
  std::vector<Job> finished(first, jobs_.end());
  jobs_.erase(first, jobs_.end());
  return finished;
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !jobs_.empty()) {
    if (jobs_.empty()) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, std::chrono::milliseconds(2)); /* cancelled() can only be asked */
    }
    const auto finished = take_finished();
    lock.unlock();
    for (const Job &job : finished) {
      const bool early = cancelled(job.call);
      const crank_status status =
          early ? fail(job.call, CRANK_CANCELLED, "stopped as asked") : write(job.call, "{\"thread\":\"own\"}");
      job.call->finish(job.call, status);
    }
    lock.lock();
  }
}

} // namespace echo
