#include "config/print.hpp"

#include "config/setting_table.hpp"
#include "config/values.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <algorithm>

namespace crank {
namespace {

namespace json = boost::json;

std::string toml_key(std::string_view key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return bare ? std::string(key) : toml_quoted(key);
}

// TOML has no null: a null member is left out. Everything else has its inline form.
std::string toml_value(const json::value& value) {
  if (const auto* text = value.if_string()) return toml_quoted(*text);
  if (const auto* list = value.if_array()) {
    std::string text = "[";
    for (const json::value& item : *list) {
      if (item.is_null()) continue;
      text.append(text.size() > 1 ? ", " : "").append(toml_value(item));
    }
    return text + "]";
  }
  if (const auto* object = value.if_object()) {
    std::string text = "{";
    for (const auto& [key, member] : *object) {
      if (member.is_null()) continue;
      text.append(text.size() > 1 ? ", " : " ").append(toml_key(key)).append(" = ").append(toml_value(member));
    }
    return text + (text.size() > 1 ? " }" : "}");
  }
  return json_text(value);
}

void add_line(std::string& out, const std::string& assignment, std::string_view origin) {
  constexpr std::size_t column = 44;
  out += assignment;
  if (assignment.size() < column) out.append(column - assignment.size(), ' ');
  std::string comment(origin);
  std::replace_if(
      comment.begin(), comment.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  out.append("  # ").append(comment).append("\n");
}

template <class Origins>
std::string origin_of(const Origins& origins, std::string_view key) {
  const auto found = origins.find(key);
  return found == origins.end() ? "default" : found->second;
}

void add_settings(std::string& out, const Settings& settings, bool limits) {
  constexpr std::string_view prefix = "limits.";
  for (const SettingSpec& setting : setting_table()) {
    if (setting.key.starts_with(prefix) != limits) continue;
    const std::string key(limits ? setting.key.substr(prefix.size()) : setting.key);
    const std::string value = show_value(settings, setting);
    if (value.empty()) {
      const std::string_view instead = setting.default_text.empty() ? "not set" : setting.default_text;
      add_line(out, "# " + key + ": " + std::string(instead), "default");
    } else {
      add_line(out, key + " = " + value, origin_of(settings.origins, setting.key));
    }
  }
}

} // namespace

std::string print_config(const Settings& settings, const std::vector<PluginConfig>& plugins) {
  std::string out;
  if (!settings.config_file.empty()) out += "# read from " + toml_quoted(settings.config_file) + "\n";
  add_settings(out, settings, false);
  out += "\n[limits]\n";
  add_settings(out, settings, true);
  for (const PluginConfig& plugin : plugins) {
    out += "\n[" + toml_key(plugin.plugin) + "]\n";
    for (const auto& [key, value] : plugin.values) {
      if (plugin.secrets.contains(std::string_view(key)))
        add_line(out, "# " + toml_key(key) + ": secret, not shown", origin_of(plugin.origins, key));
      else if (value.is_null())
        add_line(out, "# " + toml_key(key) + ": null", origin_of(plugin.origins, key));
      else
        add_line(out, toml_key(key) + " = " + toml_value(value), origin_of(plugin.origins, key));
    }
  }
  return out;
}

} // namespace crank
