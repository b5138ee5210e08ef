#include "commands/supervise.hpp"

#include "commands/ready_file.hpp"
#include "log/log.hpp"
#include "process/platform.hpp"
#include "supervisor/supervisor.hpp"

#include <unistd.h>

namespace crank {
namespace {

std::string control_path_of(const Settings& settings) {
  if (settings.control == "off") return {};
  if (!settings.control.empty()) return settings.control;
  return control_directory() + "/" + std::to_string(::getpid()) + ".sock";
}

} // namespace

Result<int, Failure> run_supervised(const CommandLine& command, std::vector<std::string> arguments) {
  using std::chrono::milliseconds;
  const Settings& settings = command.settings;
  start_log(log_level_of(settings.log_level), settings.log_format, settings.worker_id);
  SupervisorOptions options;
  options.program.path = executable_path();
  if (options.program.path.empty())
    return Failure{"cannot find out where crank-host's own file is; use --no-supervisor"};
  options.program.arguments = std::move(arguments);
  // A name that was made up must be the same in every generation.
  if (settings.origins.find("worker_id") == settings.origins.end())
    options.program.variables.push_back("CRANK_WORKER_ID=" + settings.worker_id);
  options.program.core_dumps = settings.core_dumps;
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
  Supervisor supervisor(std::move(options), *std::move(predecessor));
  return supervisor.run();
}

} // namespace crank
