// Jobs in one SQLite file, which the processes of a worker share (WAL, sqlite.org/wal.html). What was accepted is on
// the disk when accept() returns. What is longer than JobBytesWriter::in_memory lies in files beside it, each under the
// name of the process that made it and a number.
#pragma once

#include "jobs/job_store.hpp"
#include "jobs/sqlite.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>

namespace crank {

class SqliteJobStore : public JobStore {
public:
  // Opens or makes `directory`/jobs.db. A failure (exit code 2) says what to do: no right to write there, a damaged
  // file, one of a later version.
  static Result<std::unique_ptr<SqliteJobStore>, Failure> open(const std::filesystem::path& directory,
                                                               const JobLimits& limits);

  Result<ScratchFile> make_file(std::string_view owner) override;
  Result<AcceptedJob> accept(const NewJob& job, JobTime now) override;
  Result<Job> keep(const NewJob& call, const JobOutcome& outcome, JobTime now) override;
  Result<std::optional<ClaimedJob>> claim(std::string_view owner, const HasRoom& room, JobTime now) override;
  Result<bool> progress(std::string_view id, std::string_view owner, double fraction, std::string_view note) override;
  Result<bool> succeed(std::string_view id, std::string_view owner, const JobOutcome& outcome, JobTime now) override;
  Result<bool> fail(std::string_view id, std::string_view owner, JobState state, const Problem& problem,
                    JobTime now) override;
  Result<bool> give_back(std::string_view id, std::string_view owner, bool begun, JobTime now) override;
  Result<Job> cancel(std::string_view id, JobTime now) override;
  Result<std::vector<std::string>> cancel_requests(std::string_view owner) override;
  Result<Job> find(std::string_view id) override;
  Result<StoredBytes> result(std::string_view id) override;
  Result<StoredBytes> artifact(std::string_view id, std::string_view name) override;
  Result<ArtifactPlace> artifact_in(std::string_view file) override;
  Result<bool> append_log(std::string_view id, const JobLog& part) override;
  Result<JobLog> log(std::string_view id) override;
  Result<std::vector<Job>> list(const JobFilter& filter) override;
  Result<JobCounts> count() override;
  Result<ChangedJobs> changed(const SeenJobs& seen) override;
  Result<RecoveredJobs> recover(const IsAlive& is_alive, JobTime now) override;
  Result<std::uint64_t> forget(JobTime ended_before, JobTime now, std::size_t most) override;
  Result<std::uint64_t> forget_beyond(std::uint64_t most_bytes, std::size_t most) override;
  Result<bool> drop(std::string_view id) override;
  void sweep(const IsAlive& is_alive) override;
  Result<std::optional<ClaimedCallback>> claim_callback(std::string_view owner, const MayTry& may,
                                                        JobTime now) override;
  Result<bool> callback_delivered(std::string_view job, std::string_view owner) override;
  Result<bool> callback_failed(std::string_view job, std::string_view owner, std::string_view error,
                               std::optional<JobTime> next) override;
  Result<std::uint64_t> recover_callbacks(const IsAlive& is_alive) override;
  Result<std::uint64_t> abandon_callbacks(JobTime due_before, std::string_view error) override;
  Result<std::uint64_t> pending_callbacks() override;

private:
  SqliteJobStore(std::filesystem::path files, const JobLimits& limits) : files_(std::move(files)), limits_(limits) {}

  std::optional<Failure> prepare(const std::filesystem::path& file);
  Problem refusal(sqlite::Code code) const;
  std::optional<Problem> over_limit(const NewJob& job, const std::string& whose);
  Result<std::optional<AcceptedJob>> known(const NewJob& job, const std::string& whose, const std::string& print,
                                           JobTime now);
  Result<std::int64_t> insert(const NewJob& job, const std::string& id, JobTime now);
  Result<bool> succeed_within(std::string_view id, std::string_view owner, const JobOutcome& outcome, JobTime now);
  Result<std::vector<Job>> jobs_of(sqlite::Statement& rows, std::vector<std::string>* gone = nullptr);
  Result<Job> find_locked(std::string_view id);
  std::optional<Problem> add_callback(std::string_view job, const std::string& url); // sqlite_callbacks.cpp
  sqlite::Code append_log_locked(std::string_view id, const JobLog& part, bool& there);
  sqlite::Code trim_log(std::int64_t job);

  // sqlite_job_files.cpp
  enum FileKind { input_file = 0, result_file = 1, artifact_file = 2 };
  std::optional<Problem> add_file(std::int64_t job, FileKind kind, std::size_t number, const ArtifactFacts& facts,
                                  const ScratchFile& file);
  Result<std::vector<ArtifactFacts>> artifacts_of(std::int64_t job);
  Result<StoredBytes> open_file(const std::string& name, std::uint64_t size) const;
  Result<std::uint64_t> pending_bytes();
  // Removes what no job has any more. Not in a transaction.
  void collect();

  const std::filesystem::path files_; // the directory of what is too long for a row
  std::atomic<std::uint64_t> next_file_{1};
  const JobLimits limits_;
  mutable std::mutex mutex_; // one connection, one thread at a time
  sqlite::Database database_;
};

} // namespace crank
