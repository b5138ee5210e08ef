#include "config/sources.hpp"

#include "config/nearest.hpp"
#include "config/setting_table.hpp"
#include "config/toml_file.hpp"
#include "config/values.hpp"
#include "manifest/manifest.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::string_view limits_prefix = "limits.";

Failure usage(std::string message) { return {std::move(message), 2}; }

RawValue raw_value(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (const auto* boolean = value.if_bool()) return *boolean;
  if (const auto* number = value.if_int64()) return *number;
  if (const auto* number = value.if_double()) return *number;
  const auto* list = value.if_array();
  if (list == nullptr) return std::monostate{};
  std::vector<std::string> texts;
  for (const json::value& item : *list) {
    if (!item.is_string()) return std::monostate{};
    texts.emplace_back(item.get_string());
  }
  return texts;
}

std::string shortened(std::string text) {
  constexpr std::size_t longest = 60;
  if (text.size() > longest) text.replace(longest, std::string::npos, "...");
  return text;
}

// The names a mistyped key may stand for: all of the limits, or all other settings.
std::vector<std::string> known_keys(bool limits) {
  std::vector<std::string> keys;
  for (const SettingSpec& setting : setting_table()) {
    if (setting.key.starts_with(limits_prefix) != limits) continue;
    keys.emplace_back(limits ? setting.key.substr(limits_prefix.size()) : setting.key);
  }
  if (!limits) keys.emplace_back("limits");
  return keys;
}

// Merges one source after the other into the same settings; the later one wins.
class Merge {
public:
  Merge(Settings& settings, const Environment& environment) : settings_(settings), environment_(environment) {}

  std::optional<Failure> file(const std::string& path);
  std::optional<Failure> environment();
  std::optional<Failure> flags(const Flags& flags);

private:
  std::optional<Failure> set(const SettingSpec& setting, const RawValue& value, const std::string& shown,
                             std::string origin);
  std::optional<Failure> file_entry(const std::string& path, std::string_view prefix, const TomlEntry& entry);
  std::optional<Failure> file_section(const std::string& path, const TomlSection& section);
  std::optional<Failure> assignment(const std::string& text);

  Settings& settings_;
  const Environment& environment_;
};

std::optional<Failure> Merge::set(const SettingSpec& setting, const RawValue& value, const std::string& shown,
                                  std::string origin) {
  if (const auto expected = assign(settings_, setting, value)) {
    return usage(std::string(setting.key) + ": " + *expected + ", not " + shortened(shown) + " (" + origin + ")");
  }
  settings_.origins.insert_or_assign(std::string(setting.key), std::move(origin));
  return std::nullopt;
}

std::optional<Failure> Merge::file_entry(const std::string& path, std::string_view prefix, const TomlEntry& entry) {
  const std::string origin = "file " + path + ":" + std::to_string(entry.line);
  const SettingSpec* setting = find_setting(std::string(prefix) + entry.key);
  // The dot of "limits.x" is no part of a key: `"limits.x" = 1` at top level is as unknown as any other.
  if (setting == nullptr || entry.key.find('.') != std::string::npos) {
    return usage(std::string(prefix) + entry.key + ": unknown key" +
                 did_you_mean(entry.key, known_keys(!prefix.empty())) + " (" + origin + ")");
  }
  return set(*setting, raw_value(entry.value), json_text(entry.value), origin);
}

std::optional<Failure> Merge::file_section(const std::string& path, const TomlSection& section) {
  const std::string origin = "file " + path + ":" + std::to_string(section.line);
  if (const SettingSpec* setting = find_setting(section.name))
    return set(*setting, std::monostate{}, "a table", origin);
  const bool limits = section.name == "limits";
  if (!limits) {
    settings_.origins.insert_or_assign(section.name, origin);
    settings_.plugin_values[section.name]; // a section without keys must be checked as well
  }
  for (const TomlEntry& entry : section.entries) {
    if (limits) {
      if (auto failure = file_entry(path, limits_prefix, entry)) return failure;
      continue;
    }
    settings_.plugin_values[section.name][entry.key] = entry.value;
    settings_.origins.insert_or_assign(section.name + "." + entry.key,
                                       "file " + path + ":" + std::to_string(entry.line));
  }
  return std::nullopt;
}

