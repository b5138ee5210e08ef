#include "jobs/sqlite_migrations.hpp"

#include "jobs/sqlite_job_logs.hpp"

#include <array>
#include <string>

namespace crank {
namespace {

using sqlite::Code;
using sqlite::is_error;

// `whose`: who a caller is, as one text. `active` counts what is not over, for the limits, without looking at all of
// it.
constexpr const char* jobs = R"sql(
CREATE TABLE jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  operation TEXT NOT NULL,
  whose TEXT NOT NULL,
  caller_kind INTEGER NOT NULL, caller_subject TEXT NOT NULL, caller_scopes TEXT NOT NULL, caller_address TEXT NOT NULL,
  request_id TEXT NOT NULL, traceparent TEXT NOT NULL, content_type TEXT NOT NULL,
  input BLOB, input_bytes INTEGER NOT NULL,
  repeatable INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  attempt INTEGER NOT NULL DEFAULT 0,
  losses INTEGER NOT NULL DEFAULT 0,
  owner TEXT,
  cancel INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL, started INTEGER, ended INTEGER,
  fraction REAL NOT NULL DEFAULT -1, note TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1,
  media_type TEXT, result BLOB, result_bytes INTEGER, result_sha256 TEXT,
  problem TEXT
) STRICT;
CREATE INDEX waiting ON jobs (whose, operation, number) WHERE state = 0;
CREATE INDEX running ON jobs (owner) WHERE state = 1;
CREATE INDEX over ON jobs (ended) WHERE state > 1;
CREATE TABLE active (whose TEXT PRIMARY KEY, jobs INTEGER NOT NULL, running INTEGER NOT NULL, bytes INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TRIGGER accepted AFTER INSERT ON jobs BEGIN
  INSERT INTO active VALUES (new.whose, 1, 0, new.input_bytes)
    ON CONFLICT DO UPDATE SET jobs = jobs + 1, bytes = bytes + new.input_bytes;
END;
CREATE TRIGGER changed AFTER UPDATE OF state ON jobs WHEN old.state <> new.state BEGIN
  UPDATE active SET running = running - (old.state = 1) + (new.state = 1),
    jobs = jobs - (new.state > 1), bytes = bytes - iif(new.state > 1, new.input_bytes, 0) WHERE whose = new.whose;
  DELETE FROM active WHERE whose = new.whose AND jobs = 0;
END;
CREATE TABLE keys (
  whose TEXT NOT NULL, key TEXT NOT NULL, print TEXT NOT NULL, id TEXT NOT NULL, until INTEGER NOT NULL,
  PRIMARY KEY (whose, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_times ON keys (until);
-- What job_of() reads, in its order.
CREATE VIEW shown AS SELECT
  id, operation, caller_kind, caller_subject, caller_scopes, caller_address, request_id, traceparent, content_type,
  input_bytes, repeatable, state, attempt, cancel, created, started, ended, fraction, note, version, media_type,
  result_bytes, result_sha256, problem, number, whose FROM jobs;
)sql";

// A callback is `due` from its job's end on, in the transaction that ends it, whatever that is. `url` goes when nothing
// is sent there any more: it may hold secrets. Who tries it now is its `owner`.
constexpr const char* callbacks = R"sql(
CREATE TABLE callbacks (
  job INTEGER PRIMARY KEY,
  message TEXT NOT NULL,
  url TEXT, place TEXT NOT NULL, destination TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  due INTEGER, next INTEGER,
  owner TEXT,
  error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX callbacks_due ON callbacks (destination, next) WHERE state = 1 AND owner IS NULL;
CREATE INDEX callbacks_tried ON callbacks (owner) WHERE state = 1 AND owner IS NOT NULL;
CREATE TRIGGER ended AFTER UPDATE OF ended ON jobs WHEN old.ended IS NULL AND new.ended IS NOT NULL BEGIN
  UPDATE callbacks SET state = 1, due = new.ended, next = new.ended WHERE job = new.number AND state = 0;
END;
CREATE TRIGGER forgotten AFTER DELETE ON jobs BEGIN
  DELETE FROM callbacks WHERE job = old.number;
END;
DROP VIEW shown;
-- What job_of() reads, in its order.
CREATE VIEW shown AS SELECT
  id, operation, caller_kind, caller_subject, caller_scopes, caller_address, request_id, traceparent, content_type,
  input_bytes, repeatable, jobs.state AS state, attempt, cancel, created, started, ended, fraction, note, version,
  media_type, result_bytes, result_sha256, problem, number, whose,
  place, callbacks.state AS callback_state, attempts, error, next FROM jobs LEFT JOIN callbacks ON job = number;
)sql";

// Files: inputs (kind 0), results (1) and artefacts (2). What no job has any more goes into `garbage` in the same
// transaction, and out of it when it is off the disk. `kept` has the sum of what jobs that are over leave.
constexpr const char* files = R"sql(
ALTER TABLE jobs ADD COLUMN kept_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN artifacts INTEGER NOT NULL DEFAULT 0;
CREATE TABLE files (
  job INTEGER NOT NULL, kind INTEGER NOT NULL, number INTEGER NOT NULL,
  name TEXT NOT NULL, media_type TEXT NOT NULL, description TEXT NOT NULL, shown_inline INTEGER NOT NULL,
  bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, file TEXT NOT NULL UNIQUE,
  PRIMARY KEY (job, kind, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX artifact_names ON files (job, name) WHERE kind = 2;
CREATE TABLE garbage (file TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TRIGGER file_gone AFTER DELETE ON files BEGIN INSERT OR IGNORE INTO garbage VALUES (old.file); END;
CREATE TRIGGER input_done AFTER UPDATE OF state ON jobs WHEN new.state > 1 BEGIN
  DELETE FROM files WHERE job = new.number AND kind = 0;
END;
CREATE TABLE kept (bytes INTEGER NOT NULL) STRICT;
INSERT INTO kept VALUES (0);
CREATE TRIGGER kept_more AFTER UPDATE OF kept_bytes ON jobs WHEN old.kept_bytes <> new.kept_bytes BEGIN
  UPDATE kept SET bytes = bytes + new.kept_bytes - old.kept_bytes;
END;
-- What its row takes counts, too: many that leave nothing fill a disk as well.
CREATE TRIGGER row_kept AFTER UPDATE OF state ON jobs WHEN old.state < 2 AND new.state > 1 BEGIN
  UPDATE jobs SET kept_bytes = kept_bytes + 1024 + ifnull(length(problem), 0) WHERE number = new.number;
END;
CREATE TRIGGER files_forgotten AFTER DELETE ON jobs BEGIN
  DELETE FROM files WHERE job = old.number;
  UPDATE kept SET bytes = bytes - old.kept_bytes;
END;
UPDATE jobs SET kept_bytes = ifnull(result_bytes, 0) + 1024 WHERE state > 1;
DROP VIEW shown;
-- What job_of() reads, in its order.
CREATE VIEW shown AS SELECT
  id, operation, caller_kind, caller_subject, caller_scopes, caller_address, request_id, traceparent, content_type,
  input_bytes, repeatable, jobs.state AS state, attempt, cancel, created, started, ended, fraction, note, version,
  media_type, result_bytes, result_sha256, problem, number, whose,
  place, callbacks.state AS callback_state, attempts, error, next,
  artifacts FROM jobs LEFT JOIN callbacks ON job = number;
)sql";

// Of `kept`, what each caller's jobs leave; and the oldest of one caller without looking at those of others.
constexpr const char* shares = R"sql(
CREATE TABLE shares (whose TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO shares SELECT whose, sum(kept_bytes) FROM jobs WHERE kept_bytes <> 0 GROUP BY whose;
CREATE TRIGGER share_more AFTER UPDATE OF kept_bytes ON jobs WHEN old.kept_bytes <> new.kept_bytes BEGIN
  INSERT INTO shares VALUES (new.whose, new.kept_bytes - old.kept_bytes)
    ON CONFLICT (whose) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER share_less AFTER DELETE ON jobs WHEN old.kept_bytes <> 0 BEGIN
  UPDATE shares SET bytes = bytes - old.kept_bytes WHERE whose = old.whose;
  DELETE FROM shares WHERE whose = old.whose AND bytes = 0;
END;
CREATE INDEX over_of ON jobs (whose, ended) WHERE state > 1;
)sql";

// From each version to the next. Never changed: there are files that were made with them. One process migrates while
// another of an older version goes on with the same file, so what a migration finds keeps its meaning.
constexpr std::array migrations = {jobs, callbacks, files, sqlite::job_logs_step, shares};

} // namespace

int job_store_version() { return static_cast<int>(migrations.size()); }

Code migrate_job_store(sqlite::Database& database, std::int64_t& version, int to) {
  while (true) {
    sqlite::Transaction transaction(database); // two processes may find it at the same version
    if (is_error(transaction.code())) return transaction.code();
    {
      sqlite::Statement asked = database.prepare("PRAGMA user_version");
      if (!asked.step()) return asked.code();
      version = asked.integer(0);
    }
    if (version < 0 || version >= to) return transaction.commit();
    if (const Code code = database.execute(migrations[static_cast<std::size_t>(version)]); is_error(code)) return code;
    const std::string now = "PRAGMA user_version = " + std::to_string(version + 1);
    if (const Code code = database.execute(now.c_str()); is_error(code)) return code;
    if (const Code code = transaction.commit(); is_error(code)) return code;
  }
}

} // namespace crank
