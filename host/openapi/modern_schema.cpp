// JSON Schema 2020-12 release notes list the differences: tuples, dependencies, and references with siblings.
#include "openapi/modern_schema.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <string>

namespace crank {
namespace {

namespace json = boost::json;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Rewriting {
public:
  explicit Rewriting(std::string_view place) : place_(place) {}

  json::value schema(const json::value& from) const {
    const json::object* members = from.if_object();
    if (!members) return from;
    json::object result;
    const bool refers = members->contains("$ref"); // draft 7 ignores what stands beside a reference; 2020-12 does not
    for (const auto& member : *members) {
      if (!refers || is_one_of(member.key(), {"$ref", "definitions", "$defs"}))
        add(member.key(), member.value(), *members, result);
    }
    return result;
  }

private:
  void add(std::string_view name, const json::value& operand, const json::object& siblings, json::object& to) const {
    if (is_one_of(name, {"$id", "id", "$schema"})) return;
    if (name == "$ref") {
      to["$ref"] = std::string(place_).append(std::string_view(operand.get_string()).substr(1));
    } else if (is_one_of(name, {"properties", "patternProperties", "definitions", "$defs"})) {
      to[name] = map(operand);
    } else if (is_one_of(name, {"allOf", "anyOf", "oneOf"})) {
      to[name] = list(operand);
    } else if (name == "items" && operand.is_array()) {
      to["prefixItems"] = list(operand);
    } else if (name == "additionalItems") {
      const json::value* items = siblings.if_contains("items");
      if (items && items->is_array()) to["items"] = schema(operand); // beside anything else draft 7 ignores it
    } else if (name == "dependencies") {
      dependencies(operand.get_object(), to);
    } else if (is_one_of(name,
                         {"items", "not", "if", "then", "else", "contains", "propertyNames", "additionalProperties"})) {
      to[name] = schema(operand);
    } else {
      to[name] = operand;
    }
  }

  json::value map(const json::value& operand) const {
    json::object result;
    for (const auto& member : operand.get_object()) result[member.key()] = schema(member.value());
    return result;
  }

  json::value list(const json::value& operand) const {
    json::array result;
    for (const json::value& item : operand.get_array()) result.push_back(schema(item));
    return result;
  }

  void dependencies(const json::object& operand, json::object& to) const {
    json::object required;
    json::object schemas;
    for (const auto& member : operand) {
      if (member.value().is_array()) {
        required[member.key()] = member.value();
      } else {
        schemas[member.key()] = schema(member.value());
      }
    }
    if (!required.empty()) to["dependentRequired"] = std::move(required);
    if (!schemas.empty()) to["dependentSchemas"] = std::move(schemas);
  }

  std::string_view place_;
};

} // namespace

json::value modern_schema(const json::value& schema, std::string_view place) { return Rewriting(place).schema(schema); }

} // namespace crank
