// The capabilities of a worker as the tools of an MCP server. Knows manifests and operations; knows no message.
#pragma once

#include "engine/engine.hpp"
#include "manifest/manifest.hpp"
#include "mcp/era.hpp"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

// A property that a modern client mirrors in the field Mcp-Param-<name> (SEP-2243, "x-mcp-header").
struct ParamHeader {
  std::vector<std::string> path; // names of properties, from the top
  std::string field;             // lower case, whole
};

struct Tool {
  std::string name;
  Operation* operation;
  std::string legacy, modern; // its definition, a JSON object, but for what is said of tasks
  std::vector<ParamHeader> param_headers;
};

struct ToolSource {
  const CapabilitySpec* capability;
  Operation* operation; // of it; outlives the list
};

class ToolList {
public:
  explicit ToolList(const std::vector<ToolSource>& sources);

  const Tool* find(std::string_view name) const;
  const Tool* of_capability(std::string_view id) const;
  const std::deque<Tool>& all() const { return tools_; }

private:
  std::deque<Tool> tools_;
  std::map<std::string_view, const Tool*> by_name_;
};

// Whether the fields of a modern request say what its arguments say.
[[nodiscard]] std::optional<RpcError> check_param_headers(const Tool& tool, std::string_view arguments,
                                                          const RequestAttributes& headers);

} // namespace crank
