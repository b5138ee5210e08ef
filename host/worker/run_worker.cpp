#include "worker/run_worker.hpp"

#include "base/refusal.hpp"
#include "log/log.hpp"
#include "plugin/load_guard.hpp"
#include "supervision/crash_report.hpp"
#include "worker/worker.hpp"

namespace crank {
namespace {

// What only an exception can tell (no memory, no descriptors for an event loop) is a failure like any other.
Result<int, Failure> work(CommandLine command, const Environment& environment,
                          std::chrono::steady_clock::time_point started, SupervisorLink* link) {
  try {
    Worker worker(std::move(command), environment, started, link);
    return worker.run();
  } catch (const std::exception& problem) {
    return failure_of("cannot serve", problem);
  }
}

} // namespace

Result<int, Failure> run_worker(CommandLine command, const Environment& environment,
                                std::chrono::steady_clock::time_point started) {
  start_log(log_level_of(command.settings.log_level), command.settings.log_format, command.settings.worker_id);
  auto result = work(std::move(command), environment, started, nullptr);
  stop_log();
  return result;
}

Result<int, Failure> run_generation(CommandLine command, const Environment& environment,
                                    std::chrono::steady_clock::time_point started,
                                    std::unique_ptr<SupervisorLink> link) {
  start_log(log_level_of(command.settings.log_level), command.settings.log_format, command.settings.worker_id);
  SupervisorLink& supervisor = *link;
  auto& last_words = supervisor.page().last_words;
  redirect_load_failures(last_words.bytes, sizeof last_words.bytes);
  report_crashes_to(supervisor.page());
  const auto result = work(std::move(command), environment, started, link.get());
  if (!result) supervisor.report(FailedReport{result.error().message, result.error().exit_code});
  stop_log();
  return result ? *result : result.error().exit_code;
}

} // namespace crank
