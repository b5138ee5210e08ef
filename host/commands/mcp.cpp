#include "commands/mcp.hpp"

#include "commands/mcp_entries.hpp"
#include "config/plugin_config.hpp"
#include "config/sources.hpp"
#include "doors/mcp_stdio.hpp"
#include "log/log.hpp"
#include "os/standard_input.hpp"
#include "version.hpp"
#include "worker/local_attributes.hpp"
#include "worker/local_audit.hpp"
#include "worker/plugin_set.hpp"
#include "worker/plugin_tools.hpp"

#include <csignal>
#include <unistd.h>

namespace crank {
namespace {

constexpr std::chrono::milliseconds pool_grace{2000};
constexpr std::chrono::milliseconds audit_time{2000}; // to hand over what was recorded last

unsigned pool_threads(const Settings& settings) { return settings.pool_threads > 0 ? settings.pool_threads : 16; }

// Plugin code that is still inside a call would meet freed memory.
[[noreturn]] void leave_at_once(int code) {
  stop_log();
  _exit(code);
}

// As a client on this machine would reach a worker with the same settings.
Result<std::string, Failure> url_of(const Settings& settings, const Manifest& first, const Environment& environment) {
  const auto port = listen_port(settings, first, environment);
  if (!port) return port.error();
  const bool everywhere = settings.host == "0.0.0.0" || settings.host == "::" || settings.host.empty();
  return std::string(settings.tls ? "https://" : "http://") + (everywhere ? "localhost" : settings.host) + ":" +
         std::to_string(port->port) + "/mcp";
}

Result<int, Failure> print_entries(ResultOutput& output, const PluginSet& plugins, const Settings& settings,
                                   const Environment& environment, const ProcessStart& start) {
  auto url = url_of(settings, plugins.first_manifest(), environment);
  if (!url) return std::move(url).error();
  const McpEntry entry{plugins.first_manifest().id, start.program, portable_arguments(start.arguments),
                       *std::move(url)};
  if (output.write(mcp_entries(entry)) && output.flush()) return 0;
  return Failure{"cannot write to standard output; is the disk full or the reader gone?", 1};
}

} // namespace

Result<int, Failure> run_mcp(const CommandLine& command, const Environment& environment, const ProcessStart& start) {
  const Settings& settings = command.settings;
  ResultOutput output; // before anybody's code could print
  const Descriptor input = take_standard_input();
  start_log(log_level_of(settings.log_level), settings.log_format, settings.worker_id);
  for (const std::string& warning : settings.warnings) log(LogLevel::warn, warning);
  std::signal(SIGPIPE, SIG_IGN);
  auto plugins = PluginSet::load(settings, environment);
  if (!plugins) return std::move(plugins).error();
  if (command.print_config) return print_entries(output, *plugins, settings, environment, start);
  if (!input)
    return Failure{"standard input cannot be read: an MCP client starts this command, with its messages there", 2};
  Metrics metrics(settings.worker_id, host_version);
  Engine engine(pool_threads(settings));
  auto audit = LocalAudit::open(audit_options(settings));
  if (!audit) return std::move(audit).error();
  std::optional<AuditObserver> observer;
  if (*audit) {
    (*audit)->sender().start();
    observer.emplace((*audit)->sender());
    engine.set_observer(&*observer);
  }
  Leadership leadership;
  if (auto failure = plugins->create({engine, leadership, metrics}, 1)) return std::move(*failure);
  if (auto failure = engine.start()) return std::move(*failure);
  if (auto failure = plugins->start()) return std::move(*failure);
  engine.set_state(EngineState::ready);

  // It leads: whoever else has the same directory knows its jobs by their owner.
  std::unique_ptr<WorkerJobs> jobs;
  if (!settings.jobs_dir.empty()) {
    auto opened = WorkerJobs::open(settings, engine, leadership, *plugins, metrics, observer ? &*observer : nullptr);
    if (!opened) return std::move(opened).error();
    jobs = *std::move(opened);
    leadership.set(1);
    leadership.tell();
  }
  McpServer server(engine, make_tool_list(*plugins), mcp_facts(*plugins, settings), nullptr,
                   answer_files(jobs.get(), settings), mcp_jobs(jobs.get(), settings));
  log(LogLevel::info,
      "serving " + std::to_string(server.tools().all().size()) + " tools over standard input and output");
  {
    McpStdio stdio(server, engine, output, std::make_shared<LocalAttributes>("MCP", settings.worker_id),
                   {input.get(), std::chrono::milliseconds(settings.drain_timeout_ms)});
    auto failure = stdio.run();
    if (jobs) {
      leadership.set(0);
      leadership.tell();
    }
    if (engine.in_flight() > 0) engine.cancel_all();
    if (jobs) jobs->finish();
    const auto leave = [&](int code) {
      if (*audit) (*audit)->finish(audit_time);
      leave_at_once(code);
    };
    for (const std::string& name : engine.answer_all())
      log(LogLevel::error, name + " does not return: answered without it");
    // A call that is open yet would find neither its plugin nor the way back.
    if (!engine.pool().stop(pool_grace) || engine.in_flight() > 0) {
      log(LogLevel::error, "plugin code still runs: ending without stop()");
      leave(1);
    }
    if (stdio.is_stuck()) leave(1);
    if (failure) {
      if (*audit) (*audit)->finish(audit_time);
      return std::move(*failure);
    }
  }
  engine.timers().stop();
  plugins->stop();
  plugins->destroy();
  if (*audit) (*audit)->finish(audit_time);
  log(LogLevel::info, "stopped");
  return 0;
}

} // namespace crank
