#include "jobs/sqlite_job_store.hpp"

#include "base/digest.hpp"
#include "base/refusal.hpp"
#include "jobs/callback_url.hpp"
#include "jobs/sqlite_job_rows.hpp"
#include "jobs/sqlite_migrations.hpp"
#include "jobs/sqlite_time.hpp"

#include <algorithm>
#include <memory>

namespace crank {
namespace {

using sqlite::Code;
using sqlite::is_error;
using sqlite::ms;
using sqlite::problem_text;
using sqlite::Statement;
using sqlite::Transaction;
using sqlite::whose;

// Another process may hold the file for a transaction, which is short; a checkpoint takes longer.
constexpr std::chrono::seconds patience{10};

// Of parts that cannot run into one another.
std::string sha256(std::initializer_list<std::string_view> parts) {
  Sha256 digest;
  for (const std::string_view part : parts) digest.update(std::to_string(part.size()) + ":").update(part);
  return digest.hex();
}

// What a key was first used for.
std::string print_of(const NewJob& job) {
  const std::string_view input = job.input.file ? job.input.sha256 : job.input.text;
  if (!job.callback_url) return sha256({job.operation, job.content_type, input});
  return sha256({job.operation, job.content_type, input, *job.callback_url});
}

Problem interruption() {
  return Problem::of(CRANK_UNAVAILABLE,
                     "the process that ran the job ended, and its capability does not say that it may be repeated");
}

Problem too_many_losses() {
  Problem problem =
      Problem::of(CRANK_INTERNAL, "the processes that ran the job ended under it, again and again: it may be "
                                  "the job that ends them");
  problem.code = "WORKER_LOST";
  return problem;
}

Problem too_many(std::string sentence) {
  Problem problem = Problem::of(CRANK_BUSY, std::move(sentence));
  problem.retry_after = 10;
  return problem;
}

} // namespace

Result<std::unique_ptr<SqliteJobStore>, Failure> SqliteJobStore::open(const std::filesystem::path& directory,
                                                                      const JobLimits& limits) {
  std::unique_ptr<SqliteJobStore> store(new SqliteJobStore(directory / "files", limits));
  if (auto failure = store->prepare(directory / "jobs.db")) return *std::move(failure);
  std::error_code error;
  if (std::filesystem::create_directory(store->files_, error))
    std::filesystem::permissions(store->files_, std::filesystem::perms::owner_all, error);
  if (error)
    return Failure{"the job store's directory " + store->files_.string() + " cannot be made: " + error.message() +
                       std::string(advice_on(error)),
                   2};
  return store;
}

std::optional<Failure> SqliteJobStore::prepare(const std::filesystem::path& file) {
  const auto failure = [&](Code code, std::string_view advice) {
    return Failure{"the job store " + file.string() + " cannot be used: " + database_.message() +
                       std::string(sqlite::is_damaged(code)
                                       ? "; it is damaged: restore it, or move it away to begin anew"
                                       : advice),
                   2};
  };
  const Code opened = database_.open(file, patience);
  if (is_error(opened))
    return Failure{"the job store " + file.string() +
                       " cannot be opened; its directory must be there, on a local disk, and this user's to write in",
                   2};
  if (const Code code =
          database_.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                            "PRAGMA fullfsync = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF");
      is_error(code))
    return failure(code, "; is the disk full, or the file another user's?");
  std::int64_t version = 0;
  if (const Code code = migrate_job_store(database_, version); is_error(code)) return failure(code, "");
  if (version <= job_store_version()) return std::nullopt;
  return Failure{"the job store " + file.string() + " was written by a later crank-host (its version is " +
                     std::to_string(version) + ", this one knows " + std::to_string(job_store_version()) +
                     "): upgrade crank-host, or give it another directory",
                 2};
}

Problem SqliteJobStore::refusal(Code code) const {
  if (sqlite::is_out_of_space(code))
    return Problem::http(507, "INSUFFICIENT_STORAGE", "the job store cannot be written: the disk is full, or not ours");
  Problem problem = Problem::of(CRANK_UNAVAILABLE, "the job store cannot be used now: " + database_.message());
  problem.retry_after = 1;
  return problem;
}

// ---- in ----

