#include "jobs/sqlite_job_store.hpp"

#include <algorithm>

namespace crank {

using sqlite::Code;
using sqlite::is_error;
using sqlite::Statement;
using sqlite::Transaction;

Result<bool> SqliteJobStore::append_log(std::string_view id, const JobLog& part) {
  const std::lock_guard lock(mutex_);
  database_.execute("PRAGMA synchronous = NORMAL"); // as progress()
  bool there = false;
  const Code code = append_log_locked(id, part, there);
  database_.execute("PRAGMA synchronous = FULL");
  if (is_error(code)) return refusal(code);
  return there;
}

Code SqliteJobStore::append_log_locked(std::string_view id, const JobLog& part, bool& there) {
  Transaction transaction(database_);
  if (is_error(transaction.code())) return transaction.code();
  std::int64_t job = 0;
  {
    Statement found = database_.prepare("SELECT number FROM jobs WHERE id = ?");
    there = found.bind(id).step();
    if (!there) return found.code();
    job = found.integer(0);
  }
  {
    Statement insert = database_.prepare("INSERT INTO logs (job, dropped, lines, bytes, text) VALUES (?, ?, ?, ?, ?)");
    insert.bind(job).bind(static_cast<std::int64_t>(part.dropped)).bind(static_cast<std::int64_t>(part.lines));
    insert.bind(static_cast<std::int64_t>(part.text.size())).bind_bytes(part.text);
    if (is_error(insert.run())) return insert.code();
  }
  if (const Code code = trim_log(job); is_error(code)) return code;
  return transaction.commit();
}

// Takes the oldest lines away until the rest is within the limits.
Code SqliteJobStore::trim_log(std::int64_t job) {
  while (true) {
    std::int64_t lines = 0, bytes = 0, part = 0, dropped = 0;
    std::string text;
    {
      Statement sums = database_.prepare("SELECT ifnull(sum(lines), 0), ifnull(sum(bytes), 0) FROM logs WHERE job = ?");
      if (!sums.bind(job).step()) return sums.code();
      lines = sums.integer(0) - static_cast<std::int64_t>(limits_.most_log_lines);
      bytes = sums.integer(1) - static_cast<std::int64_t>(limits_.most_log_bytes);
      if (lines <= 0 && bytes <= 0) return 0;
      Statement oldest = database_.prepare("SELECT part, dropped, text FROM logs WHERE job = ? ORDER BY part LIMIT 1");
      if (!oldest.bind(job).step()) return oldest.code();
      part = oldest.integer(0);
      dropped = oldest.integer(1);
      text = oldest.text(2);
    }
    std::int64_t gone = 0, at = 0, kept = 0;
    while ((gone < lines || at < bytes) && at < static_cast<std::int64_t>(text.size())) {
      at = static_cast<std::int64_t>(text.find('\n', static_cast<std::size_t>(at))) + 1;
      ++gone;
    }
    text.erase(0, static_cast<std::size_t>(at));
    kept = std::count(text.begin(), text.end(), '\n');
    Statement change =
        kept > 0 ? database_.prepare("UPDATE logs SET dropped = ?, lines = ?, bytes = ?, text = ? WHERE part = ?")
                 : database_.prepare("UPDATE logs SET dropped = dropped + ? WHERE part = "
                                     "(SELECT min(part) FROM logs WHERE job = ? AND part > ?)");
    if (kept > 0) {
      change.bind(dropped + gone).bind(kept).bind(static_cast<std::int64_t>(text.size())).bind_bytes(text).bind(part);
      return change.run();
    }
    change.bind(dropped + gone).bind(job).bind(part); // counted by the next, which there is: the one just written
    if (is_error(change.run())) return change.code();
    Statement remove = database_.prepare("DELETE FROM logs WHERE part = ?");
    if (is_error(remove.bind(part).run())) return remove.code();
  }
}

Result<JobLog> SqliteJobStore::log(std::string_view id) {
  const std::lock_guard lock(mutex_);
  JobLog log;
  Statement parts = database_.prepare("SELECT logs.dropped, logs.lines, logs.text FROM jobs JOIN logs ON logs.job = "
                                      "jobs.number WHERE jobs.id = ? ORDER BY logs.part");
  parts.bind(id);
  while (parts.step()) {
    log.dropped += static_cast<std::uint64_t>(parts.integer(0));
    log.lines += static_cast<std::uint64_t>(parts.integer(1));
    log.text += parts.text(2);
  }
  if (is_error(parts.code())) return refusal(parts.code());
  return log;
}

} // namespace crank
