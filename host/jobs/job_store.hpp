// Where jobs are kept, so that what was accepted is never lost. The processes of one worker share a store; nothing here
// leans on it being one file. Knows jobs; knows nothing of who runs them.
#pragma once

#include "engine/question.hpp"
#include "jobs/job.hpp"
#include "jobs/job_bytes.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crank {

// What a store takes. A caller is told when one of these is reached; what is over does not count.
struct JobLimits {
  std::uint64_t most_jobs = 10'000;
  std::uint64_t most_jobs_of_one = 2'000;           // of one caller
  std::uint64_t most_bytes = 4096ull * 1024 * 1024; // of inputs
  unsigned most_losses = 3; // processes that may end under a job, which may be the one that ends them
  std::chrono::milliseconds key_time{3'600'000}; // for which an idempotency key is known
  std::uint64_t most_log_lines = 1000;           // of one job; the oldest go
  std::uint64_t most_log_bytes = 256 * 1024;
};

struct NewJob {
  std::string operation;
  Caller caller;
  std::string request_id;
  std::string traceparent;
  std::string content_type;
  JobBytes input;
  bool repeatable = false;
  std::optional<std::string> idempotency_key; // known per caller
  std::optional<std::string> callback_url;    // as parse_callback_url() takes it
  std::vector<QuestionKind> may_be_asked;     // its caller, by the process that accepts it; not kept in the store
};

struct AcceptedJob {
  Job job;
  bool replayed = false; // the key was known: it is the job of the first request
};

// A job that is the caller's of claim() to run.
struct ClaimedJob {
  Job job;
  StoredBytes input;
};

// What a job that succeeded leaves.
struct JobOutcome {
  std::string media_type;
  JobBytes result;
  std::vector<Artifact> artifacts; // their files of make_file(), synced
};

// A callback that is the caller's of claim_callback() to try.
struct ClaimedCallback {
  Job job; // over
  std::string url;
  std::string destination; // of the URL
  std::string message_id;  // the same for every attempt
  unsigned attempt = 0;    // 1: the first
  JobTime due{};           // when the first was: the job's end
};

// What a job's plugin logged, or a part of it.
struct JobLog {
  std::uint64_t dropped = 0; // lines before these, which are not kept
  std::uint64_t lines = 0;
  std::string text; // of the lines, each with its end
};

struct JobFilter {
  std::optional<JobState> state;
  std::string operation;      // empty: any
  const Caller* of = nullptr; // whose; nullptr: anybody's
  std::string before;         // an id: those that were accepted before it; empty: the newest
  std::size_t most = 50;
};

// How many are not over.
struct JobCounts {
  std::uint64_t queued = 0, running = 0;
};

struct ChangedJobs {
  std::vector<Job> jobs;
  std::vector<std::string> gone; // ids that there is no job of any more
};

// What recover() did.
struct RecoveredJobs {
  std::uint64_t queued_again = 0, interrupted = 0, cancelled = 0;
};

// All of it is durable when it returns, unless it says otherwise. Problems are for callers: 404 for a job that is not
// there, 507 for a full disk, 503 while the store cannot be reached. [any thread]
class JobStore {
public:
  virtual ~JobStore() = default;

  // An empty file for accept() or succeed(), made by the process of that name (JobOwner). 507
  virtual Result<ScratchFile> make_file(std::string_view owner) = 0;

  // 413 for an input that no store of these limits takes; 422 for a key that is known with another input or operation;
  // 429 over another limit.
  virtual Result<AcceptedJob> accept(const NewJob& job, JobTime now) = 0;

  // Keeps what a call left that was no job, as one that succeeded: so it has an address, and goes in time.
  virtual Result<Job> keep(const NewJob& call, const JobOutcome& outcome, JobTime now) = 0;

  // The next job for `owner` to run, of an operation that it has `room` for: the oldest of the caller who has the
  // fewest running. nullopt: there is none.
  using HasRoom = std::function<bool(std::string_view operation)>;
  virtual Result<std::optional<ClaimedJob>> claim(std::string_view owner, const HasRoom& room, JobTime now) = 0;

  // These four are for its owner alone, while it runs; false: it is not the owner's any more, and what it says is void.

