#include "worker/plugin_tools.hpp"

#include "version.hpp"

namespace crank {

ToolList make_tool_list(const PluginSet& plugins) {
  std::vector<ToolSource> sources;
  for (const auto& plugin : plugins.all()) {
    const std::vector<CapabilitySpec>& capabilities = plugin->library.manifest.capabilities;
    for (std::size_t i = 0; i < capabilities.size(); ++i)
      sources.push_back({&capabilities[i], plugin->capabilities[i].get()});
  }
  return ToolList(sources);
}

McpServer::Facts mcp_facts(const PluginSet& plugins, const Settings& settings) {
  const Manifest& first = plugins.first_manifest();
  McpServer::Facts facts;
  facts.name = settings.service_name.empty() ? first.service_name : settings.service_name;
  facts.version = plugins.all().size() == 1 ? first.version : host_version;
  for (const Manifest* manifest : plugins.manifests()) {
    if (manifest->description.empty()) continue;
    if (!facts.instructions.empty()) facts.instructions += '\n';
    facts.instructions += manifest->description;
  }
  return facts;
}

std::optional<McpServer::Jobs> mcp_jobs(WorkerJobs* jobs, const Settings& settings) {
  if (!jobs) return std::nullopt;
  return McpServer::Jobs{jobs->watch(), std::chrono::milliseconds(settings.jobs_keep_ms)};
}

} // namespace crank
