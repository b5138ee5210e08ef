// The plugins of this process with their configuration and operations: what serve and invoke have in common.
// Knows plugins and the engine; knows nothing of doors.
#pragma once

#include "abi/instance.hpp"
#include "config/plugin_config.hpp"
#include "engine/engine.hpp"
#include "metrics/metrics.hpp"
#include "plugin/library.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace crank {

struct LoadedPlugin {
  PluginLibrary library;
  std::string digest, stamp; // of the file that was loaded: sha256_of_file(), file_stamp()
  PluginConfig config;
  std::unique_ptr<Instance> instance;
  std::vector<std::unique_ptr<Operation>> capabilities; // index as in Manifest::capabilities
  std::vector<std::unique_ptr<Operation>> routes; // index as in Manifest::routes; nullptr where a capability serves
};

class PluginSet {
public:
  // Finds, loads and checks every plugin of the settings. Nothing of them but constructors has run after it.
  static Result<PluginSet, Failure> load(const Settings& settings, const Environment& environment,
                                         std::chrono::milliseconds patience = default_load_patience);

  // create() of every plugin, and the operations. `io_threads`: how many threads may run inline operations at once.
  std::optional<Failure> create(const InstanceServices& services, unsigned io_threads);
  // start() of every plugin, in order. On a failure those that started are stopped again.
  std::optional<Failure> start();
  void stop();
  // destroy() of every plugin.
  void destroy();

  std::vector<std::unique_ptr<LoadedPlugin>>& all() { return plugins_; }
  const std::vector<std::unique_ptr<LoadedPlugin>>& all() const { return plugins_; }
  const Manifest& first_manifest() const { return plugins_.front()->library.manifest; }
  std::vector<const Manifest*> manifests() const;
  // The operation of a capability id, or nullptr.
  Operation* find_capability(std::string_view id) const;
  // The operation whose calls may be jobs: of a capability id, or of a route with a form; or nullptr.
  Operation* find_job_operation(std::string_view name) const;

private:
  std::optional<Failure> check_conflicts() const;

  std::vector<std::unique_ptr<LoadedPlugin>> plugins_;
};

} // namespace crank
