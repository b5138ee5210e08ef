// A job store in a directory of its own, and the jobs that its tests put there.
#pragma once

#include "catch.hpp"

#include "base/digest.hpp"
#include "jobs/sqlite_job_store.hpp"
#include "scratch.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

namespace crank::test {

inline JobTime at(std::int64_t milliseconds) { return JobTime(std::chrono::milliseconds(milliseconds)); }

inline const Caller ann{CallerKind::token, "ann", "", ""};
inline const Caller bob{CallerKind::token, "bob", "", ""};

inline NewJob job_for(const Caller& caller, JobBytes input = std::string("{}"), bool repeatable = false) {
  NewJob job;
  job.operation = "a.b";
  job.caller = caller;
  job.content_type = "application/json";
  job.request_id = "r";
  job.input = std::move(input);
  job.repeatable = repeatable;
  return job;
}

inline JobOutcome outcome(std::string media_type, std::string result) {
  return {std::move(media_type), std::move(result), {}};
}

inline std::string text_of(const StoredBytes& bytes) {
  if (!bytes.file) return bytes.text;
  std::string text(bytes.size, '\0');
  REQUIRE(::pread(bytes.file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  return text;
}

inline bool any(std::string_view) { return true; }

struct StoreWorld {
  explicit StoreWorld(JobLimits given = {}) : limits(given), store(open()) {}
  std::unique_ptr<SqliteJobStore> open() const {
    auto opened = SqliteJobStore::open(scratch.path(), limits);
    if (!opened) throw std::runtime_error(opened.error().message);
    return *std::move(opened);
  }
  std::string accept(const NewJob& job, JobTime now = at(0)) {
    const auto accepted = store->accept(job, now);
    REQUIRE(accepted);
    return accepted->job.id;
  }
  std::optional<ClaimedJob> claim(std::string_view owner = "me") {
    auto claimed = store->claim(owner, any, at(5));
    REQUIRE(claimed);
    return *std::move(claimed);
  }
  // As a door collects them.
  JobBytes bytes(std::string_view text) {
    JobBytesWriter writer([this] { return store->make_file("me"); });
    REQUIRE_FALSE(writer.append(text.substr(0, 1000)));
    if (text.size() > 1000) REQUIRE_FALSE(writer.append(text.substr(1000)));
    auto finished = writer.finish();
    REQUIRE(finished);
    return *std::move(finished);
  }
  Artifact artifact(const std::string& name, const std::string& text) {
    auto file = store->make_file("me");
    REQUIRE(file);
    REQUIRE_FALSE(file->write(text));
    return {{name, "text/plain", "", false, text.size(), sha256_hex(text)},
            std::make_shared<ScratchFile>(*std::move(file))};
  }
  JobState state(const std::string& id) { return store->find(id)->state; }

  ScratchDirectory scratch;
  JobLimits limits;
  std::unique_ptr<SqliteJobStore> store;
};

} // namespace crank::test
