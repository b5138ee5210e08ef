// What an MCP server needs of a set of plugins. Knows plugins and the protocol; knows no transport.
#pragma once

#include "config/settings.hpp"
#include "mcp/server.hpp"
#include "worker/plugin_set.hpp"
#include "worker/worker_jobs.hpp"

namespace crank {

// Every capability of every plugin, after PluginSet::create().
[[nodiscard]] ToolList make_tool_list(const PluginSet& plugins);
[[nodiscard]] McpServer::Facts mcp_facts(const PluginSet& plugins, const Settings& settings);

// nullptr: there are no jobs.
[[nodiscard]] std::optional<McpServer::Jobs> mcp_jobs(WorkerJobs* jobs, const Settings& settings);

} // namespace crank
