#include "doors/management.hpp"

#include "base/request.hpp"
#include "http/exchange.hpp"
#include "version.hpp"
#include "json/json.hpp"

#include <crank/crank.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <functional>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::uint64_t most_ignored = 64 * 1024; // bytes

class Endpoint : public Handler {
public:
  explicit Endpoint(std::function<Response()> answer) : answer_(std::move(answer)) {}
  // Probes and SDKs send "null" or "{}" with a GET; what a body of GET might mean is not defined (RFC 9110 9.3.1), so
  // it is not looked at.
  std::variant<BodyPlan, Problem> plan(const RequestHead&) override { return BodyPlan{false, most_ignored}; }
  bool open_to_all() const override { return true; }
  void handle(std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody>) override {
    exchange->respond(answer_());
  }

private:
  std::function<Response()> answer_;
};

// The worker's and its plugins', as one.
struct Health {
  std::string_view word; // those of the system this one replaces
  bool healthy, ready;
  std::string reason; // what the plugins say; empty: nothing
};

Health health_of(const WorkerFacts& facts, const Engine& engine) {
  switch (engine.state()) {
  case EngineState::starting: return {"starting", false, false, {}};
  case EngineState::draining: return {"stopping", false, false, {}};
  case EngineState::ready: break;
  }
  HealthState worst = HealthState::healthy;
  std::string reason;
  for (const auto& [plugin, health] : facts.health) {
    const HealthState state = health->state();
    worst = std::max(worst, state);
    if (state != HealthState::healthy) reason += (reason.empty() ? "" : "; ") + plugin + ": " + health->reason();
  }
  if (worst == HealthState::unready) return {"unhealthy", false, false, std::move(reason)};
  if (worst == HealthState::degraded) return {"degraded", false, true, std::move(reason)};
  return {"healthy", true, true, {}};
}

double uptime(const WorkerFacts& facts) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - facts.started).count();
}

// "2026-01-31T12:00:00.123456+00:00", as Python's datetime.isoformat() writes it.
std::string utc_timestamp() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + size, sizeof text - size, ".%06d+00:00", static_cast<int>(micros));
  return text;
}

json::array capability_ids(const WorkerFacts& facts) {
  json::array ids;
  for (const Manifest* manifest : facts.manifests) {
    for (const CapabilitySpec& capability : manifest->capabilities)
      ids.push_back(json::string(capability.operation.name));
  }
  return ids;
}

Response as_json(const json::value& body, int status = 200) {
  return {status, "application/json", json_text(body), "Cache-Control: no-store\r\n"};
}

Response health(const WorkerFacts& facts, const Engine& engine) {
  Health health = health_of(facts, engine);
  json::object details;
  for (const Manifest* manifest : facts.manifests) details[manifest->id] = manifest->version;
  json::object body{{"status", health.word},
                    {"worker_id", facts.worker_id},
                    {"uptime_seconds", uptime(facts)},
                    {"timestamp", utc_timestamp()},
                    {"details", std::move(details)}};
  if (!health.reason.empty()) body["reason"] = std::move(health.reason);
  return as_json(body, health.healthy ? 200 : 503);
}

Response readiness(const WorkerFacts& facts, const Engine& engine) {
  Health health = health_of(facts, engine);
  json::object body{{"status", health.ready ? "ready" : health.word}};
  if (!health.ready && !health.reason.empty()) body["reason"] = std::move(health.reason);
  return as_json(body, health.ready ? 200 : 503);
}

Response status(const WorkerFacts& facts, const Engine& engine) {
  return as_json(json::object{{"worker_id", facts.worker_id},
                              {"capabilities", capability_ids(facts)},
                              {"uptime_seconds", uptime(facts)},
                              {"health_status", health_of(facts, engine).word}});
}

Response capability_list(const WorkerFacts& facts) {
  json::array list;
  for (const Manifest* manifest : facts.manifests) {
    for (const CapabilitySpec& capability : manifest->capabilities) {
      list.push_back(json::object{{"id", capability.operation.name},
                                  {"verb", capability.verb},
                                  {"version", capability.version},
                                  {"description", capability.operation.description},
                                  {"input_schema", capability.operation.input_schema.value_or(json::object())},
                                  {"output_schema", capability.operation.output_schema}});
    }
  }
  return as_json(json::object{{"capabilities", std::move(list)}});
}

Response version(const WorkerFacts& facts) {
  json::object plugins;
  for (const Manifest* manifest : facts.manifests) plugins[manifest->id] = manifest->version;
  return as_json(json::object{{"name", "crank-host"},
                              {"version", host_version},
                              {"abi", std::to_string(CRANK_ABI_MAJOR) + "." + std::to_string(CRANK_ABI_MINOR)},
                              {"plugins", std::move(plugins)}});
}

} // namespace

void add_management_routes(Router& router, const WorkerFacts& facts, const Engine& engine, const Metrics& metrics,
                           bool capabilities) {
  const auto add = [&](std::string_view path, std::function<Response()> answer) {
    router.add("GET", path, std::make_shared<Endpoint>(std::move(answer)));
  };
  add("/health", [&] { return health(facts, engine); });
  add("/livez", [] { return as_json(json::object{{"status", "live"}}); });
  add("/readyz", [&] { return readiness(facts, engine); });
  add("/status", [&] { return status(facts, engine); });
  add("/metrics", [&] {
    return Response{200, std::string(Metrics::kContentType), metrics.text(), "Cache-Control: no-store\r\n"};
  });
  add("/openapi.json", [&] { return Response{200, "application/json", facts.openapi, {}}; });
  add("/version", [&] { return version(facts); });
  if (capabilities) add("/capabilities", [&] { return capability_list(facts); });
}

} // namespace crank