std::optional<Problem> SqliteJobStore::over_limit(const NewJob& job, const std::string& who) {
  if (job.input.size > limits_.most_bytes)
    return Problem::http(
        413, "LIMIT_EXCEEDED",
        "the input is longer than this worker keeps for all jobs: " + std::to_string(limits_.most_bytes) + " bytes");
  Statement sums = database_.prepare("SELECT ifnull(sum(jobs), 0), ifnull(sum(bytes), 0), "
                                     "ifnull(sum(iif(whose = ?1, jobs, 0)), 0) FROM active");
  if (!sums.bind(who).step()) return refusal(sums.code());
  const auto number = [&](int column) { return static_cast<std::uint64_t>(sums.integer(column)); };
  if (job.callback_url) {
    const auto pending = pending_bytes();
    if (!pending) return pending.error();
    if (*pending > limits_.most_bytes)
      return too_many("what jobs left whose callbacks were not delivered yet is as much as this worker keeps");
  }
  if (number(0) >= limits_.most_jobs) return too_many("there are as many jobs as this worker keeps waiting");
  if (number(1) + job.input.size > limits_.most_bytes)
    return too_many("the inputs of the jobs that wait are as long as this worker keeps");
  if (number(2) >= limits_.most_jobs_of_one) return too_many("too many jobs of this caller are waiting or running");
  return std::nullopt;
}

Result<std::optional<AcceptedJob>> SqliteJobStore::known(const NewJob& job, const std::string& who,
                                                         const std::string& print, JobTime now) {
  std::string id, first;
  {
    Statement key = database_.prepare("SELECT id, print FROM keys WHERE whose = ? AND key = ? AND until > ?");
    if (!key.bind(who).bind(*job.idempotency_key).bind(ms(now)).step()) {
      if (is_error(key.code())) return refusal(key.code());
      return std::optional<AcceptedJob>();
    }
    id = key.text(0);
    first = key.text(1);
  }
  if (first != print)
    return Problem::http(
        422, "IDEMPOTENCY_KEY_REUSED",
        "this Idempotency-Key came before with another body or Callback-Url, or for another capability");
  auto found = find_locked(id);
  if (!found) return std::optional<AcceptedJob>(); // forgotten, and its key with it
  return std::optional<AcceptedJob>({*std::move(found), true});
}

