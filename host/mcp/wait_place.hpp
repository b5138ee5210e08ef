// The place of one request among those that run, from when it came: a cancellation right behind it finds it, though
// what it waits for has yet to be looked up. Knows waits for jobs.
#pragma once

#include "mcp/job_wait.hpp"
#include "mcp/running_requests.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace crank {

class WaitPlace {
public:
  // `key`: of a place that is taken in `running`, which outlives this; empty: there is none.
  WaitPlace(RunningRequests& running, std::string key) : running_(running), key_(std::move(key)) {}
  ~WaitPlace() { release(); }
  WaitPlace(const WaitPlace&) = delete;
  WaitPlace& operator=(const WaitPlace&) = delete;

  // This wait is what runs from now on. False: it was stopped already, and nothing is. [any thread]
  [[nodiscard]] bool begin(const std::shared_ptr<JobWait>& wait);
  void stop();
  // Before the answer: its id may be used again. [any thread]
  void release();

private:
  RunningRequests& running_;
  std::mutex mutex_; // guards what follows
  std::string key_;
  bool stopped_ = false;
  std::weak_ptr<JobWait> wait_;
};

// nullptr: a request of that name runs already.
[[nodiscard]] std::shared_ptr<WaitPlace> take_place(RunningRequests& running, const std::string& key);

} // namespace crank