std::optional<Failure> Merge::file(const std::string& path) {
  const auto file = read_toml_file(path);
  if (!file) return file.error();
  settings_.config_file = path;
  for (const TomlEntry& entry : file->entries) {
    if (auto failure = file_entry(path, "", entry)) return failure;
  }
  for (const TomlSection& section : file->sections) {
    if (auto failure = file_section(path, section)) return failure;
  }
  return std::nullopt;
}

// For a Service named `crank`, Kubernetes puts CRANK_PORT=tcp://10.0.0.1:8500 into every container of the namespace
// ("Accessing the Service", environment variables).
bool is_service_link(std::string_view value) {
  return value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://");
}

std::optional<Failure> Merge::environment() {
  for (const SettingSpec& setting : setting_table()) {
    std::string name = variable_of(setting);
    auto value = variable(environment_, name);
    if (!value && !setting.old_variable.empty()) {
      name = setting.old_variable;
      value = variable(environment_, name);
    }
    if (!value) continue;
    if (setting.key == "port" && is_service_link(*value)) {
      settings_.warnings.push_back(
          name + "=" + shortened(*value) +
          " is ignored: Kubernetes sets it for a Service of this name. To name a port, use --port or "
          "the configuration file; `enableServiceLinks: false` in the Pod keeps such variables away");
      continue;
    }
    if (auto failure = set(setting, *value, toml_quoted(*value), "environment " + name)) return failure;
  }
  return std::nullopt;
}

// PLUGIN.KEY=VALUE or limits.NAME=VALUE
std::optional<Failure> Merge::assignment(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::size_t dot = text.find('.');
  if (equals == std::string::npos || dot == std::string::npos || dot == 0 || dot + 1 >= equals) {
    return usage("--set " + toml_quoted(shortened(text)) + ": expected PLUGIN.KEY=VALUE or limits.NAME=VALUE");
  }
  const std::string section = text.substr(0, dot);
  const std::string key = text.substr(dot + 1, equals - dot - 1);
  const std::string value = text.substr(equals + 1);
  const std::string origin = "flag --set";
  if (section == "limits") {
    const SettingSpec* setting = find_setting(text.substr(0, equals));
    if (setting != nullptr) return set(*setting, value, toml_quoted(value), origin);
    return usage("limits." + key + ": unknown key" + did_you_mean(key, known_keys(true)) + " (" + origin + ")");
  }
  settings_.origins.try_emplace(section, origin);
  settings_.plugin_values[section][key] = value;
  settings_.origins.insert_or_assign(section + "." + key, origin);
  return std::nullopt;
}

std::optional<Failure> Merge::flags(const Flags& flags) {
  for (const FlagValues& flag : flags.settings) {
    const SettingSpec* setting = find_setting(flag.key);
    if (setting == nullptr || flag.values.empty()) continue;
    const bool list = std::holds_alternative<TextList>(setting->type);
    const RawValue value = list ? RawValue(flag.values) : RawValue(flag.values.back());
    if (auto failure = set(*setting, value, toml_quoted(flag.values.back()), "flag " + std::string(setting->flag)))
      return failure;
  }
  for (const std::string& text : flags.assignments) {
    if (auto failure = assignment(text)) return failure;
  }
  return std::nullopt;
}

std::string random_worker_id() {
  constexpr char digits[] = "0123456789abcdef";
  std::string id = "worker-";
  std::random_device random;
  std::uint32_t bits = random();
  for (int i = 0; i < 8; ++i, bits >>= 4) id += digits[bits & 0xf];
  return id;
}

std::string home_directory(const Environment& environment) {
  if (auto home = variable(environment, "HOME")) return *home;
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_dir;
  return "/";
}

} // namespace

std::string default_cert_dir(const Environment& environment, const std::filesystem::path& root) {
  std::error_code ignored;
  const std::filesystem::path system = root / "etc/certs";
  if (std::filesystem::is_directory(system, ignored) && access(system.c_str(), W_OK | X_OK) == 0)
    return system.string();
  const bool container = variable(environment, "KUBERNETES_SERVICE_HOST") ||
                         std::filesystem::exists(root / ".dockerenv", ignored) ||
                         std::filesystem::exists(root / "run/.containerenv", ignored);
  if (container) return system.string();
  return (std::filesystem::path(home_directory(environment)) / ".crank/certs").string();
}

