// Tells those who asked for it that this process leads, or does not any more. On a thread of its own, for they may take
// their time, and the worker's has signals and orders to hear meanwhile. Knows nothing of supervisors.
#pragma once

#include "base/leadership.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace crank {

class LeadershipAnnouncer {
public:
  // `leadership` must outlive it.
  explicit LeadershipAnnouncer(Leadership& leadership) : leadership_(leadership) {}
  // Waits for callbacks that run.
  ~LeadershipAnnouncer();
  LeadershipAnnouncer(const LeadershipAnnouncer&) = delete;
  LeadershipAnnouncer& operator=(const LeadershipAnnouncer&) = delete;

  // Throws std::system_error when there is no thread to be had.
  void start();
  // The state is another when it returns (a term, or 0). Then everybody is told, and after that `told` is called, on
  // the announcer's thread. [any thread]
  void change(std::uint64_t term, std::function<void()> told);
  // Whether everybody has been told of every change within `time`. No change may follow.
  [[nodiscard]] bool finish(std::chrono::milliseconds time);

private:
  void run();

  Leadership& leadership_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> pending_; // of changes: what is to be called when everybody has been told
  bool ending_ = false;
  bool ended_ = false;
  std::thread thread_;
};

} // namespace crank
