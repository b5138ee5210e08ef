#include "mcp/tool_list.hpp"

#include "engine/operation.hpp"
#include "mcp/tool_names.hpp"
#include "mcp/tool_schema.hpp"
#include "json/json.hpp"

#include <algorithm>

namespace crank {
namespace {

namespace json = boost::json;

std::string definition(const CapabilitySpec& capability, const std::string& name, Era era) {
  const OperationSpec& operation = capability.operation;
  json::object tool{{"name", name}};
  if (!capability.title.empty()) tool["title"] = capability.title;
  tool["description"] = operation.description.empty() ? operation.name : operation.description;
  tool["inputSchema"] = tool_input_schema(operation, era);
  if (auto output = tool_output_schema(operation)) tool["outputSchema"] = *std::move(output);
  json::object annotations;
  const auto hint = [&](std::string_view key, std::optional<bool> value) {
    if (value) annotations[key] = *value;
  };
  hint("readOnlyHint", capability.hints.read_only);
  hint("destructiveHint", capability.hints.destructive);
  hint("idempotentHint", capability.hints.idempotent);
  hint("openWorldHint", capability.hints.open_world);
  if (!annotations.empty()) tool["annotations"] = std::move(annotations);
  return json_text(tool);
}

void find_param_headers(const json::value& schema, std::vector<std::string> path, std::vector<ParamHeader>& found) {
  const json::object* members = schema.if_object();
  const json::value* properties = members ? members->if_contains("properties") : nullptr;
  if (!properties || !properties->is_object() || path.size() > 8) return;
  for (const auto& member : properties->get_object()) {
    const json::object* property = member.value().if_object();
    if (!property) continue;
    path.emplace_back(member.key());
    if (const json::value* header = property->if_contains("x-mcp-header"); header && header->is_string()) {
      std::string field("mcp-param-");
      for (const char c : header->get_string()) field += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      found.push_back({path, std::move(field)});
    }
    find_param_headers(member.value(), path, found);
    path.pop_back();
  }
}

const json::value* at(const json::value& value, const std::vector<std::string>& path) {
  const json::value* here = &value;
  for (const std::string& name : path) {
    const json::object* members = here->if_object();
    here = members ? members->if_contains(name) : nullptr;
    if (!here) return nullptr;
  }
  return here;
}

// Texts as they are, numbers by value, all else as JSON.
bool says(const std::string& field, const json::value& value) {
  if (const json::string* text = value.if_string()) return field == std::string_view(text->data(), text->size());
  if (!value.is_number()) return field == json_text(value);
  const auto number = parse_json(field);
  return number && number->is_number() && number->to_number<double>() == value.to_number<double>();
}

} // namespace

ToolList::ToolList(const std::vector<ToolSource>& sources) {
  std::vector<ToolId> ids;
  for (const ToolSource& source : sources) ids.emplace_back(source.capability->operation.name, source.capability->tool);
  const std::vector<std::string> names = tool_names(ids);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const CapabilitySpec& capability = *sources[i].capability;
    Tool& tool = tools_.emplace_back();
    tool.name = names[i];
    tool.operation = sources[i].operation;
    tool.legacy = definition(capability, tool.name, Era::legacy);
    tool.modern = definition(capability, tool.name, Era::modern);
    if (capability.operation.input_schema)
      find_param_headers(*capability.operation.input_schema, {}, tool.param_headers);
    by_name_.emplace(tool.name, &tool);
  }
}

const Tool* ToolList::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

const Tool* ToolList::of_capability(std::string_view id) const {
  const auto found =
      std::find_if(tools_.begin(), tools_.end(), [id](const Tool& tool) { return tool.operation->spec().name == id; });
  return found == tools_.end() ? nullptr : &*found;
}

std::optional<RpcError> check_param_headers(const Tool& tool, std::string_view arguments,
                                            const RequestAttributes& headers) {
  if (tool.param_headers.empty() || arguments.empty()) return std::nullopt;
  const auto parsed = parse_json(arguments);
  if (!parsed) return std::nullopt; // the call's own check tells that
  for (const ParamHeader& param : tool.param_headers) {
    const json::value* value = at(*parsed, param.path);
    if (!value || value->is_null() || value->is_object() || value->is_array()) continue;
    const auto field = headers.get("header." + param.field);
    if (!field) return header_mismatch("the field " + param.field + " is missing");
    const auto decoded = mirrored_text(*field);
    if (!decoded) return header_mismatch("the field " + param.field + " is not base 64");
    if (!says(*decoded, *value)) return header_mismatch("the field " + param.field + " and the arguments differ");
  }
  return std::nullopt;
}

} // namespace crank
