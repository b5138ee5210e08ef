// What a supervisor answers on its control socket.
#include "log/log.hpp"
#include "process/platform.hpp"
#include "supervisor/supervisor.hpp"
#include "version.hpp"

#include <boost/json/array.hpp>

#include <unistd.h>

namespace crank {
namespace {

namespace json = boost::json;

std::int64_t seconds_since(std::chrono::steady_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - time).count();
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
  restarts_.reset();
  attempt("reload", canary, std::move(answer));
}

json::object Supervisor::status_of(const GenerationProcess& generation) const {
  const ScoreboardCounts counts = generation.scoreboard.counts();
  json::array plugins;
  if (generation.ready) {
    for (const PluginReport& plugin : generation.ready->plugins) {
      plugins.push_back(json::object{
          {"id", plugin.id}, {"version", plugin.version}, {"path", plugin.path}, {"sha256", plugin.digest}});
    }
  }
  json::object object{{"generation", generation.number},
                      {"state", std::string(name_of(generation.state))},
                      {"pid", generation.process},
                      {"reason", generation.reason},
                      {"age_seconds", seconds_since(generation.made)},
                      {"requests", counts.requests},
                      {"failed", counts.failures},
                      {"refused", counts.refused},
                      {"in_flight", counts.running},
                      {"late", counts.late},
                      {"connections", counts.connections},
                      {"sessions", counts.sessions},
                      {"p95_us", counts.latency_below(0.95)},
                      {"host_version", generation.ready ? generation.ready->host_version : std::string()},
                      {"plugins", std::move(plugins)}};
  if (const auto resident = resident_bytes(generation.process)) object["rss_bytes"] = *resident;
  return object;
}

json::object Supervisor::status() const {
  json::array generations;
  for (const auto& generation : generations_) generations.push_back(status_of(*generation));
  const char* state = stopping_ ? "stopping" : active_ ? "serving" : has_served_ ? "restarting" : "starting";
  json::object object{{"pid", ::getpid()},
                      {"version", host_version},
                      {"state", state},
                      {"uptime_seconds", seconds_since(started_)},
                      {"url", active_ ? active_->ready->url : std::string()},
                      {"management_url", active_ ? active_->ready->management_url : std::string()},
                      {"control", options_.control_path},
                      {"crashes", crashes_},
                      {"swaps", swaps_},
                      {"failed_swaps", failed_swaps_},
                      {"recycled", recycled_},
                      {"upgrades", upgrades_},
                      {"binary", options_.program.path},
                      {"breaker_open", restarts_.breaker_open()},
                      {"generations", std::move(generations)}};
  if (!last_failure_.empty()) object["last_failure"] = last_failure_;
  if (const auto resident = resident_bytes(::getpid())) object["supervisor_rss_bytes"] = *resident;
  return object;
}

} // namespace crank