Result<std::int64_t> SqliteJobStore::insert(const NewJob& job, const std::string& id, JobTime now) {
  Statement insertion = database_.prepare("INSERT INTO jobs (id, operation, whose, caller_kind, caller_subject, "
                                          "caller_scopes, caller_address, request_id, "
                                          "traceparent, content_type, input, input_bytes, repeatable, created) "
                                          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insertion.bind(id).bind(job.operation).bind(whose(job.caller)).bind(static_cast<std::int64_t>(job.caller.kind));
  insertion.bind(job.caller.subject).bind(job.caller.scopes).bind(job.caller.address).bind(job.request_id);
  insertion.bind(job.traceparent).bind(job.content_type);
  job.input.file ? insertion.bind_null() : insertion.bind_bytes(job.input.text);
  insertion.bind(static_cast<std::int64_t>(job.input.size)).bind(std::int64_t(job.repeatable)).bind(ms(now));
  if (is_error(insertion.run())) return refusal(insertion.code());
  return database_.last_row();
}

Result<AcceptedJob> SqliteJobStore::accept(const NewJob& job, JobTime now) {
  const std::string who = whose(job.caller), print = print_of(job);
  const std::string id = new_job_id();
  if (id.empty()) return Problem::of(CRANK_UNAVAILABLE, "the system gives no random bytes");
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  if (is_error(transaction.code())) return refusal(transaction.code());
  if (job.idempotency_key) {
    auto first = known(job, who, print, now);
    if (!first) return first.error();
    if (*first) return **std::move(first);
  }
  if (auto problem = over_limit(job, who)) return *std::move(problem);
  const auto number = insert(job, id, now);
  if (!number) return number.error();
  if (job.input.file) {
    ArtifactFacts facts;
    facts.bytes = job.input.size;
    facts.sha256 = job.input.sha256;
    if (auto problem = add_file(*number, input_file, 0, facts, *job.input.file)) return *std::move(problem);
  }
  if (job.callback_url) {
    if (auto problem = add_callback(id, *job.callback_url)) return *std::move(problem);
  }
  if (job.idempotency_key) {
    Statement key = database_.prepare("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?)");
    key.bind(who).bind(*job.idempotency_key).bind(print).bind(id).bind(ms(now + limits_.key_time));
    if (is_error(key.run())) return refusal(key.code());
  }
  auto made = find_locked(id);
  if (!made) return made.error();
  if (const Code code = transaction.commit(); is_error(code)) return refusal(code);
  if (job.input.file) job.input.file->keep();
  return AcceptedJob{*std::move(made), false};
}

// ---- its owner's ----

Result<std::optional<ClaimedJob>> SqliteJobStore::claim(std::string_view owner, const HasRoom& room, JobTime now) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  if (is_error(transaction.code())) return refusal(transaction.code());
  // Of each caller and operation the oldest, callers with few running ones first: no more rows than there are of those,
  // however many jobs wait.
  std::string id;
  {
    Statement next =
        database_.prepare("SELECT jobs.operation, min(jobs.number) AS oldest FROM active CROSS JOIN jobs "
                          "ON jobs.whose = active.whose AND jobs.state = 0 WHERE active.jobs > active.running "
                          "GROUP BY active.whose, jobs.operation ORDER BY active.running, oldest");
    std::int64_t number = 0;
    while (number == 0 && next.step()) {
      if (room(next.text(0))) number = next.integer(1);
    }
    if (is_error(next.code())) return refusal(next.code());
    Statement found = database_.prepare("SELECT id FROM jobs WHERE number = ?");
    if (found.bind(number).step()) id = found.text(0);
    if (is_error(found.code())) return refusal(found.code());
  }
  if (id.empty()) return std::optional<ClaimedJob>();
  {
    Statement take = database_.prepare("UPDATE jobs SET state = 1, owner = ?, attempt = attempt + 1, started = ?, "
                                       "fraction = -1, note = '', version = version + 1 WHERE id = ?");
    if (is_error(take.bind(owner).bind(ms(now)).bind(id).run())) return refusal(take.code());
  }
  auto job = find_locked(id);
  if (!job) return job.error();
  ClaimedJob claimed{*std::move(job), {}};
  std::string file;
  {
    Statement input = database_.prepare("SELECT input, file FROM jobs LEFT JOIN files ON files.job = jobs.number AND "
                                        "files.kind = 0 WHERE id = ?");
    if (!input.bind(id).step()) return refusal(input.code());
    claimed.input.text = input.text(0);
    if (!input.is_null(1)) file = input.text(1);
  }
  claimed.input.size = claimed.job.input_bytes;
  if (!file.empty()) {
    auto opened = open_file(file, claimed.job.input_bytes);
    if (opened)
      claimed.input = *std::move(opened);
    else if (opened.error().http_status == 410)
      claimed.input.lost = std::move(opened).error();
    else
      return opened.error();
  }
  if (const Code code = transaction.commit(); is_error(code)) return refusal(code);
  return std::optional(std::move(claimed));
}

Result<bool> SqliteJobStore::progress(std::string_view id, std::string_view owner, double fraction,
                                      std::string_view note) {
  const std::lock_guard lock(mutex_);
  // Nobody waits for the disk here: what is lost is said again. A checkpoint that this begins still does (OFF would let
  // it damage the file when the power goes).
  database_.execute("PRAGMA synchronous = NORMAL");
  Code code = 0;
  {
    Statement update = database_.prepare("UPDATE jobs SET fraction = ?, note = ?, version = version + 1 "
                                         "WHERE id = ? AND owner = ? AND state = 1");
    code = update.bind(fraction).bind(note).bind(id).bind(owner).run();
  }
  const bool changed = database_.changes() == 1;
  database_.execute("PRAGMA synchronous = FULL");
  if (is_error(code)) return refusal(code);
  return changed;
}