  // Not durable at once: what is lost of it comes again.
  virtual Result<bool> progress(std::string_view id, std::string_view owner, double fraction,
                                std::string_view note) = 0;
  virtual Result<bool> succeed(std::string_view id, std::string_view owner, const JobOutcome& outcome, JobTime now) = 0;
  // `state`: failed, cancelled or interrupted.
  virtual Result<bool> fail(std::string_view id, std::string_view owner, JobState state, const Problem& problem,
                            JobTime now) = 0;
  // It was stopped for a reason of the host's: it waits again, or is interrupted where it had `begun` and must not be
  // repeated.
  virtual Result<bool> give_back(std::string_view id, std::string_view owner, bool begun, JobTime now) = 0;

  // Ends one that waits; asks for the end of one that runs, whose owner learns it from cancel_requests(). One that is
  // over stays as it is. 404
  virtual Result<Job> cancel(std::string_view id, JobTime now) = 0;
  virtual Result<std::vector<std::string>> cancel_requests(std::string_view owner) = 0;

  // 404
  virtual Result<Job> find(std::string_view id) = 0;
  // The result's bytes, and those of an artefact. 404 where there is none, 410 where its file is gone.
  virtual Result<StoredBytes> result(std::string_view id) = 0;
  virtual Result<StoredBytes> artifact(std::string_view id, std::string_view name) = 0;
  // Which artefact is in the store's file of that name. 404: none.
  struct ArtifactPlace {
    std::string id, name; // of the job, of the artefact
  };
  virtual Result<ArtifactPlace> artifact_in(std::string_view file) = 0;
  // Behind what was logged before; not durable at once. False: there is no such job.
  virtual Result<bool> append_log(std::string_view id, const JobLog& part) = 0;
  virtual Result<JobLog> log(std::string_view id) = 0;
  // The newest first.
  virtual Result<std::vector<Job>> list(const JobFilter& filter) = 0;
  virtual Result<JobCounts> count() = 0;
  // Of those named, with the version that was seen of each: which have a later one. In no order.
  using SeenJobs = std::vector<std::pair<std::string_view, std::uint64_t>>;
  virtual Result<ChangedJobs> changed(const SeenJobs& seen) = 0;

  // For who leads, now and then: what runs for an owner that is gone waits again, or is interrupted where it must not
  // be repeated or has lost too many owners. An owner is never known by a number that another can have: it is gone when
  // `is_alive` says so.
  using IsAlive = std::function<bool(std::string_view owner)>;
  virtual Result<RecoveredJobs> recover(const IsAlive& is_alive, JobTime now) = 0;
  // Forgets what ended before `ended_before`, at most `most` of it at once, and keys that are no longer known. How
  // many. A job whose callback is pending is kept.
  virtual Result<std::uint64_t> forget(JobTime ended_before, JobTime now, std::size_t most) = 0;
  // Forgets of what is over, as above, the oldest of whoever left the most, until all of it and what it left is no more
  // than `most_bytes` together, but for the newest one and those that wait for a callback; at most `most` jobs at once.
  // How many.
  virtual Result<std::uint64_t> forget_beyond(std::uint64_t most_bytes, std::size_t most) = 0;
  // Forgets one that is over, at once. False: there is none.
  virtual Result<bool> drop(std::string_view id) = 0;
  // Removes files of processes that are gone, which no job came to have.
  virtual void sweep(const IsAlive& is_alive) = 0;

  // Callbacks. One is pending, and due, together with the end of its job, whatever end that is.

  // The next that is due, for `owner` to try: the one that is due longest, of a destination that it `may` try.
  using MayTry = std::function<bool(std::string_view destination)>;
  virtual Result<std::optional<ClaimedCallback>> claim_callback(std::string_view owner, const MayTry& may,
                                                                JobTime now) = 0;
  // These two are for its owner alone; false: it is not the owner's any more.
  virtual Result<bool> callback_delivered(std::string_view job, std::string_view owner) = 0;
  // `next`: when it is due again; nullopt: never, it is abandoned.
  virtual Result<bool> callback_failed(std::string_view job, std::string_view owner, std::string_view error,
                                       std::optional<JobTime> next) = 0;
  // For who leads: those that an owner tried who is gone are due again. How many.
  virtual Result<std::uint64_t> recover_callbacks(const IsAlive& is_alive) = 0;
  // Abandons those that nobody tries now and were first due before `due_before`: where an attempt has failed, and, if
  // there is an `error` for them, where none has. How many.
  virtual Result<std::uint64_t> abandon_callbacks(JobTime due_before, std::string_view error) = 0;
  virtual Result<std::uint64_t> pending_callbacks() = 0;
};

} // namespace crank
