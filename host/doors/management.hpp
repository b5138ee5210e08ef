// The host's own endpoints: health, status, metrics, OpenAPI, version. They answer on I/O threads and so while every
// pool thread is busy.
#pragma once

#include "engine/engine.hpp"
#include "engine/plugin_health.hpp"
#include "http/router.hpp"
#include "manifest/manifest.hpp"
#include "metrics/metrics.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace crank {

// What the endpoints report; must outlive the router.
struct WorkerFacts {
  std::string worker_id;
  std::string service_name;
  std::vector<const Manifest*> manifests;
  std::string openapi;
  std::chrono::steady_clock::time_point started;
  std::vector<std::pair<std::string, const PluginHealth*>> health; // by plugin id
};

// Adds GET /health, /livez, /readyz, /status, /metrics, /openapi.json and /version; with `capabilities`, GET
// /capabilities too.
void add_management_routes(Router& router, const WorkerFacts& facts, const Engine& engine, const Metrics& metrics,
                           bool capabilities);

} // namespace crank
