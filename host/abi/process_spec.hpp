// What a plugin asks of crank.process/1, checked and made ours. Knows the ABI's structs and the manifest.
#pragma once

#include "manifest/manifest.hpp"
#include "programs/program_run.hpp"

#include <crank/ext/process.h>

#include <filesystem>
#include <string>

namespace crank {

struct ProcessSpecFault {
  crank_status status; // CRANK_INVALID or CRANK_NOT_FOUND
  std::string sentence;
};

// `folder`: where the programs of the plugin are.
[[nodiscard]] Result<ProgramOrder, ProcessSpecFault>
program_order(const crank_process_spec* spec, const Manifest& manifest, const std::filesystem::path& folder);

// Nothing of a process yet; what the plugin has no room for is left out. nullptr is fine.
void clear_result(crank_process_result* out) noexcept;
// What run() says of an end that nobody asked for; of one that was cancelled CRANK_CANCELLED.
[[nodiscard]] crank_status status_of(const ProgramEnd& end) noexcept;
// `errors` is borrowed until the plugin is done with the result.
void fill_result(crank_process_result* out, const ProgramEnd& end, const std::string& errors) noexcept;

} // namespace crank
