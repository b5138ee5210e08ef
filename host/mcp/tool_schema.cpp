#include "mcp/tool_schema.hpp"

#include "mcp/tool_names.hpp"
#include "openapi/modern_schema.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::string_view dialect = "https://json-schema.org/draft/2020-12/schema";

// Which of the models' interfaces refuse a schema that has one of these at its top.
constexpr std::string_view refused_at_top[] = {"anyOf", "oneOf", "allOf", "not", "enum"};

bool is_true(const json::value& schema) {
  return schema.is_bool() ? schema.get_bool() : schema.is_object() && schema.get_object().empty();
}

bool is_object_schema(const json::value& schema) {
  if (!schema.is_object()) return false;
  const json::value* type = schema.get_object().if_contains("type");
  return type && type->is_string() && type->get_string() == "object";
}

// JSON Schema takes true and false where a schema stands; official clients want an object there.
json::value as_object(const json::value& schema) {
  if (!schema.is_bool()) return schema;
  return schema.get_bool() ? json::object() : json::object{{"not", json::object()}};
}

// What the branches at the top say of properties: a model should know of them although the branches go.
void take_properties(const json::object& from, json::object& to) {
  const json::value* more = from.if_contains("properties");
  if (!more || !more->is_object()) return;
  for (const auto& member : more->get_object()) to.emplace(member.key(), as_object(member.value()));
}

void lower(json::object& schema) {
  json::object& properties = schema["properties"].get_object();
  for (const std::string_view keyword : refused_at_top) {
    const json::value* branches = schema.if_contains(keyword);
    if (!branches) continue;
    if (branches->is_array()) {
      for (const json::value& branch : branches->get_array()) {
        if (branch.is_object()) take_properties(branch.get_object(), properties);
      }
    }
    schema.erase(keyword);
  }
}

json::object raw_input_schema(const OperationSpec& operation) {
  json::object properties{
      {"text", json::object{{"type", "string"}, {"description", "the input as text"}}},
      {"base64", json::object{{"type", "string"}, {"description", "the input in base 64, where it is not text"}}}};
  if (operation.content_types.size() > 1) {
    json::array types;
    for (const std::string& type : operation.content_types) types.emplace_back(type);
    properties["media_type"] = json::object{
        {"type", "string"}, {"enum", std::move(types)}, {"description", "of the input; by default the first"}};
  }
  return {
      {"$schema", dialect}, {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

json::object wrapping(std::string_view member, json::value schema) {
  return {{"$schema", dialect},
          {"type", "object"},
          {"properties", json::object{{member, std::move(schema)}}},
          {"required", json::array{json::string(member)}}};
}

// Of the structured result, which will stand at `place`; nullopt: the capability declares none.
std::optional<json::object> answer_schema(const OperationSpec& operation, const std::string& place) {
  switch (result_shape(operation)) {
  case ResultShape::none: return std::nullopt;
  case ResultShape::items: {
    const json::value item = as_object(modern_schema(operation.output_schema, place + "/properties/items/items"));
    return wrapping("items", json::object{{"type", "array"}, {"items", item}});
  }
  case ResultShape::wrapped:
    return wrapping("result", as_object(modern_schema(operation.output_schema, place + "/properties/result")));
  case ResultShape::as_is: break;
  }
  if (!operation.output_schema.is_object() || is_true(operation.output_schema)) return std::nullopt;
  json::object schema{{"$schema", dialect}};
  const json::value modern = modern_schema(operation.output_schema, place);
  for (const auto& member : modern.get_object()) schema[member.key()] = member.value();
  if (schema.contains("properties")) {
    json::object properties;
    take_properties(schema, properties);
    schema["properties"] = std::move(properties);
  }
  return schema;
}

} // namespace

ResultShape result_shape(const OperationSpec& operation) {
  if (operation.streaming) return ResultShape::items;
  if (operation.response_type != "application/json") return ResultShape::none;
  const bool plain = is_true(operation.output_schema) || is_object_schema(operation.output_schema);
  return plain ? ResultShape::as_is : ResultShape::wrapped;
}

bool takes_json(const OperationSpec& operation) {
  const auto& types = operation.content_types;
  return types.empty() || std::find(types.begin(), types.end(), "application/json") != types.end();
}

json::object tool_input_schema(const OperationSpec& operation, Era era) {
  if (!takes_json(operation)) return raw_input_schema(operation);
  json::object schema{{"$schema", dialect}, {"type", "object"}};
  if (operation.input_schema && operation.input_schema->is_object()) {
    const json::value modern = modern_schema(*operation.input_schema, "#");
    for (const auto& member : modern.get_object()) schema[member.key()] = member.value();
  }
  json::object properties;
  take_properties(schema, properties);
  schema["properties"] = std::move(properties);
  if (era == Era::legacy) lower(schema);
  return schema;
}

std::optional<json::object> tool_output_schema(const OperationSpec& operation) {
  const bool may_be_job = operation.job_above_bytes.has_value() || operation.defers;
  auto schema = answer_schema(operation, may_be_job ? "#/anyOf/0" : "#");
  if (!schema || !may_be_job) return schema;
  const json::object accepted{{"type", "object"},
                              {"properties", json::object{{"status", json::object{{"const", "accepted"}}},
                                                          {"job_id", json::object{{"type", "string"}}}}},
                              {"required", json::array{"status", "job_id"}}};
  schema->erase("$schema");
  return json::object{{"$schema", dialect}, {"type", "object"}, {"anyOf", json::array{*std::move(schema), accepted}}};
}

std::vector<std::string> tool_faults(const Manifest& manifest) {
  std::vector<std::string> faults;
  std::vector<ToolId> ids;
  for (const CapabilitySpec& capability : manifest.capabilities)
    ids.emplace_back(capability.operation.name, capability.tool);
  const std::vector<std::string> names = tool_names(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const OperationSpec& operation = manifest.capabilities[i].operation;
    const auto say = [&](std::string_view sentence) {
      faults.push_back(ids[i].capability + ": " + std::string(sentence));
    };
    std::string plain = ids[i].wanted.empty() ? ids[i].capability : ids[i].wanted;
    std::replace(plain.begin(), plain.end(), '.', '_');
    if (names[i] != plain)
      say("MCP clients will know it as " + names[i] + ", for " + plain +
          (plain.size() > longest_tool_name ? " is longer than 64 characters" : " is taken") + ": choose another id");
    if (operation.description.empty()) say("without a description a model cannot know when to use it");
    if (!operation.input_schema || !operation.input_schema->is_object()) continue;
    const json::object& schema = operation.input_schema->get_object();
    for (const std::string_view keyword : refused_at_top) {
      if (schema.contains(keyword))
        say("models refuse " + std::string(keyword) +
            " at the top of input_schema: legacy MCP clients are shown the "
            "schema without it; put it into a property, or describe it in words");
    }
    if (const json::value* properties = schema.if_contains("properties"); properties && properties->is_object()) {
      for (const auto& member : properties->get_object()) {
        if (member.value().is_bool())
          say("official MCP clients refuse true and false as schemas: write {} for the property " +
              std::string(member.key()));
      }
    }
  }
  return faults;
}

} // namespace crank