Result<Settings, Failure> load_settings(const Flags& flags, const Environment& environment) {
  Settings settings;
  Merge merge(settings, environment);
  const std::string path =
      flags.config_file.empty() ? variable(environment, "CRANK_CONFIG").value_or("") : flags.config_file;
  if (!path.empty()) {
    if (auto failure = merge.file(path)) return *failure;
  }
  if (auto failure = merge.environment()) return *failure;
  if (auto failure = merge.flags(flags)) return *failure;
  if (settings.cert_dir.empty()) settings.cert_dir = default_cert_dir(environment);
  if (settings.worker_id.empty()) settings.worker_id = random_worker_id();
  return settings;
}

bool is_loopback(std::string_view host) {
  if (lower_case(host) == "localhost" || host == "::1" || host == "[::1]") return true;
  // 127.0.0.0/8, and only as a dotted quad: "127.example.org" is a name.
  return host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3 &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::optional<Failure> check_serve_settings(const Settings& settings) {
  const auto origin_of = [&](std::string_view key) {
    const auto found = settings.origins.find(key);
    return found == settings.origins.end() ? std::string("default") : found->second;
  };
  if (settings.jobs_dir.empty() && !settings.callback_secret_file.empty()) {
    return usage("callback_secret_file (" + origin_of("callback_secret_file") +
                 "): callbacks are for jobs, and there are none without --jobs-dir");
  }
  if (settings.tls) return std::nullopt;
  if (!settings.allow_plaintext && !is_loopback(settings.host)) {
    return usage("tls: off (" + origin_of("tls") + ") would serve " + settings.host + " (" + origin_of("host") +
                 ") unencrypted: listen on 127.0.0.1, or allow it with --allow-plaintext");
  }
  if (!settings.tokens_file.empty() && !settings.allow_plaintext_tokens && !is_loopback(settings.host)) {
    return usage("tokens_file: tokens (" + origin_of("tokens_file") +
                 ") would cross the network unencrypted, for tls is off (" + origin_of("tls") +
                 "): turn it on, or allow that with --allow-plaintext-tokens");
  }
  if (settings.client_auth == ClientAuth::optional || settings.client_auth == ClientAuth::required) {
    return usage("client_auth: client certificates (" + origin_of("client_auth") + ") need TLS, which is off (" +
                 origin_of("tls") + ")");
  }
  return std::nullopt;
}

AuditOptions audit_options(const Settings& settings) {
  AuditOptions options;
  if (!settings.audit_dir.empty()) options.directory = std::filesystem::absolute(settings.audit_dir);
  if (!settings.audit_key.empty()) options.key = std::filesystem::absolute(settings.audit_key);
  options.max_bytes = settings.audit_max_bytes;
  options.keep = settings.audit_keep;
  options.when_full = settings.audit_when_full == "count" ? AuditWhenFull::count : AuditWhenFull::refuse;
  return options;
}

ClientAuth effective_client_auth(const Settings& settings) {
  if (!settings.tls) return ClientAuth::off;
  if (settings.client_auth != ClientAuth::automatic) return settings.client_auth;
  return is_loopback(settings.host) ? ClientAuth::off : ClientAuth::required;
}

Result<ListenPort, Failure> listen_port(const Settings& settings, const Manifest& manifest,
                                        const Environment& environment) {
  if (settings.port) {
    const auto origin = settings.origins.find("port");
    return ListenPort{*settings.port, origin == settings.origins.end() ? "default" : origin->second};
  }
  std::string ignored;
  if (!manifest.port_env.empty()) {
    const auto text = variable(environment, manifest.port_env);
    if (text && is_service_link(*text)) {
      ignored = "; " + manifest.port_env + " is a Kubernetes Service's and ignored";
    } else if (text) {
      const auto number = parse_count(*text);
      if (!number || *number > 65535) {
        return usage("port: expected a port from 0 to 65535, not " + toml_quoted(shortened(*text)) + " (environment " +
                     manifest.port_env + ")");
      }
      return ListenPort{static_cast<std::uint16_t>(*number), "environment " + manifest.port_env};
    }
  }
  return ListenPort{manifest.default_port, "manifest of plugin " + manifest.id + ignored};
}

} // namespace crank
