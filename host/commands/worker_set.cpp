#include "commands/worker_set.hpp"

#include "log/log.hpp"

#include <boost/json/serialize.hpp>

#include <map>

namespace crank {
namespace {

// A plugin that declares that fewer calls may run at once than there are I/O threads cannot run on them unguarded.
bool may_run_inline(const OperationSpec& spec, unsigned io_threads) {
  if (!spec.run_inline) return false;
  return spec.kind != OperationKind::call || spec.limits.max_concurrency >= io_threads;
}

} // namespace

Result<WorkerSet, Failure> WorkerSet::load(const Settings& settings, const Environment& environment) {
  if (settings.plugins.empty())
    return Failure{"no plugin given; say which worker to run, e.g. crank-host --plugin streaming (see --help)", 2};
  const auto search_path = plugin_search_path(settings.plugin_path);
  WorkerSet set;
  for (const std::string& name : settings.plugins) {
    auto path = find_plugin(name, search_path);
    if (!path) return std::move(path).error();
    auto library = load_plugin(*path);
    if (!library) return std::move(library).error();
    set.workers_.push_back(std::make_unique<LoadedWorker>());
    set.workers_.back()->library = *std::move(library);
  }
  if (auto conflict = set.check_conflicts()) return std::move(*conflict);
  std::vector<std::string> ids;
  for (const auto& worker : set.workers_) ids.push_back(worker->library.manifest.id);
  if (auto unknown = check_plugin_sections(settings, ids)) return std::move(*unknown);
  for (const auto& worker : set.workers_) {
    auto config = plugin_config(worker->library.manifest, settings, environment);
    if (!config) return std::move(config).error();
    worker->config = *std::move(config);
  }
  return set;
}

std::optional<Failure> WorkerSet::check_conflicts() const {
  std::map<std::string, std::string> owners; // plugin id, capability or route -> plugin id
  const auto claim = [&](const std::string& thing, const std::string& id) -> std::optional<Failure> {
    const auto [found, fresh] = owners.emplace(thing, id);
    if (fresh) return std::nullopt;
    return Failure{"plugins " + found->second + " and " + id + " both declare " + thing + "; run them in two hosts", 3};
  };
  for (const auto& worker : workers_) {
    const Manifest& manifest = worker->library.manifest;
    if (auto failure = claim("the plugin id " + manifest.id, manifest.id)) return failure;
    for (const CapabilitySpec& capability : manifest.capabilities) {
      if (auto failure = claim("the capability " + capability.operation.name, manifest.id)) return failure;
    }
    for (const RouteSpec& route : manifest.routes) {
      if (auto failure = claim("the route " + route.method + " " + route.path, manifest.id)) return failure;
    }
  }
  return std::nullopt;
}

std::optional<Failure> WorkerSet::create(Engine& engine, Metrics& metrics, unsigned io_threads) {
  for (const auto& worker : workers_) {
    const Manifest& manifest = worker->library.manifest;
    worker->instance = std::make_unique<Instance>(worker->library, engine);
    if (auto failure = worker->instance->create()) return failure;
    const auto operation = [&](const OperationSpec& spec) {
      const bool run_inline = may_run_inline(spec, io_threads);
      if (spec.run_inline && !run_inline) {
        log(LogLevel::info, LogContext{manifest.id, {}, {}},
            spec.name + " runs on the pool, not inline: its max_concurrency is below the number of I/O threads");
      }
      return std::make_unique<Operation>(spec, *worker->instance, metrics.operation(spec.name), run_inline);
    };
    for (const CapabilitySpec& capability : manifest.capabilities)
      worker->capabilities.push_back(operation(capability.operation));
    for (const RouteSpec& route : manifest.routes)
      worker->routes.push_back(route.operation ? operation(*route.operation) : nullptr);
  }
  return std::nullopt;
}

std::optional<Failure> WorkerSet::start() {
  for (const auto& worker : workers_) {
    if (auto failure = worker->instance->start(boost::json::serialize(worker->config.values))) {
      stop();
      return failure;
    }
  }
  return std::nullopt;
}

void WorkerSet::stop() {
  for (auto worker = workers_.rbegin(); worker != workers_.rend(); ++worker) {
    if ((*worker)->instance->started()) (*worker)->instance->stop();
  }
}

void WorkerSet::destroy() {
  for (auto worker = workers_.rbegin(); worker != workers_.rend(); ++worker) (*worker)->instance.reset();
}

std::vector<const Manifest*> WorkerSet::manifests() const {
  std::vector<const Manifest*> all;
  for (const auto& worker : workers_) all.push_back(&worker->library.manifest);
  return all;
}

Operation* WorkerSet::find_capability(std::string_view id) const {
  for (const auto& worker : workers_) {
    for (const auto& operation : worker->capabilities) {
      if (operation->spec().name == id) return operation.get();
    }
  }
  return nullptr;
}

} // namespace crank
