#include "worker/plugin_set.hpp"

#include "log/log.hpp"
#include "os/confinement.hpp"
#include "os/file_stamp.hpp"
#include "os/inherited_state.hpp"
#include "plugin/file_digest.hpp"
#include "programs/program_files.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <map>

namespace crank {
namespace {

// A plugin that declares that fewer calls may run at once than there are I/O threads cannot run on them unguarded.
bool may_run_inline(const OperationSpec& spec, unsigned io_threads) {
  if (!spec.run_inline) return false;
  return spec.kind != OperationKind::call || spec.limits.max_concurrency >= io_threads;
}

// Libraries that make daemons close them; whatever is opened next would get what is written to standard error.
void mend_standard_descriptors(const Manifest& manifest, std::string_view where) {
  if (open_standard_descriptors() == 0) return;
  log(LogLevel::warn, LogContext{manifest.id, {}, {}},
      "closed standard input, output or error " + std::string(where) + "; they are /dev/null now");
}

void warn_of_ignored(const PluginLibrary& library) {
  std::string list;
  for (const std::string& pointer : library.manifest.ignored) list += (list.empty() ? "" : ", ") + pointer;
  if (list.empty()) return;
  log(LogLevel::warn, "plugin " + library.manifest.id + " was built for ABI " +
                          std::to_string(library.entry->abi_major) + "." + std::to_string(library.entry->abi_minor) +
                          "; this host does not know what its manifest says at " + list +
                          " and leaves it out: upgrade crank-host to use it");
}

void warn_of_overridden(const PluginLibrary& library) {
  if (library.overridden.empty()) return;
  log(LogLevel::warn, "plugin " + library.manifest.id + " exports " + std::to_string(library.overridden.size()) +
                          " symbol(s) that the host has, too, and may get the host's instead of its own: " +
                          library.overridden.front() +
                          "; build it with -fvisibility=hidden and a version script, as `crank-host verify` says");
}

void warn_of_weak_confinement(const PluginSet& set) {
  const auto& all = set.all();
  const bool wanted = std::any_of(all.begin(), all.end(),
                                  [](const auto& plugin) { return !plugin->library.manifest.programs.empty(); });
  if (!wanted) return;
  for (const std::string& lack : Confinement::lacking())
    log(LogLevel::warn, "programs of plugins are less confined here than they should be: this system has no " + lack);
}

} // namespace

Result<PluginSet, Failure> PluginSet::load(const Settings& settings, const Environment& environment,
                                           std::chrono::milliseconds patience) {
  if (settings.plugins.empty())
    return Failure{"no plugin given; say which worker to run, e.g. crank-host --plugin streaming (see --help)", 2};
  const auto search_path = plugin_search_path(settings.plugin_path);
  PluginSet set;
  for (const std::string& name : settings.plugins) {
    auto path = find_plugin(name, search_path);
    if (!path) return std::move(path).error();
    std::string stamp = file_stamp(*path), digest = sha256_of_file(*path);
    auto library = load_plugin(*path, patience);
    if (!library) return std::move(library).error();
    if (auto missing = missing_program(library->path, library->manifest)) return *std::move(missing);
    warn_of_overridden(*library);
    warn_of_ignored(*library);
    mend_standard_descriptors(library->manifest, "while it was loaded");
    set.plugins_.push_back(std::make_unique<LoadedPlugin>());
    set.plugins_.back()->library = *std::move(library);
    set.plugins_.back()->digest = std::move(digest);
    set.plugins_.back()->stamp = std::move(stamp);
  }
  warn_of_weak_confinement(set);
  if (auto conflict = set.check_conflicts()) return std::move(*conflict);
  std::vector<std::string> ids;
  for (const auto& plugin : set.plugins_) ids.push_back(plugin->library.manifest.id);
  if (auto unknown = check_plugin_sections(settings, ids)) return std::move(*unknown);
  for (const auto& plugin : set.plugins_) {
    auto config = plugin_config(plugin->library.manifest, settings, environment);
    if (!config) return std::move(config).error();
    plugin->config = *std::move(config);
  }
  return set;
}

std::optional<Failure> PluginSet::check_conflicts() const {
  std::map<std::string, std::string> owners; // plugin id, capability, route or operation of jobs -> plugin id
  const auto claim = [&](const std::string& thing, const std::string& id) -> std::optional<Failure> {
    const auto [found, fresh] = owners.emplace(thing, id);
    if (fresh) return std::nullopt;
    return Failure{"plugins " + found->second + " and " + id + " both declare " + thing + "; run them in two hosts", 3};
  };
  for (const auto& plugin : plugins_) {
    const Manifest& manifest = plugin->library.manifest;
    if (auto failure = claim("the plugin id " + manifest.id, manifest.id)) return failure;
    for (const CapabilitySpec& capability : manifest.capabilities) {
      if (auto failure = claim("the capability " + capability.operation.name, manifest.id)) return failure;
      if (auto failure = claim("the operation " + capability.operation.name, manifest.id)) return failure;
    }
    for (const RouteSpec& route : manifest.routes) {
      if (auto failure = claim("the route " + route.method + " " + route.path, manifest.id)) return failure;
      if (!route.operation || !route.operation->form) continue;
      if (auto failure = claim("the operation " + route.operation->name, manifest.id)) return failure;
    }
  }
  return std::nullopt;
}

std::optional<Failure> PluginSet::create(const InstanceServices& services, unsigned io_threads) {
  for (const auto& plugin : plugins_) {
    const Manifest& manifest = plugin->library.manifest;
    plugin->instance = std::make_unique<Instance>(plugin->library, services);
    if (auto failure = plugin->instance->create()) return failure;
    const auto operation = [&](const OperationSpec& spec) {
      const bool run_inline = may_run_inline(spec, io_threads);
      if (spec.run_inline && !run_inline) {
        log(LogLevel::info, LogContext{manifest.id, {}, {}},
            spec.name + " runs on the pool, not inline: its max_concurrency is below the number of I/O threads");
      }
      return std::make_unique<Operation>(spec, *plugin->instance, services.metrics.operation(spec.name), run_inline);
    };
    for (const CapabilitySpec& capability : manifest.capabilities)
      plugin->capabilities.push_back(operation(capability.operation));
    for (const RouteSpec& route : manifest.routes)
      plugin->routes.push_back(route.operation ? operation(*route.operation) : nullptr);
  }
  return std::nullopt;
}

std::optional<Failure> PluginSet::start() {
  for (const auto& plugin : plugins_) {
    if (auto failure = plugin->instance->start(json_text(plugin->config.values))) {
      stop();
      return failure;
    }
    mend_standard_descriptors(plugin->library.manifest, "in start()");
  }
  return std::nullopt;
}

void PluginSet::stop() {
  for (auto plugin = plugins_.rbegin(); plugin != plugins_.rend(); ++plugin) {
    if ((*plugin)->instance->started()) (*plugin)->instance->stop();
  }
}

void PluginSet::destroy() {
  for (auto plugin = plugins_.rbegin(); plugin != plugins_.rend(); ++plugin) (*plugin)->instance.reset();
}

std::vector<const Manifest*> PluginSet::manifests() const {
  std::vector<const Manifest*> all;
  for (const auto& plugin : plugins_) all.push_back(&plugin->library.manifest);
  return all;
}

Operation* PluginSet::find_capability(std::string_view id) const {
  for (const auto& plugin : plugins_) {
    for (const auto& operation : plugin->capabilities) {
      if (operation->spec().name == id) return operation.get();
    }
  }
  return nullptr;
}

Operation* PluginSet::find_job_operation(std::string_view name) const {
  if (Operation* const capability = find_capability(name)) return capability;
  for (const auto& plugin : plugins_) {
    for (const auto& operation : plugin->routes) {
      if (operation && operation->spec().form && operation->spec().name == name) return operation.get();
    }
  }
  return nullptr;
}

} // namespace crank
