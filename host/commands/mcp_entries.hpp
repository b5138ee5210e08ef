// What to write into the configuration files of MCP clients, so that they find a worker's tools.
#pragma once

#include <string>
#include <vector>

namespace crank {

struct McpEntry {
  std::string name;                   // of the server
  std::string program;                // absolute
  std::vector<std::string> arguments; // with absolute paths
  std::string url;                    // of a worker that runs
};

// For people, with a line above each part that says where it belongs.
[[nodiscard]] std::string mcp_entries(const McpEntry& entry);

// `arguments` as they were typed, to be given to a process with another working directory: paths are absolute, and
// --print-config is gone.
[[nodiscard]] std::vector<std::string> portable_arguments(const std::vector<std::string>& arguments);

} // namespace crank
