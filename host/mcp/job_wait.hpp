// Waiting for a job without a thread: tells the client that it goes on, and ends with the job, with the time, or with
// whoever wanted to know. Knows the watch on jobs and peers; knows no message.
#pragma once

#include "engine/timer_queue.hpp"
#include "jobs/job_watch.hpp"
#include "mcp/peer.hpp"
#include "mcp/progress.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace crank {

class JobWait : public std::enable_shared_from_this<JobWait> {
public:
  // Clients that hear nothing for longer may give up.
  static constexpr std::chrono::milliseconds beat{1500};

  // Called once, when the job is over, or as it is when the time is up or nobody can wait any longer; not after
  // abandon(). On any thread, for which others wait.
  using Done = std::function<void(const Job& job)>;

  // All of it must outlive it. `token`: of the client's progress, JSON text or empty. `most`: nullopt: until it is
  // over.
  JobWait(JobWatch& watch, TimerQueue& timers, std::shared_ptr<McpPeer> peer, std::string token,
          std::optional<std::chrono::milliseconds> most, Done done);

  // `job` as it was seen. Once. A problem: it cannot be watched, and done is not called.
  [[nodiscard]] std::optional<Problem> begin(const Job& job);
  // Says what is known, and ends. [any thread]
  void let_go();
  // Ends without a word. [any thread]
  void abandon();

private:
  using Clock = std::chrono::steady_clock;

  void changed(const Job& job);
  void beats();
  void schedule_beat();
  void tell(); // mutex_ held
  void end(bool say);

  JobWatch& watch_;
  TimerQueue& timers_;
  const std::shared_ptr<McpPeer> peer_;
  const Clock::time_point end_;
  const Done done_;

  std::mutex mutex_; // guards what follows
  McpProgress progress_;
  Job job_; // as it was seen last
  bool over_ = false;
  JobWatch::Subscription subscription_;
};

} // namespace crank
