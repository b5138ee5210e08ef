// The part of the SQLite store that has to do with files.
#include "jobs/sqlite_job_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

namespace crank {

using sqlite::Code;
using sqlite::is_error;
using sqlite::Statement;
using sqlite::Transaction;

namespace {

// Of one caller, but the newest of all, and what waits for its callback.
constexpr const char* oldest_forgettable =
    "SELECT number, kept_bytes FROM jobs WHERE whose = ? AND state > 1 AND kept_bytes > 0 AND NOT EXISTS "
    "(SELECT 1 FROM callbacks WHERE job = number AND callbacks.state = 1) AND number <> "
    "(SELECT number FROM jobs WHERE state > 1 ORDER BY ended DESC, number DESC LIMIT 1) ORDER BY ended LIMIT 1";

} // namespace

Result<ScratchFile> SqliteJobStore::make_file(std::string_view owner) {
  return ScratchFile::make(files_ / (std::string(owner) + "." + std::to_string(next_file_.fetch_add(1))));
}

std::optional<Problem> SqliteJobStore::add_file(std::int64_t job, FileKind kind, std::size_t number,
                                                const ArtifactFacts& facts, const ScratchFile& file) {
  Statement insert = database_.prepare("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(job).bind(static_cast<std::int64_t>(kind)).bind(static_cast<std::int64_t>(number)).bind(facts.name);
  insert.bind(facts.media_type).bind(facts.description).bind(static_cast<std::int64_t>(facts.shown_inline));
  insert.bind(static_cast<std::int64_t>(facts.bytes)).bind(facts.sha256).bind(file.path().filename().string());
  if (is_error(insert.run())) return refusal(insert.code());
  return std::nullopt;
}

Result<std::vector<ArtifactFacts>> SqliteJobStore::artifacts_of(std::int64_t job) {
  std::vector<ArtifactFacts> artifacts;
  Statement rows = database_.prepare("SELECT name, media_type, description, shown_inline, bytes, sha256 FROM files "
                                     "WHERE job = ? AND kind = 2 ORDER BY number");
  rows.bind(job);
  while (rows.step())
    artifacts.push_back({rows.text(0), rows.text(1), rows.text(2), rows.integer(3) != 0,
                         static_cast<std::uint64_t>(rows.integer(4)), rows.text(5)});
  if (is_error(rows.code())) return refusal(rows.code());
  return artifacts;
}

Result<StoredBytes> SqliteJobStore::open_file(const std::string& name, std::uint64_t size) const {
  StoredBytes bytes;
  bytes.size = size;
  bytes.file = Descriptor(::open((files_ / name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!bytes.file && errno != ENOENT && errno != ELOOP) {
    const bool many = errno == EMFILE || errno == ENFILE;
    return Problem::of(CRANK_UNAVAILABLE,
                       many ? "the host has no file descriptor left" : "the host cannot read its file now");
  }
  struct stat facts {};
  if (bytes.file && ::fstat(bytes.file.get(), &facts) == 0 && static_cast<std::uint64_t>(facts.st_size) == size)
    return bytes;
  return Problem::http(410, "GONE", "the file is not whole any more: somebody removed or changed it");
}

Result<StoredBytes> SqliteJobStore::result(std::string_view id) {
  const std::lock_guard lock(mutex_);
  Statement row = database_.prepare("SELECT result, result_bytes, file FROM jobs LEFT JOIN files ON "
                                    "files.job = jobs.number AND files.kind = 1 WHERE id = ? AND state = 2");
  if (row.bind(id).step()) {
    const auto size = static_cast<std::uint64_t>(row.integer(1));
    if (!row.is_null(2)) return open_file(row.text(2), size);
    StoredBytes bytes;
    bytes.text = row.text(0);
    bytes.size = size;
    return bytes;
  }
  if (is_error(row.code())) return refusal(row.code());
  return Problem::of(CRANK_NOT_FOUND, "the job has no result");
}

Result<StoredBytes> SqliteJobStore::artifact(std::string_view id, std::string_view name) {
  const std::lock_guard lock(mutex_);
  Statement row =
      database_.prepare("SELECT files.file, files.bytes FROM jobs JOIN files ON files.job = jobs.number AND "
                        "files.kind = 2 WHERE jobs.id = ? AND files.name = ?");
  if (row.bind(id).bind(name).step()) return open_file(row.text(0), static_cast<std::uint64_t>(row.integer(1)));
  if (is_error(row.code())) return refusal(row.code());
  return Problem::of(CRANK_NOT_FOUND, "the job has no artefact of that name");
}

Result<JobStore::ArtifactPlace> SqliteJobStore::artifact_in(std::string_view file) {
  const std::lock_guard lock(mutex_);
  Statement row = database_.prepare("SELECT jobs.id, files.name FROM files JOIN jobs ON files.job = jobs.number "
                                    "WHERE files.file = ? AND files.kind = 2");
  if (row.bind(file).step()) return ArtifactPlace{row.text(0), row.text(1)};
  if (is_error(row.code())) return refusal(row.code());
  return Problem::of(CRANK_NOT_FOUND, "no job left that file");
}

// A file goes first and its note then: what comes in between is done again.
void SqliteJobStore::collect() {
  std::vector<std::string> names;
  {
    Statement garbage = database_.prepare("SELECT file FROM garbage LIMIT 1000");
    while (garbage.step()) names.push_back(garbage.text(0));
  }
  if (names.empty()) return;
  Transaction transaction(database_);
  if (is_error(transaction.code())) return; // another time
  for (const std::string& name : names) {
    if (::unlink((files_ / name).c_str()) != 0 && errno != ENOENT) continue;
    Statement done = database_.prepare("DELETE FROM garbage WHERE file = ?");
    if (is_error(done.bind(name).run())) return;
  }
  static_cast<void>(transaction.commit());
}

Result<bool> SqliteJobStore::drop(std::string_view id) {
  const std::lock_guard lock(mutex_);
  {
    Statement gone = database_.prepare("DELETE FROM jobs WHERE id = ? AND state > 1");
    if (is_error(gone.bind(id).run())) return refusal(gone.code());
    if (database_.changes() == 0) return false;
  }
  collect();
  return true;
}

// What waits for its callback has a limit of its own, see accept(): it is not to push out what others left.
Result<std::uint64_t> SqliteJobStore::pending_bytes() {
  Statement sum = database_.prepare("SELECT ifnull(sum(kept_bytes), 0) FROM callbacks JOIN jobs ON number = job "
                                    "WHERE callbacks.state = 1");
  if (!sum.step()) return refusal(sum.code());
  return static_cast<std::uint64_t>(sum.integer(0));
}

Result<std::uint64_t> SqliteJobStore::forget_beyond(std::uint64_t most_bytes, std::size_t most) {
  const std::lock_guard lock(mutex_);
  const auto pending = pending_bytes();
  if (!pending) return pending;
  std::uint64_t forgotten = 0;
  Transaction transaction(database_);
  if (is_error(transaction.code())) return refusal(transaction.code());
  std::int64_t excess = 0;
  {
    Statement sum = database_.prepare("SELECT bytes FROM kept");
    if (!sum.step()) return refusal(sum.code());
    excess = sum.integer(0) - static_cast<std::int64_t>(most_bytes + *pending);
  }
  // Who leaves the most loses first: nobody can push out what others left by leaving more.
  std::map<std::string, std::int64_t> shares;
  if (excess > 0) {
    Statement all = database_.prepare("SELECT whose, bytes FROM shares");
    while (all.step()) shares.emplace(all.text(0), all.integer(1));
    if (is_error(all.code())) return refusal(all.code());
  }
  while (excess > 0 && forgotten < most && !shares.empty()) {
    const auto largest = std::max_element(shares.begin(), shares.end(),
                                          [](const auto& a, const auto& b) { return a.second < b.second; });
    Statement oldest = database_.prepare(oldest_forgettable);
    if (!oldest.bind(std::string_view(largest->first)).step()) {
      if (is_error(oldest.code())) return refusal(oldest.code());
      shares.erase(largest);
      continue;
    }
    Statement gone = database_.prepare("DELETE FROM jobs WHERE number = ?");
    if (is_error(gone.bind(oldest.integer(0)).run())) return refusal(gone.code());
    largest->second -= oldest.integer(1);
    excess -= oldest.integer(1);
    ++forgotten;
  }
  if (const Code code = transaction.commit(); is_error(code)) return refusal(code);
  if (forgotten > 0) collect();
  return forgotten;
}

void SqliteJobStore::sweep(const IsAlive& is_alive) {
  std::map<std::string, bool> lives;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(files_, ignored)) {
    const std::string name = entry.path().filename().string();
    const std::string owner = name.substr(0, name.find('.'));
    // Asked before it is looked whether a job has the file: who is dead then gives it to none.
    const auto [known, is_new] = lives.try_emplace(owner, false);
    if (is_new) known->second = is_alive(owner);
    if (known->second) continue;
    const std::lock_guard lock(mutex_);
    Statement used = database_.prepare("SELECT 1 FROM files WHERE file = ?");
    if (!used.bind(name).step() && !is_error(used.code())) ::unlink(entry.path().c_str());
  }
}

} // namespace crank
