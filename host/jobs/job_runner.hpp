// Runs jobs where this process leads: takes them from the store as there is room, hands them to the engine behind
// everybody who waits for an answer, and writes down what becomes of them. Knows the engine; knows no door.
//
// One thread of its own does all that touches the store, so that no I/O thread, timer or plugin waits for a disk. Who
// stops leading takes up no more, and ends what it has: the next leader lets be what runs for an owner that lives.
#pragma once

#include "base/leadership.hpp"
#include "engine/engine.hpp"
#include "jobs/job_owner.hpp"
#include "jobs/job_questions.hpp"
#include "jobs/job_store.hpp"
#include "metrics/job_metrics.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace crank {

class JobRun;

class JobRunner {
public:
  struct Options {
    std::filesystem::path directory;          // of the store
    std::chrono::milliseconds keep{};         // what is over is kept as long
    std::uint64_t result_bytes = 0;           // a longer result fails its job
    std::uint64_t kept_bytes = 0;             // of results and artefacts of what is over
    std::chrono::milliseconds cancel_grace{}; // for a plugin to end a job that was cancelled
    std::string worker_id;
    JobMetrics* metrics = nullptr; // outlives it
  };
  using FindOperation = std::function<Operation*(std::string_view name)>; // nullptr: there is none

  // All that is referred to must outlive it.
  JobRunner(Engine& engine, JobStore& store, JobOwner& owner, Leadership& leadership, FindOperation find,
            Options options);
  ~JobRunner();
  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

  // False: the system has no thread to give.
  [[nodiscard]] bool start();
  // There is something to do: a job was accepted, or somebody wants one ended. [any thread]
  void wake();
  // What is kept has become more, otherwise than by a job. [any thread]
  void make_room_soon();
  // `accept` adds a job to the store, which is not taken up before it is back.
  template <class Accept>
  auto before_it_runs(Accept&& accept) {
    const std::lock_guard taking(taking_);
    return accept();
  }
  JobQuestions& questions() { return questions_; }
  JobMetrics& metrics() { return *options_.metrics; }
  // Takes up nothing more, writes down what is known, and ends its thread. Jobs that still run are the next one's.
  void stop();

private:
  friend class JobRun;
  using Clock = std::chrono::steady_clock;

  struct Outcome {
    std::string id;
    std::function<Result<bool>()> write;
  };

  void run();
  void lead(bool leads);
  void recover();
  void take_up();
  bool take_one();
  void pass_on_cancellations();
  void give_up(const std::string& id, Invocation& invocation);
  void look_for_returned();
  void write_outcomes();
  void make_room();
  void tidy();
  void count();
  Result<bool> counted(Result<bool> written, JobState state);
  void over(const std::string& id, const std::string& operation, std::function<Result<bool>()> write);
  void later(std::function<Result<bool>()> write);
  void complain(const Problem& problem);

  Engine& engine_;
  JobStore& store_;
  JobOwner& owner_;
  const FindOperation find_;
  const Options options_;
  JobQuestions questions_;

  std::mutex mutex_; // guards what follows
  std::condition_variable changed_;
  bool leads_ = false;
  bool recovered_ = false;
  bool stopping_ = false;
  bool woken_ = false;
  std::map<std::string, std::weak_ptr<Invocation>> running_; // by job
  std::map<std::string, unsigned, std::less<>> busy_;        // by operation: how many
  struct GivenUp {
    std::weak_ptr<Invocation> invocation; // until the plugin's code returns
    std::string operation;
  };
  std::vector<GivenUp> given_up_;                    // busy all the same
  std::vector<Outcome> outcomes_;                    // not written yet, in their order
  std::vector<std::function<Result<bool>()>> notes_; // progress; may be lost

  std::mutex taking_;                    // held while one is taken up: who stops leading waits for it
  std::atomic<bool> more_is_kept_{true}; // perhaps
  Clock::time_point recovered_at_{};
  Clock::time_point tidied_{};
  Clock::time_point counted_{};
  std::map<std::string, Clock::time_point> cancelled_; // by job: since when
  Clock::time_point complained_{};
  std::thread thread_;
  Leadership::Subscription subscription_;
};

[[nodiscard]] JobTime job_clock();

} // namespace crank
