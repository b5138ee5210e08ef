// Programs that a call runs: what crank.process/1 gives to plugins. Knows the invocation; how a program is run is known
// below.
#pragma once

#include "engine/invocation.hpp"
#include "manifest/manifest.hpp"
#include "metrics/metrics.hpp"
#include "programs/program_run.hpp"

#include <crank/ext/process.h>

#include <filesystem>
#include <memory>
#include <string>

namespace crank {

// Of one plugin. All that it is made of must outlive it.
class PluginPrograms {
public:
  PluginPrograms(const std::filesystem::path& plugin, const Manifest& manifest, Metrics& metrics);

  const Manifest& manifest() const { return manifest_; }
  const std::filesystem::path& folder() const { return folder_; }
  // run_program(), counted. [any thread]
  Result<ProgramEnd, Failure> run(const ProgramOrder& order, ProgramListener& listener) const;

private:
  const Manifest& manifest_;
  const std::filesystem::path folder_;
  Metrics& metrics_;
};

// Of one call; one thread at a time.
class CallProcess {
public:
  static const crank_processes* table();

  // `programs` outlives it.
  CallProcess(std::shared_ptr<Invocation> invocation, const PluginPrograms& programs)
      : invocation_(std::move(invocation)), programs_(programs) {}

  // As crank_processes.run documents.
  crank_status run(const crank_process_spec* spec, crank_process_result* out);

private:
  crank_status cancelled() const;

  const std::shared_ptr<Invocation> invocation_;
  const PluginPrograms& programs_;
  std::string errors_; // of the last run, for the plugin to look at
};

} // namespace crank
