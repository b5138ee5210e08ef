// What capabilities are called as tools. A name stays what it is for ever: clients keep permissions and prompts by it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crank {

// Every known client takes [a-zA-Z0-9_-]{1,64}.
inline constexpr std::size_t longest_tool_name = 64;

// Of the host's own tools; no capability gets one of them.
inline constexpr std::string_view wait_job_tool = "wait_job", get_job_tool = "get_job", cancel_job_tool = "cancel_job";

struct ToolId {
  ToolId(const char* id) : capability(id) {}
  ToolId(std::string id, std::string tool = {}) : capability(std::move(id)), wanted(std::move(tool)) {}
  std::string capability; // its id
  std::string wanted;     // what its manifest would have the tool called; empty: nothing
};

// What its manifest wants, else its id with '_' for every '.'. Where that is too long, the host's own, or what another
// id gives as well, its end is a digest of the id: "_" and eight hexadecimal digits of its SHA-256. Of those that give
// the same, the id without a dot keeps the plain name. So a name does not depend on the order of capabilities, and on
// another capability only where the two would be called the same.
[[nodiscard]] std::vector<std::string> tool_names(const std::vector<ToolId>& ids);

} // namespace crank
