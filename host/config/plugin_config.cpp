#include "config/plugin_config.hpp"

#include "config/nearest.hpp"
#include "config/setting_table.hpp"
#include "config/values.hpp"
#include "schema/schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>

#include <algorithm>

namespace crank {
namespace {

namespace json = boost::json;

Failure usage(std::string message) { return {std::move(message), 2}; }

const json::object* properties_of(const json::value& schema) {
  const json::object* object = schema.if_object();
  const json::value* properties = object == nullptr ? nullptr : object->if_contains("properties");
  return properties == nullptr ? nullptr : properties->if_object();
}

// Whether a property takes texts; one without a type takes anything.
bool takes_text(const json::value* property) {
  const json::object* object = property == nullptr ? nullptr : property->if_object();
  const json::value* type = object == nullptr ? nullptr : object->if_contains("type");
  if (type == nullptr) return false;
  if (const json::array* types = type->if_array())
    return std::find(types->begin(), types->end(), json::value("string")) != types->end();
  return *type == json::value("string");
}

// What was typed as text, for a property: 12 is a number unless the schema wants a text there.
json::value interpret(std::string_view text, const json::value* property) {
  if (!takes_text(property)) {
    json::error_code error;
    json::value value = json::parse(text, error);
    if (!error) return value;
    if (const auto on = parse_switch(text); on && text.find_first_of("01") == std::string_view::npos) {
      const json::object* object = property == nullptr ? nullptr : property->if_object();
      const json::value* type = object == nullptr ? nullptr : object->if_contains("type");
      if (type != nullptr && *type == json::value("boolean"))
        return *on; // "on" is fine for the host's own switches too
    }
  }
  return json::value(json::string(text));
}

// CRANK_STREAMING_PACE_MS for "pace_ms" of plugin "streaming".
std::string variable_name(std::string_view plugin, std::string_view key) {
  std::string name = "CRANK_" + upper_case(plugin) + "_" + upper_case(key);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

bool is_host_variable(std::string_view name) {
  const auto table = setting_table();
  return std::any_of(table.begin(), table.end(),
                     [name](const SettingSpec& setting) { return variable_of(setting) == name; });
}

void add_said(PluginConfig& config, const Settings& settings, const json::object& properties) {
  const auto section = settings.plugin_values.find(config.plugin);
  if (section == settings.plugin_values.end()) return;
  for (const auto& [key, value] : section->second) {
    const auto origin = settings.origins.find(config.plugin + "." + std::string(key));
    const std::string from = origin == settings.origins.end() ? "default" : origin->second;
    const bool text = value.is_string() && from.starts_with("flag");
    config.values[key] = text ? interpret(value.get_string(), properties.if_contains(key)) : value;
    config.origins.insert_or_assign(std::string(key), from);
  }
}

void add_environment(PluginConfig& config, const Environment& environment, const json::object& properties) {
  for (const auto& [key, property] : properties) {
    const std::string name = variable_name(config.plugin, key);
    const auto text = variable(environment, name);
    if (!text || is_host_variable(name)) continue;
    const auto origin = config.origins.find(std::string_view(key));
    if (origin != config.origins.end() && origin->second.starts_with("flag")) continue;
    config.values[key] = interpret(*text, &property);
    config.origins.insert_or_assign(std::string(key), "environment " + name);
  }
}

void add_defaults(PluginConfig& config, const json::object& properties) {
  for (const auto& [key, property] : properties) {
    const json::object* object = property.if_object();
    const json::value* value = object == nullptr ? nullptr : object->if_contains("default");
    if (value != nullptr && !config.values.contains(key)) config.values[key] = *value;
  }
}

std::string origin_of(const PluginConfig& config, std::string_view key) {
  const auto found = config.origins.find(key);
  return found == config.origins.end() ? "default" : found->second;
}

// Keys nobody declared, said better than a schema validator can: with what was probably meant.
std::optional<Failure> check_keys(const PluginConfig& config, const json::value& schema,
                                  const json::object& properties) {
  const json::object* object = schema.if_object();
  const bool takes_none = object == nullptr || object->empty();
  const json::value* additional = takes_none ? nullptr : object->if_contains("additionalProperties");
  const bool closed = takes_none || (additional != nullptr && *additional == json::value(false) &&
                                     !object->contains("patternProperties"));
  if (!closed) return std::nullopt;
  std::vector<std::string> known;
  for (const auto& member : properties) known.emplace_back(member.key());
  for (const auto& member : config.values) {
    const std::string key(member.key());
    if (properties.contains(key)) continue;
    const std::string what =
        takes_none ? "the plugin takes no configuration" : "unknown key" + did_you_mean(key, known);
    return usage(config.plugin + "." + key + ": " + what + " (" + origin_of(config, key) + ")");
  }
  return std::nullopt;
}

// The first member of a JSON Pointer, unescaped; empty for the whole value.
std::string first_member(std::string_view pointer) {
  if (pointer.empty()) return {};
  std::string key(pointer.substr(1, pointer.find('/', 1) - 1));
  for (std::size_t at = 0; (at = key.find("~1", at)) != std::string::npos;) key.replace(at, 2, "/");
  for (std::size_t at = 0; (at = key.find("~0", at)) != std::string::npos; ++at) key.replace(at, 2, "~");
  return key;
}

std::string dotted(std::string_view plugin, std::string_view pointer) {
  std::string path(plugin);
  path += pointer;
  std::replace(path.begin() + static_cast<std::ptrdiff_t>(plugin.size()), path.end(), '/', '.');
  return path;
}

// JSON Schema 2019-09 validation 9.4; OpenAPI's format registry.
bool is_secret(const json::value& property) {
  if (!property.is_object()) return false;
  const json::value* write_only = property.get_object().if_contains("writeOnly");
  const json::value* format = property.get_object().if_contains("format");
  return (write_only && write_only->is_bool() && write_only->get_bool()) ||
         (format && format->is_string() && format->get_string() == "password");
}

} // namespace

Result<PluginConfig, Failure> plugin_config(const Manifest& manifest, const Settings& settings,
                                            const Environment& environment) {
  PluginConfig config;
  config.plugin = manifest.id;
  const json::object none;
  const json::object* declared = properties_of(manifest.config_schema);
  const json::object& properties = declared == nullptr ? none : *declared;
  add_said(config, settings, properties);
  add_environment(config, environment, properties);
  if (auto failure = check_keys(config, manifest.config_schema, properties)) return *failure;
  add_defaults(config, properties);
  for (const auto& [key, property] : properties) {
    if (is_secret(property)) config.secrets.emplace(key);
  }

  const auto schema = Schema::compile(manifest.config_schema);
  if (!schema) return Failure{"plugin " + manifest.id + ": its config_schema cannot be used: " + schema.error(), 3};
  const std::vector<FieldError> findings = schema->check(config.values, 1);
  if (findings.empty()) return config;
  const std::string key = first_member(findings.front().pointer);
  const std::string origin = key.empty() ? std::string() : " (" + origin_of(config, key) + ")";
  return usage(dotted(manifest.id, findings.front().pointer) + ": " + findings.front().message + origin);
}

std::optional<Failure> check_plugin_sections(const Settings& settings, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (id == "limits" || find_setting(id) != nullptr) {
      return Failure{"plugin " + id + ": its id is a setting of the host, so that it cannot have a section of its own",
                     3};
    }
  }
  std::vector<std::string> known = ids;
  known.emplace_back("limits");
  for (const auto& [section, values] : settings.plugin_values) {
    if (std::find(ids.begin(), ids.end(), section) != ids.end()) continue;
    const auto origin = settings.origins.find(section);
    return usage(section + ": no plugin of this name is loaded" + did_you_mean(section, known) +
                 (origin == settings.origins.end() ? "" : " (" + origin->second + ")"));
  }
  return std::nullopt;
}

} // namespace crank
