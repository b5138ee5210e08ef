// The files that jobs have left, by their addresses, for those whose they are.
#pragma once

#include "base/caller.hpp"
#include "engine/kept_file.hpp"
#include "jobs/job_store.hpp"

#include <string_view>

namespace crank {

[[nodiscard]] bool is_same(const Caller& a, const Caller& b);

// The artefact at an address that address_of() made, whatever stands before its path, or in the file that a file URI
// names. 404 where there is none, and where it is somebody else's: who asks must not learn that it exists; 410 where it
// is gone.
[[nodiscard]] Result<KeptFile> open_kept(JobStore& store, std::string_view address, const Caller& caller);

} // namespace crank
