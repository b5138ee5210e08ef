// A plugin's own configuration: what file, environment and --set said, checked against the schema in its manifest.
// Knows manifests and schemas; knows nothing of loading plugins or calling them.
#pragma once

#include "base/problem.hpp"
#include "config/environment.hpp"
#include "config/settings.hpp"
#include "manifest/manifest.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace crank {

struct PluginConfig {
  std::string plugin;
  boost::json::object values;                              // with the defaults of top-level properties filled in
  std::map<std::string, std::string, std::less<>> origins; // per top-level key, as in Settings::origins
  std::set<std::string, std::less<>>
      secrets; // top-level keys that the schema marks: "writeOnly": true, or "format": "password"
};

// Merges --set over CRANK_<PLUGIN>_<KEY> over the file's section over the schema's defaults and checks the result.
// Fails with exit code 2 and one line, e.g. "streaming.pace_ms: must be >= 0 (flag --set)".
[[nodiscard]] Result<PluginConfig, Failure> plugin_config(const Manifest& manifest, const Settings& settings,
                                                          const Environment& environment);

// Every section and --set must belong to one of the loaded plugins (`ids`), and no plugin may be called like a setting.
[[nodiscard]] std::optional<Failure> check_plugin_sections(const Settings& settings,
                                                           const std::vector<std::string>& ids);

} // namespace crank
