// Tells receivers of the ends of jobs, where this process leads: takes due callbacks from the store, tries them side by
// side, one at a time for each destination, and writes down what became of them. At least once: what was not confirmed
// before a process ended is tried again by the next. Knows the store; knows no HTTP.
//
// A destination that does not answer keeps nobody else waiting: it has one attempt at a time, rests after it, and all
// that did not answer last time have half of the threads together. One thread of its own does all that touches the
// store; the attempts' threads are made when first needed.
#pragma once

#include "base/leadership.hpp"
#include "engine/thread_pool.hpp"
#include "jobs/callback_schedule.hpp"
#include "jobs/job_owner.hpp"
#include "jobs/job_runner.hpp"
#include "jobs/job_store.hpp"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace crank {

struct CallbackMessage {
  std::string url;
  std::string id; // the same for every attempt
  std::string body;
};

// How a callback reaches its receiver.
class CallbackTransport {
public:
  virtual ~CallbackTransport() = default;
  // Takes a bounded time. [several threads]
  virtual CallbackAnswer post(const CallbackMessage& message) = 0;
  // From now on every post() returns soon, those that run, too. [any thread]
  virtual void cancel() = 0;
};

class CallbackSender {
public:
  // One attempt that ended, for who counts and records.
  struct Report {
    const Job& job;
    const CallbackOutcome outcome;
    const unsigned attempt;
    const int status; // of HTTP; 0: no answer
  };
  struct Options {
    std::filesystem::path directory; // of the store
    std::function<JobTime()> clock = job_clock;
    std::function<void(const Report&)> report;  // once it is written down. [one thread]
    std::function<void(std::uint64_t)> pending; // how many callbacks wait, now and then. [the same]
  };
  static constexpr unsigned most_at_once = 8;

  // All that is referred to must outlive it. `transport`: nullptr where callbacks are off: those that are still there
  // wait for it to be on again, for as long as they would be tried.
  CallbackSender(JobStore& store, JobOwner& owner, Leadership& leadership, CallbackTransport* transport,
                 Options options);
  ~CallbackSender();
  CallbackSender(const CallbackSender&) = delete;
  CallbackSender& operator=(const CallbackSender&) = delete;

  // False: the system has no thread to give.
  [[nodiscard]] bool start();
  // There may be something due. [any thread]
  void wake();
  // Begins nothing more; lets attempts in flight end for `grace`, and gives them up then. Those stay pending.
  void stop(std::chrono::milliseconds grace);

private:
  struct Attempt {
    ClaimedCallback callback;
    CallbackAnswer answer; // once it has ended
    JobTime ended{};
  };
  struct Destination {
    bool busy = false;
    bool silent = false;   // in flight while it counts among those that do not answer
    unsigned failures = 0; // in a row, without an answer
    JobTime rests_until{};
  };

  void run();
  void lead(bool leads);
  void recover();
  bool take_one();
  bool may_try(std::string_view destination);
  void make(const std::shared_ptr<Attempt>& attempt);
  void over(const std::shared_ptr<Attempt>& attempt);
  void write_ended();
  bool write(const Attempt& attempt);
  void tidy();
  void complain(const Problem& problem);

  JobStore& store_;
  JobOwner& owner_;
  CallbackTransport* const transport_;
  const Options options_;

  std::mutex mutex_; // guards what follows
  std::condition_variable changed_;
  bool leads_ = false;
  bool recovered_ = false;
  bool stopping_ = false;
  bool woken_ = false;
  std::map<std::string, Destination, std::less<>> destinations_; // busy, or without an answer last time
  unsigned in_flight_ = 0, silent_in_flight_ = 0;
  std::vector<std::shared_ptr<Attempt>> ended_; // not written yet, in their order

  std::mutex taking_; // held while one is taken up: who stops leading waits for it
  std::chrono::steady_clock::time_point recovered_at_{}, tidied_at_{}, complained_{};
  ThreadPool pool_{most_at_once};
  std::thread thread_;
  Leadership::Subscription subscription_;
};

} // namespace crank
