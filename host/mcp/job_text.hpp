// Jobs as MCP clients are shown them: what a model reads of one, and the two forms of a task. Knows jobs and JSON;
// knows no message.
#pragma once

#include "jobs/job.hpp"
#include "mcp/era.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace crank {

// Definitions of the tools that the host itself has, by one comma each; by their names in tool_names.hpp.
[[nodiscard]] std::string_view job_tool_definitions();

// Members of a result (results.hpp): what is known of a job, for a model.
[[nodiscard]] std::string job_result(const Job& job);
// The same of one that a call has become.
[[nodiscard]] std::string accepted_result(const Job& job);

// A task. Modern (io.modelcontextprotocol/tasks): a job that ran and failed has an answer, and is "completed"; "failed"
// is what has none. `keep`: for which it can be asked for when it is over.
[[nodiscard]] boost::json::object task_of(const Job& job, Era era, std::chrono::milliseconds keep);

} // namespace crank
