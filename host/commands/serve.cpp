#include "commands/serve.hpp"

#include "config/sources.hpp"
#include "log/log.hpp"
#include "os/inherited_state.hpp"
#include "supervisor/supervisor.hpp"
#include "worker/ready_file.hpp"
#include "worker/run_worker.hpp"

#include <filesystem>
#include <unistd.h>

namespace crank {
namespace {

std::string control_path_of(const Settings& settings) {
  if (settings.control == "off") return {};
  if (!settings.control.empty()) return std::filesystem::absolute(settings.control).string();
  return control_directory() + "/" + std::to_string(::getpid()) + ".sock";
}

// The supervisor; in its first child, the first generation.
Result<int, Failure> run_supervised(CommandLine command, const Environment& environment, ProcessStart start) {
  using std::chrono::milliseconds;
  const Settings& settings = command.settings;
  start_log(log_level_of(settings.log_level), settings.log_format, settings.worker_id);
  SupervisorOptions options;
  options.program.path = std::move(start.program);
  if (options.program.path.empty())
    return Failure{"cannot find out where crank-host's own file is; use --no-supervisor"};
  options.program.arguments = std::move(start.arguments);
  // A name that was made up must be the same in every generation.
  if (settings.origins.find("worker_id") == settings.origins.end())
    options.program.variables.push_back("CRANK_WORKER_ID=" + settings.worker_id);
  options.core_dumps = settings.core_dumps;
  options.control_path = control_path_of(settings);
  options.ready_file = settings.ready_file;
  options.watch = settings.watch;
  if (!settings.config_file.empty()) options.watched.emplace_back(settings.config_file);
  options.start_timeout = milliseconds(settings.start_timeout_ms);
  options.drain_timeout = milliseconds(settings.drain_timeout_ms);
  options.retire_timeout = milliseconds(settings.retire_timeout_ms);
  options.hang_timeout = milliseconds(settings.hang_timeout_ms);
  options.max_rss = settings.max_rss_bytes;
  options.write_ready_file = [](const std::string& path, const ReadyReport& ready) {
    return write_ready_file(path, ready.url, ready.management_url);
  };
  auto predecessor = Succession::from_environment();
  if (!predecessor) return std::move(predecessor).error();
  const AuditOptions audit = audit_options(settings);
  Descriptor lock(*predecessor ? (*predecessor)->audit_lock : -1);
  if (!audit.directory.empty()) {
    auto log = AuditLog::open(audit, std::move(lock));
    if (!log) return std::move(log).error();
    options.audit = std::make_unique<AuditWriter>(*std::move(log));
  }
  if (*predecessor) return Supervisor(std::move(options), **std::move(predecessor)).run();

  const StartOrder order = Supervisor::first_order(audit.directory.empty() ? "" : settings.audit_when_full);
  auto forked = fork_generation(order, options.core_dumps);
  if (!forked) return std::move(forked).error();
  if (forked->channel) {   // the child
    options.audit.reset(); // its parent's alone
    auto link = SupervisorLink::over(*std::move(forked->channel));
    if (!link) return std::move(link).error();
    return run_generation(std::move(command), environment, start.time, *std::move(link));
  }
  return Supervisor(std::move(options), std::move(forked->process), order.ticket_keys).run();
}

} // namespace

// One process, a supervisor, or one of its generations.
Result<int, Failure> run_serve(CommandLine command, const Environment& environment, ProcessStart start) {
  auto link = SupervisorLink::from_environment();
  if (!link) return std::move(link).error();
  if (*link) return run_generation(std::move(command), environment, start.time, *std::move(link));
  if (command.settings.no_supervisor || command.print_config) {
    unblock_signals();
    return run_worker(std::move(command), environment, start.time);
  }
  return run_supervised(std::move(command), environment, std::move(start));
}

bool tell_supervisor(const Failure& failure) {
  const auto link = SupervisorLink::from_environment();
  if (!link || !*link) return false;
  (*link)->report(FailedReport{failure.message, failure.exit_code});
  return true;
}

} // namespace crank
