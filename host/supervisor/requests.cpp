// What a supervisor answers on its control socket.
#include "log/log.hpp"
#include "os/platform.hpp"
#include "supervisor/supervisor.hpp"
#include "version.hpp"

#include <boost/json/array.hpp>

#include <unistd.h>

namespace crank {
namespace {

namespace json = boost::json;

std::int64_t seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

} // namespace

void Supervisor::serve_request(const json::object& request, ControlAnswer answer) {
  const json::value* command = request.if_contains("command");
  const std::string name = command && command->is_string() ? std::string(command->get_string()) : std::string();
  if (name == "status") return answer(status());
  if (name == "reload") return serve_reload(request, std::move(answer));
  if (name == "upgrade") return serve_upgrade(request, std::move(answer));
  answer({{"ok", false}, {"error", "unknown command \"" + name + "\"; this supervisor is crank-host " + host_version}});
}

void Supervisor::serve_reload(const json::object& request, ControlAnswer answer) {
  std::optional<CanaryPlan> canary;
  if (const json::value* share = request.if_contains("canary_per_mille")) {
    const json::value* time = request.if_contains("canary_ms");
    if (!share->is_int64() || share->get_int64() < 1 || share->get_int64() > 1000 || !time || !time->is_int64() ||
        time->get_int64() < 1) {
      return answer({{"ok", false}, {"error", "canary_per_mille must be 1 to 1000, and canary_ms positive"}});
    }
    canary = CanaryPlan{static_cast<unsigned>(share->get_int64()), std::chrono::milliseconds(time->get_int64())};
  }
  log(LogLevel::info, "`crank-host reload`");
  record_host("reload", "command");
  lifecycle_.encouraged();
  attempt("reload", canary, false, std::move(answer));
}

json::object Supervisor::status_of(const Lifecycle::Generation& known) const {
  const auto found = processes_.find(known.number);
  if (found == processes_.end()) return {}; // between a decision and what follows from it; nobody asks then
  const GenerationProcess& generation = *found->second;
  const ScoreboardCounts counts = generation.scoreboard.counts();
  json::array plugins;
  if (generation.ready) {
    for (const PluginReport& plugin : generation.ready->plugins) {
      plugins.push_back(json::object{
          {"id", plugin.id}, {"version", plugin.version}, {"path", plugin.path}, {"sha256", plugin.digest}});
    }
  }
  json::object object{{"generation", generation.number},
                      {"state", std::string(name_of(known.state))},
                      {"pid", generation.process},
                      {"reason", known.reason},
                      {"age_seconds", seconds(now() - known.made)},
                      {"requests", counts.requests},
                      {"failed", counts.failures},
                      {"refused", counts.refused},
                      {"in_flight", counts.running},
                      {"late", counts.late},
                      {"connections", counts.connections},
                      {"sessions", counts.sessions},
                      {"p95_us", counts.latency_below(0.95)},
                      {"leads", known.number == lifecycle_.leader().number},
                      {"host_version", generation.ready ? generation.ready->host_version : std::string()},
                      {"plugins", std::move(plugins)}};
  if (const auto resident = resident_bytes(generation.process)) object["rss_bytes"] = *resident;
  return object;
}

json::object Supervisor::status() const {
  json::array generations;
  for (const auto& [number, generation] : lifecycle_.generations()) generations.push_back(status_of(generation));
  const auto found = processes_.find(lifecycle_.active());
  const GenerationProcess* const active = found == processes_.end() ? nullptr : found->second.get();
  const char* state = lifecycle_.stopping()     ? "stopping"
                      : active                  ? "serving"
                      : lifecycle_.has_served() ? "restarting"
                                                : "starting";
  const Lifecycle::Counters& counters = lifecycle_.counters();
  json::object object{{"pid", ::getpid()},
                      {"version", host_version},
                      {"state", state},
                      {"uptime_seconds", seconds(Clock::now() - started_)},
                      {"url", active ? active->ready->url : std::string()},
                      {"management_url", active ? active->ready->management_url : std::string()},
                      {"control", options_.control_path},
                      {"leader", nullptr},
                      {"term", lifecycle_.term()},
                      {"crashes", counters.crashes},
                      {"swaps", counters.swaps},
                      {"failed_swaps", counters.failed_swaps},
                      {"recycled", counters.recycled},
                      {"upgrades", upgrades_},
                      {"binary", options_.program.path},
                      {"breaker_open", lifecycle_.restarts().breaker_open()},
                      {"generations", std::move(generations)}};
  if (lifecycle_.leader().number != 0) object["leader"] = lifecycle_.leader().number;
  if (!lifecycle_.last_failure().empty()) object["last_failure"] = lifecycle_.last_failure();
  if (const auto resident = resident_bytes(::getpid())) object["supervisor_rss_bytes"] = *resident;
  return object;
}

} // namespace crank
