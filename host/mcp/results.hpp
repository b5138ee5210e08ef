// What operations answer, as results of tools. Knows operations and problems; knows no message.
#pragma once

#include "base/problem.hpp"
#include "manifest/manifest.hpp"
#include "mcp/era.hpp"

#include <string>
#include <string_view>

namespace crank {

// A result is built from its members, without braces: `"content":[...],"isError":false`.

// `uri`: of what is answered, where it has to be a resource.
// `more`: content blocks behind it, separated by commas.
[[nodiscard]] std::string tool_result(const OperationSpec& operation, std::string_view media_type,
                                      std::string_view body, std::string_view uri, std::string_view more = {});
// A result that says what went wrong: models read it and try again, and would never see an error of the protocol.
[[nodiscard]] std::string tool_problem(const Problem& problem);
[[nodiscard]] std::string tool_problem_text(std::string_view sentence);

// The members of an object.
[[nodiscard]] std::string members_of(const boost::json::object& object);

// Who serves, as JSON: {"name": ..., "version": ...}.
struct McpIdentity {
  std::string info;
};

// The whole object. In the modern era it says of what kind it is (`type`), and who answers.
[[nodiscard]] std::string finished_result(Era era, std::string_view members, const McpIdentity& identity,
                                          std::string_view type = "complete");

} // namespace crank