// In a transaction.
Result<bool> SqliteJobStore::succeed_within(std::string_view id, std::string_view owner, const JobOutcome& outcome,
                                            JobTime now) {
  const JobBytes& result = outcome.result;
  std::uint64_t kept = result.size;
  for (const Artifact& artifact : outcome.artifacts) kept += artifact.facts.bytes;
  std::int64_t number = 0;
  {
    Statement update = database_.prepare("UPDATE jobs SET media_type = ?, result = ?, result_bytes = ?, "
                                         "result_sha256 = ?, kept_bytes = ?, artifacts = ?, state = 2, ended = ?, "
                                         "owner = NULL, input = NULL, version = version + 1 "
                                         "WHERE id = ? AND owner = ? AND state = 1 RETURNING number");
    outcome.media_type.empty() ? update.bind_null() : update.bind(outcome.media_type);
    result.file ? update.bind_null() : update.bind_bytes(result.text);
    update.bind(static_cast<std::int64_t>(result.size));
    update.bind(result.file ? result.sha256 : sha256_hex(result.text)).bind(static_cast<std::int64_t>(kept));
    update.bind(static_cast<std::int64_t>(outcome.artifacts.size())).bind(ms(now)).bind(id).bind(owner);
    if (update.step()) number = update.integer(0);
    if (is_error(update.code())) return refusal(update.code());
  }
  if (number == 0) return false;
  if (result.file) {
    ArtifactFacts facts;
    facts.media_type = outcome.media_type;
    facts.bytes = result.size;
    facts.sha256 = result.sha256;
    if (auto problem = add_file(number, result_file, 0, facts, *result.file)) return *std::move(problem);
  }
  for (std::size_t i = 0; i < outcome.artifacts.size(); ++i) {
    const Artifact& artifact = outcome.artifacts[i];
    if (auto problem = add_file(number, artifact_file, i, artifact.facts, *artifact.file)) return *std::move(problem);
  }
  return true;
}

Result<bool> SqliteJobStore::succeed(std::string_view id, std::string_view owner, const JobOutcome& outcome,
                                     JobTime now) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  if (is_error(transaction.code())) return refusal(transaction.code());
  auto done = succeed_within(id, owner, outcome, now);
  if (!done || !*done) return done;
  if (const Code code = transaction.commit(); is_error(code)) return refusal(code);
  if (outcome.result.file) outcome.result.file->keep();
  for (const Artifact& artifact : outcome.artifacts) artifact.file->keep();
  collect();
  return true;
}

Result<Job> SqliteJobStore::keep(const NewJob& call, const JobOutcome& outcome, JobTime now) {
  const std::string id = new_job_id();
  if (id.empty()) return Problem::of(CRANK_UNAVAILABLE, "the system gives no random bytes");
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  if (is_error(transaction.code())) return refusal(transaction.code());
  const auto number = insert(call, id, now);
  if (!number) return number.error();
  {
    Statement begun =
        database_.prepare("UPDATE jobs SET state = 1, owner = '', attempt = 1, started = created WHERE number = ?");
    if (is_error(begun.bind(*number).run())) return refusal(begun.code());
  }
  const auto done = succeed_within(id, "", outcome, now);
  if (!done) return done.error();
  auto kept = find_locked(id);
  if (!kept) return kept;
  if (const Code code = transaction.commit(); is_error(code)) return refusal(code);
  if (outcome.result.file) outcome.result.file->keep();
  for (const Artifact& artifact : outcome.artifacts) artifact.file->keep();
  return kept;
}

Result<bool> SqliteJobStore::fail(std::string_view id, std::string_view owner, JobState state, const Problem& problem,
                                  JobTime now) {
  const std::lock_guard lock(mutex_);
  {
    Statement update =
        database_.prepare("UPDATE jobs SET problem = ?, state = ?, ended = ?, owner = NULL, input = NULL, "
                          "version = version + 1 WHERE id = ? AND owner = ? AND state = 1");
    update.bind(problem_text(problem)).bind(static_cast<std::int64_t>(state)).bind(ms(now)).bind(id).bind(owner);
    if (is_error(update.run())) return refusal(update.code());
    if (database_.changes() != 1) return false;
  }
  collect();
  return true;
}

Result<bool> SqliteJobStore::give_back(std::string_view id, std::string_view owner, bool begun, JobTime now) {
  const std::lock_guard lock(mutex_);
  // One that somebody wants ended, or that must not be repeated, does not wait again.
  {
    Statement update = database_.prepare(
        "UPDATE jobs SET state = iif(cancel, 4, iif(repeatable OR NOT ?1, 0, 5)), owner = NULL, version = version + 1, "
        "attempt = attempt - iif(?1, 0, 1), "
        "ended = iif(cancel OR NOT (repeatable OR NOT ?1), ?2, NULL), "
        "problem = iif(cancel OR repeatable OR NOT ?1, NULL, ?3), "
        "input = iif(cancel OR NOT (repeatable OR NOT ?1), NULL, input) WHERE id = ?4 AND owner = ?5 AND state = 1");
    update.bind(std::int64_t(begun)).bind(ms(now)).bind(problem_text(interruption())).bind(id).bind(owner);
    if (is_error(update.run())) return refusal(update.code());
    if (database_.changes() != 1) return false;
  }
  collect();
  return true;
}

