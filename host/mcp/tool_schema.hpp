// The schemas of a capability as a tool's: what an MCP client may rely on, and what known clients stumble over mended,
// so that one schema never hides all tools. Knows manifests; knows no message.
#pragma once

#include "manifest/manifest.hpp"
#include "mcp/era.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace crank {

// How a result becomes the structured one, which is an object.
enum class ResultShape {
  none,    // it is no JSON
  as_is,   // where it is an object
  wrapped, // {"result": ...}: its schema does not say that it is an object
  items,   // {"items": [...]}
};
[[nodiscard]] ResultShape result_shape(const OperationSpec& operation);

// Whether its input is JSON, and so the tool's arguments. Otherwise they carry it as {"text": ...} or {"base64": ...}.
[[nodiscard]] bool takes_json(const OperationSpec& operation);

// Draft 2020-12. In the legacy era without what the models behind its clients refuse at the top; calls are checked
// against the whole schema all the same.
[[nodiscard]] boost::json::object tool_input_schema(const OperationSpec& operation, Era era);
// nullopt: the capability declares none.
[[nodiscard]] std::optional<boost::json::object> tool_output_schema(const OperationSpec& operation);

// What known MCP clients stumble over in a manifest, in sentences that say how to mend it.
[[nodiscard]] std::vector<std::string> tool_faults(const Manifest& manifest);

} // namespace crank
