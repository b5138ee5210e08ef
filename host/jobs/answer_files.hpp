// Where the files of calls' answers go, for every door. Knows the service of jobs, which keeps them.
#pragma once

#include "jobs/job_service.hpp"

#include <cstdint>
#include <string>

namespace crank {

struct AnswerFiles {
  JobService* jobs = nullptr;            // keeps them; nullptr: there is no address for one
  std::string spool_dir;                 // as the setting of that name
  std::uint64_t most_bytes = UINT64_MAX; // of one answer, together

  Result<KeptFile> open(std::string_view address, const Caller& caller) const {
    if (!jobs) return Problem::of(CRANK_UNSUPPORTED, "this host keeps no files: it needs jobs_dir");
    return jobs->open_kept(address, caller);
  }
  Result<ScratchFile> make_file() const { return jobs ? jobs->make_file() : ScratchFile::nameless(spool_dir); }
};

} // namespace crank