// ---- anybody's ----

Result<Job> SqliteJobStore::cancel(std::string_view id, JobTime now) {
  const std::lock_guard lock(mutex_);
  {
    Statement update = database_.prepare(
        "UPDATE jobs SET cancel = 1, ended = iif(state = 0, ?1, ended), input = iif(state = 0, NULL, input), "
        "state = iif(state = 0, 4, state), version = version + 1 WHERE id = ?2 AND state < 2 AND cancel = 0");
    if (is_error(update.bind(ms(now)).bind(id).run())) return refusal(update.code());
  }
  collect();
  return find_locked(id);
}

Result<std::vector<std::string>> SqliteJobStore::cancel_requests(std::string_view owner) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  Statement asked = database_.prepare("SELECT id FROM jobs WHERE owner = ? AND state = 1 AND cancel = 1");
  asked.bind(owner);
  while (asked.step()) ids.push_back(asked.text(0));
  if (is_error(asked.code())) return refusal(asked.code());
  return ids;
}

Result<RecoveredJobs> SqliteJobStore::recover(const IsAlive& is_alive, JobTime now) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> gone;
  {
    Statement owners = database_.prepare("SELECT DISTINCT owner FROM jobs WHERE state = 1");
    while (owners.step()) {
      if (!is_alive(owners.text(0))) gone.push_back(owners.text(0));
    }
    if (is_error(owners.code())) return refusal(owners.code());
  }
  RecoveredJobs recovered;
  if (gone.empty()) return recovered;
  Transaction transaction(database_);
  if (is_error(transaction.code())) return refusal(transaction.code());
  for (const std::string& owner : gone) {
    Statement jobs = database_.prepare("UPDATE jobs SET losses = losses + 1, owner = NULL, version = version + 1, "
                                       "state = iif(cancel, 4, iif(repeatable AND losses + 1 < ?1, 0, 5)) "
                                       "WHERE owner = ?2 AND state = 1 RETURNING number, state, repeatable");
    jobs.bind(static_cast<std::int64_t>(limits_.most_losses)).bind(owner);
    std::vector<std::pair<std::int64_t, Problem>> interrupted;
    while (jobs.step()) {
      const auto state = static_cast<JobState>(jobs.integer(1));
      if (state == JobState::queued) ++recovered.queued_again;
      if (state == JobState::cancelled) ++recovered.cancelled;
      if (state == JobState::interrupted)
        interrupted.emplace_back(jobs.integer(0), jobs.integer(2) != 0 ? too_many_losses() : interruption());
    }
    if (is_error(jobs.code())) return refusal(jobs.code());
    recovered.interrupted += interrupted.size();
    for (const auto& [number, problem] : interrupted) {
      Statement why = database_.prepare("UPDATE jobs SET problem = ? WHERE number = ?");
      if (is_error(why.bind(problem_text(problem)).bind(number).run())) return refusal(why.code());
    }
  }
  {
    Statement over = database_.prepare("UPDATE jobs SET ended = ?, input = NULL WHERE state > 1 AND ended IS NULL");
    if (is_error(over.bind(ms(now)).run())) return refusal(over.code());
  }
  if (const Code code = transaction.commit(); is_error(code)) return refusal(code);
  collect();
  return recovered;
}

Result<std::uint64_t> SqliteJobStore::forget(JobTime ended_before, JobTime now, std::size_t most) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  if (is_error(transaction.code())) return refusal(transaction.code());
  std::uint64_t forgotten = 0;
  {
    Statement old = database_.prepare("DELETE FROM jobs WHERE number IN (SELECT number FROM jobs WHERE state > 1 AND "
                                      "ended < ? AND NOT EXISTS (SELECT 1 FROM callbacks WHERE job = number AND "
                                      "callbacks.state = 1) ORDER BY ended LIMIT ?)");
    if (is_error(old.bind(ms(ended_before)).bind(static_cast<std::int64_t>(most)).run())) return refusal(old.code());
    forgotten = static_cast<std::uint64_t>(database_.changes());
  }
  {
    Statement keys = database_.prepare("DELETE FROM keys WHERE until <= ?");
    if (is_error(keys.bind(ms(now)).run())) return refusal(keys.code());
  }
  if (const Code code = transaction.commit(); is_error(code)) return refusal(code);
  collect();
  return forgotten;
}

} // namespace crank
