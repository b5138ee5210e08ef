// --print-config: every setting that holds, with where it came from, in the form of the TOML file.
// Knows the table of settings; does not write to any stream itself.
#pragma once

#include "config/plugin_config.hpp"
#include "config/settings.hpp"

#include <string>
#include <vector>

namespace crank {

// Lines `key = value  # origin`, [limits], then one section per plugin. The text is a TOML file that gives the same
// settings again. Settings that are absent until a plugin is known (port) appear as comments: fill settings.port and
// settings.origins["port"] from listen_port() first to show them.
[[nodiscard]] std::string print_config(const Settings& settings, const std::vector<PluginConfig>& plugins);

} // namespace crank
