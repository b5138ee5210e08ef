// Programs that calls run, for conformance checks: they run as they do in a worker, and a spec that is wrong is a
// failure.
#pragma once

#include "conformance/check_report.hpp"
#include "plugin/library.hpp"

#include <crank/ext/process.h>

#include <string>

namespace crank {

// The table of a RecordingHost, for calls that are RecordingCalls.
[[nodiscard]] const crank_processes* recording_processes();

// `errors`: where what `out` refers to stays.
[[nodiscard]] crank_status run_recorded_process(CheckReport& report, const std::string& operation,
                                                const PluginLibrary& library, const crank_process_spec* spec,
                                                crank_process_result* out, std::string& errors);

} // namespace crank
