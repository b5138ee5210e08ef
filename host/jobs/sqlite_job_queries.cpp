// The part of the SQLite store that only reads.
#include "jobs/sqlite_job_rows.hpp"
#include "jobs/sqlite_job_store.hpp"

namespace crank {

using sqlite::artifacts_in;
using sqlite::is_error;
using sqlite::job_of;
using sqlite::number_in;
using sqlite::Statement;
using sqlite::whose;

Result<Job> SqliteJobStore::find_locked(std::string_view id) {
  Statement row = database_.prepare("SELECT * FROM shown WHERE id = ?");
  row.bind(id);
  auto jobs = jobs_of(row);
  if (!jobs) return jobs.error();
  if (jobs->empty()) return Problem::of(CRANK_NOT_FOUND, "there is no such job");
  return std::move(jobs->front());
}

Result<Job> SqliteJobStore::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  return find_locked(id);
}

// Rows of `shown`, to the last, each with its artefacts. `gone`: takes the ids behind them where there is no job.
Result<std::vector<Job>> SqliteJobStore::jobs_of(Statement& rows, std::vector<std::string>* gone) {
  std::vector<Job> jobs;
  std::vector<std::pair<std::size_t, std::int64_t>> with_artifacts;
  while (rows.step()) {
    if (gone && rows.is_null(0)) {
      gone->push_back(rows.text(32));
      continue;
    }
    if (artifacts_in(rows) > 0) with_artifacts.emplace_back(jobs.size(), number_in(rows));
    jobs.push_back(job_of(rows));
  }
  if (is_error(rows.code())) return refusal(rows.code());
  for (const auto& [place, number] : with_artifacts) {
    auto artifacts = artifacts_of(number);
    if (!artifacts) return artifacts.error();
    jobs[place].artifacts = *std::move(artifacts);
  }
  return jobs;
}

Result<std::vector<Job>> SqliteJobStore::list(const JobFilter& filter) {
  const std::lock_guard lock(mutex_);
  Statement rows = database_.prepare(
      "SELECT * FROM shown WHERE (?1 IS NULL OR state = ?1) AND (?2 = '' OR operation = ?2) AND (?3 IS NULL OR whose = "
      "?3) "
      "AND (?4 = '' OR number < (SELECT number FROM jobs WHERE id = ?4)) ORDER BY number DESC LIMIT ?5");
  const auto state = filter.state ? std::optional(static_cast<std::int64_t>(*filter.state)) : std::nullopt;
  rows.bind(state).bind(std::string_view(filter.operation));
  if (filter.of)
    rows.bind(std::string_view(whose(*filter.of)));
  else
    rows.bind_null();
  rows.bind(std::string_view(filter.before)).bind(static_cast<std::int64_t>(filter.most));
  return jobs_of(rows);
}

Result<JobCounts> SqliteJobStore::count() {
  const std::lock_guard lock(mutex_);
  Statement sums = database_.prepare("SELECT ifnull(sum(jobs), 0), ifnull(sum(running), 0) FROM active");
  if (!sums.step()) return refusal(sums.code());
  return JobCounts{static_cast<std::uint64_t>(sums.integer(0) - sums.integer(1)),
                   static_cast<std::uint64_t>(sums.integer(1))};
}

Result<ChangedJobs> SqliteJobStore::changed(const SeenJobs& seen) {
  std::string list = "["; // of [id, version]; an id is hexadecimal
  for (const auto& [id, version] : seen) {
    if (!is_job_id(id)) continue;
    if (list.size() > 1) list += ',';
    list.append("[\"").append(id).append("\",").append(std::to_string(version)).append("]");
  }
  list += "]";
  const std::lock_guard lock(mutex_);
  Statement rows = database_.prepare("SELECT shown.*, seen.value ->> 0 FROM json_each(?) AS seen LEFT JOIN shown "
                                     "ON shown.id = seen.value ->> 0 "
                                     "WHERE shown.id IS NULL OR shown.version > seen.value ->> 1");
  rows.bind(std::string_view(list));
  ChangedJobs changed;
  auto jobs = jobs_of(rows, &changed.gone);
  if (!jobs) return jobs.error();
  changed.jobs = *std::move(jobs);
  return changed;
}

} // namespace crank
