// The tables of what jobs logged. A step of the store's schema by itself.
#pragma once

namespace crank::sqlite {

// A row is what was written at once; `dropped`: lines before it that are gone, and were not counted before.
inline constexpr const char* job_logs_step = R"sql(
CREATE TABLE logs (
  part INTEGER PRIMARY KEY AUTOINCREMENT,
  job INTEGER NOT NULL,
  dropped INTEGER NOT NULL, lines INTEGER NOT NULL, bytes INTEGER NOT NULL,
  text BLOB NOT NULL
) STRICT;
CREATE INDEX logs_of ON logs (job, part);
CREATE TRIGGER log_forgotten AFTER DELETE ON jobs BEGIN
  DELETE FROM logs WHERE job = old.number;
END;
)sql";

} // namespace crank::sqlite
