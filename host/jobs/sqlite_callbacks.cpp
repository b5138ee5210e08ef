// The callbacks of jobs, as SQLite keeps them.
#include "jobs/sqlite_job_store.hpp"

#include "jobs/callback_url.hpp"
#include "jobs/sqlite_time.hpp"

namespace crank {

using sqlite::Code;
using sqlite::is_error;
using sqlite::ms;
using sqlite::Statement;
using sqlite::time_of;
using sqlite::Transaction;

// In the transaction that accepts the job.
std::optional<Problem> SqliteJobStore::add_callback(std::string_view job, const std::string& text) {
  const auto url = parse_callback_url(text);
  if (!url) return Problem::http(400, "BAD_CALLBACK_URL", "Callback-Url " + url.error());
  const std::string random = new_job_id(); // as hard to guess, and as long
  if (random.empty()) return Problem::of(CRANK_UNAVAILABLE, "the system gives no random bytes");
  Statement insert = database_.prepare("INSERT INTO callbacks (job, message, url, place, destination) "
                                       "SELECT number, ?, ?, ?, ? FROM jobs WHERE id = ?");
  insert.bind(std::string_view("msg_" + random)).bind(text).bind(std::string_view(url->place()));
  insert.bind(std::string_view(url->destination())).bind(job);
  if (is_error(insert.run())) return refusal(insert.code());
  return std::nullopt;
}

Result<std::optional<ClaimedCallback>> SqliteJobStore::claim_callback(std::string_view owner, const MayTry& may,
                                                                      JobTime now) {
  const std::lock_guard lock(mutex_);
  Transaction transaction(database_);
  if (is_error(transaction.code())) return refusal(transaction.code());
  // From one destination to the next along the index: no more rows than there are destinations, however many wait.
  std::string destination;
  {
    Statement next = database_.prepare(
        "WITH RECURSIVE places (destination) AS ("
        "SELECT min(destination) FROM callbacks WHERE state = 1 AND owner IS NULL "
        "UNION ALL SELECT (SELECT min(c.destination) FROM callbacks AS c WHERE c.state = 1 AND c.owner IS NULL AND "
        "c.destination > places.destination) FROM places WHERE places.destination IS NOT NULL) "
        "SELECT destination, (SELECT min(c.next) FROM callbacks AS c WHERE c.state = 1 AND c.owner IS NULL AND "
        "c.destination = places.destination) AS first FROM places "
        "WHERE destination IS NOT NULL AND first <= ? ORDER BY first");
    next.bind(ms(now));
    while (destination.empty() && next.step()) {
      if (may(next.text(0))) destination = next.text(0);
    }
    if (is_error(next.code())) return refusal(next.code());
  }
  if (destination.empty()) return std::optional<ClaimedCallback>();
  ClaimedCallback claimed;
  std::string id;
  {
    Statement take = database_.prepare(
        "UPDATE callbacks SET owner = ?, attempts = attempts + 1 WHERE job = (SELECT job FROM callbacks WHERE "
        "state = 1 AND owner IS NULL AND destination = ? AND next <= ? ORDER BY next LIMIT 1) AND owner IS NULL "
        "RETURNING (SELECT id FROM jobs WHERE number = job), message, url, destination, attempts, due");
    if (!take.bind(owner).bind(destination).bind(ms(now)).step()) {
      if (is_error(take.code())) return refusal(take.code());
      return std::optional<ClaimedCallback>();
    }
    id = take.text(0);
    claimed.message_id = take.text(1);
    claimed.url = take.text(2);
    claimed.destination = take.text(3);
    claimed.attempt = static_cast<unsigned>(take.integer(4));
    claimed.due = time_of(take.integer(5));
    if (is_error(take.run())) return refusal(take.code());
  }
  auto job = find_locked(id);
  if (!job) return job.error();
  claimed.job = *std::move(job);
  if (const Code code = transaction.commit(); is_error(code)) return refusal(code);
  return std::optional(std::move(claimed));
}

Result<bool> SqliteJobStore::callback_delivered(std::string_view job, std::string_view owner) {
  const std::lock_guard lock(mutex_);
  Statement update =
      database_.prepare("UPDATE callbacks SET state = 2, owner = NULL, next = NULL, url = NULL, error = '' "
                        "WHERE job = (SELECT number FROM jobs WHERE id = ?) AND owner = ? AND state = 1");
  if (is_error(update.bind(job).bind(owner).run())) return refusal(update.code());
  return database_.changes() == 1;
}

Result<bool> SqliteJobStore::callback_failed(std::string_view job, std::string_view owner, std::string_view error,
                                             std::optional<JobTime> next) {
  const std::lock_guard lock(mutex_);
  Statement update =
      database_.prepare("UPDATE callbacks SET error = ?1, owner = NULL, next = ?2, state = iif(?2 IS NULL, 3, 1), "
                        "url = iif(?2 IS NULL, NULL, url) "
                        "WHERE job = (SELECT number FROM jobs WHERE id = ?3) AND owner = ?4 AND state = 1");
  update.bind(error).bind(next ? std::optional(ms(*next)) : std::nullopt).bind(job).bind(owner);
  if (is_error(update.run())) return refusal(update.code());
  return database_.changes() == 1;
}

Result<std::uint64_t> SqliteJobStore::recover_callbacks(const IsAlive& is_alive) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> gone;
  {
    Statement owners = database_.prepare("SELECT DISTINCT owner FROM callbacks WHERE state = 1 AND owner IS NOT NULL");
    while (owners.step()) {
      if (!is_alive(owners.text(0))) gone.push_back(owners.text(0));
    }
    if (is_error(owners.code())) return refusal(owners.code());
  }
  std::uint64_t recovered = 0;
  for (const std::string& owner : gone) {
    Statement update = database_.prepare("UPDATE callbacks SET owner = NULL WHERE state = 1 AND owner = ?");
    if (is_error(update.bind(std::string_view(owner)).run())) return refusal(update.code());
    recovered += static_cast<std::uint64_t>(database_.changes());
  }
  return recovered;
}

Result<std::uint64_t> SqliteJobStore::abandon_callbacks(JobTime due_before, std::string_view error) {
  const std::lock_guard lock(mutex_);
  Statement update = database_.prepare("UPDATE callbacks SET state = 3, next = NULL, url = NULL, "
                                       "error = iif(error = '', ?1, error) WHERE state = 1 AND owner IS NULL AND "
                                       "due < ?2 AND (error <> '' OR ?1 <> '')");
  if (is_error(update.bind(error).bind(ms(due_before)).run())) return refusal(update.code());
  return static_cast<std::uint64_t>(database_.changes());
}

Result<std::uint64_t> SqliteJobStore::pending_callbacks() {
  const std::lock_guard lock(mutex_);
  Statement count = database_.prepare("SELECT (SELECT count(*) FROM callbacks WHERE state = 1 AND owner IS NULL) + "
                                      "(SELECT count(*) FROM callbacks WHERE state = 1 AND owner IS NOT NULL)");
  if (!count.step()) return refusal(count.code());
  return static_cast<std::uint64_t>(count.integer(0));
}

} // namespace crank
