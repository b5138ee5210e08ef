#include "config/setting_table.hpp"

#include "config/values.hpp"
#include "jobs/callback_policy.hpp"

#include <algorithm>
#include <array>

namespace crank {
namespace {

using S = Settings;
using L = Limits;
constexpr unsigned kRun = kServe | kInvoke | kMcp;

// What a browser puts into Origin (RFC 6454 6.2): no path, not even a slash.
constexpr bool is_origin(std::string_view text) {
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos) return text == "*" || text == "null";
  return mark > 0 && mark + 3 < text.size() && text.find('/', mark + 3) == std::string_view::npos;
}

constexpr bool is_host_name(std::string_view text) { return text.find_first_of("/: ") == std::string_view::npos; }

constexpr std::string_view audit_policies[] = {"refuse", "count"};
constexpr std::string_view log_levels[] = {"debug", "info", "warn", "error"};

constexpr SettingSpec limit(std::string_view key, std::uint64_t Limits::*member, Unit unit, std::uint64_t lowest,
                            std::string_view help) {
  const std::string_view value = unit == Unit::bytes ? "SIZE" : unit == Unit::milliseconds ? "TIME" : "N";
  return {key, "", "", LimitQuantity{member, unit, lowest}, kRun, "Limits", value, help};
}

// clang-format off
constexpr std::array settings_table = {
  SettingSpec{"plugins", "--plugin", "", TextList{&S::plugins, ','}, kRun, "Plugins", "NAME|PATH",
    "plugin to load: a name (streaming, libstreaming.so) or a path with a '/'; repeatable", "none"},
  SettingSpec{"plugin_path", "--plugin-path", "", TextList{&S::plugin_path, ':'}, kRun | kInspect, "Plugins", "DIR",
    "directory searched first for plugins given by name; repeatable", "none"},

  SettingSpec{"host", "--host", "", Text{&S::host, {}}, kServe | kHealth | kJobs, "Network", "ADDRESS", "address to listen on"},
  SettingSpec{"port", "--port", "", PortNumber{&S::port}, kServe | kHealth | kJobs, "Network", "PORT",
    "port to listen on; 0 picks a free one", "the first plugin's"},
  SettingSpec{"management_port", "--management-port", "", PortNumber{&S::management_port}, kServe | kHealth,
    "Network", "PORT",
    "serve health, metrics and the like on this plain-HTTP port instead; 0 picks one", "same port"},
  SettingSpec{"management_host", "--management-host", "", Text{&S::management_host, {}}, kServe | kHealth,
    "Network", "ADDRESS", "address of the management port"},
  SettingSpec{"websocket_deflate", "--websocket-deflate", "", Switch{&S::websocket_deflate, true}, kServe,
    "Network", "on|off", "offer permessage-deflate; costs memory per WebSocket; who marks a deflate block as the last is closed with 1007"},

  SettingSpec{"tls", "--tls", "", Switch{&S::tls, false}, kServe | kHealth | kJobs, "Security", "on|off",
    "off is for loopback, or needs --allow-plaintext as well"},
  SettingSpec{"allow_plaintext", "--allow-plaintext", "", Switch{&S::allow_plaintext, true}, kServe,
    "Security", "on|off", "with --tls off: serve other machines unencrypted"},
  SettingSpec{"client_auth", "--client-auth", "", ClientAuthMode{&S::client_auth}, kServe, "Security", "MODE",
    "client certificates: auto, off, optional, required; auto is off on loopback, required elsewhere"},
  SettingSpec{"allowed_origins", "--allowed-origin", "",
    TextList{&S::allowed_origins, ',', is_origin, "expected origins such as https://app.example.com, or null, or *"},
    kServe, "Security", "ORIGIN",
    "web pages that may call besides the host's own; on loopback every page of this machine's may; * is all; repeatable",
    "none"},
  SettingSpec{"allowed_hosts", "--allowed-host", "",
    TextList{&S::allowed_hosts, ',', is_host_name, "expected names without port, or *"}, kServe, "Security", "NAME",
    "names of the host besides localhost and addresses, which unencrypted requests on loopback have to be for; "
    "* is all; repeatable", "none"},
  SettingSpec{"cert_dir", "--cert-dir", "CERT_DIR", Text{&S::cert_dir, {}}, kServe | kHealth | kCerts | kJobs | kInvoke,
    "Security", "DIR", "directory of client.crt, client.key and ca.crt",
    "/etc/certs if writable or in a container, else ~/.crank/certs"},
  SettingSpec{"tokens_file", "--tokens-file", "", Text{&S::tokens_file, {}}, kServe | kTokens, "Security", "FILE",
    "bearer tokens, made with crank-host tokens add; who shows no client certificate then needs one", "none"},
  SettingSpec{"allow_plaintext_tokens", "--allow-plaintext-tokens", "", Switch{&S::allow_plaintext_tokens, true}, kServe,
    "Security", "on|off", "with --allow-plaintext: take tokens that cross the network unencrypted"},

  SettingSpec{"io_threads", "--io-threads", "", Count{&S::io_threads, 1024}, kServe, "Threads and time", "N",
    "network threads; 0 is one per core, at most 4"},
  SettingSpec{"pool_threads", "--pool-threads", "", Count{&S::pool_threads, 4096}, kRun, "Threads and time", "N",
    "threads for plugin calls; 0 is four per core, at least 16"},
  SettingSpec{"drain_timeout_ms", "--drain-timeout-ms", "", Quantity{&S::drain_timeout_ms, Unit::milliseconds, 0},
    kServe | kMcp, "Threads and time", "TIME", "time for running calls to end after SIGTERM or SIGINT"},
  SettingSpec{"spool_dir", "--spool-dir", "", Text{&S::spool_dir, {}}, kRun, "Threads and time", "DIR",
    "where large bodies and responses wait in (unlinked) files", "the system's temporary directory"},

  SettingSpec{"jobs_dir", "--jobs-dir", "", Text{&S::jobs_dir, {}}, kServe | kMcp, "Jobs", "DIR",
    "where jobs are kept, on a local disk; `Prefer: respond-async` makes a call one", "there are no jobs"},
  SettingSpec{"jobs_keep_ms", "--jobs-keep-ms", "", Quantity{&S::jobs_keep_ms, Unit::milliseconds, 1000}, kServe | kMcp, "Jobs",
    "TIME", "for which a job that is over can be asked for"},
  SettingSpec{"jobs_cancel_grace_ms", "--jobs-cancel-grace-ms", "",
    Quantity{&S::jobs_cancel_grace_ms, Unit::milliseconds, 0}, kServe, "Jobs", "TIME",
    "for which a job that was cancelled may go on; then it is over, and its generation is replaced"},
  SettingSpec{"jobs_max_bytes", "--jobs-max-bytes", "", Quantity{&S::jobs_max_bytes, Unit::bytes, 1 << 20}, kServe | kMcp, "Jobs",
    "SIZE", "of the inputs of jobs that wait; and of results, artefacts and uploads, of which the oldest of whoever has the most go first"},
  SettingSpec{"callback_secret_file", "--callback-secret-file", "", Text{&S::callback_secret_file, {}}, kServe | kMcp, "Jobs", "FILE",
    "signs the callbacks of jobs; made with crank-host callbacks secret", "there are no callbacks"},
  SettingSpec{"callback_allow", "--callback-allow", "",
    TextList{&S::callback_allow, ',', CallbackPolicy::is_allowance, "expected names of hosts, or addresses such as 10.0.0.0/8"},
    kServe | kMcp, "Jobs", "NAME|RANGE",
    "where callbacks may go besides https on the Internet, http too; repeatable", "none"},
  SettingSpec{"callback_ca_file", "--callback-ca-file", "", Text{&S::callback_ca_file, {}}, kServe | kMcp, "Jobs", "FILE",
    "certificate authorities (PEM) that receivers of callbacks are known by", "the system's"},

  SettingSpec{"no_supervisor", "--no-supervisor", "", Switch{&S::no_supervisor, true}, kServe, "Supervision", "on|off",
    "one process, for debuggers: no reload, no restart after a crash"},
  SettingSpec{"watch", "--watch", "", Switch{&S::watch, true}, kServe, "Supervision", "on|off",
    "reload when a plugin's file or the configuration file changes"},
  SettingSpec{"control", "--control", "", Text{&S::control, {}}, kServe | kControl, "Supervision", "PATH",
    "socket for status and reload; off for none", "<pid>.sock in /run/crank-host, or where the user may write"},
  SettingSpec{"verify_call", "--verify-call", "", Text{&S::verify_call, {}}, kServe, "Supervision", "CALL",
    "'CAPABILITY [JSON]': a call that has to succeed before a new generation serves", "the manifest's"},
  SettingSpec{"start_timeout_ms", "--start-timeout-ms", "", Quantity{&S::start_timeout_ms, Unit::milliseconds, 1},
    kServe, "Supervision", "TIME", "for a generation to become ready"},
  SettingSpec{"retire_timeout_ms", "--retire-timeout-ms", "", Quantity{&S::retire_timeout_ms, Unit::milliseconds, 0},
    kServe, "Supervision", "TIME", "for the clients of a replaced generation; not below limits.idle_timeout_ms"},
  SettingSpec{"hang_timeout_ms", "--hang-timeout-ms", "", Quantity{&S::hang_timeout_ms, Unit::milliseconds, 0},
    kServe, "Supervision", "TIME", "until a generation that hangs is replaced; 0 is never"},
  SettingSpec{"max_rss_bytes", "--max-rss-bytes", "", Quantity{&S::max_rss_bytes, Unit::bytes, 0}, kServe,
    "Supervision", "SIZE", "resident memory at which a generation is replaced; 0 is none"},
  SettingSpec{"core_dumps", "--core-dumps", "", Switch{&S::core_dumps, true}, kServe, "Supervision", "on|off",
    "let a crashed generation leave a core file"},

  SettingSpec{"audit_dir", "--audit-dir", "", Text{&S::audit_dir, {}}, kServe | kMcp, "Audit", "DIR",
    "directory of the audit log: one signed, chained line per call and security decision", "none"},
  SettingSpec{"audit_key", "--audit-key", "", Text{&S::audit_key, {}}, kServe | kMcp, "Audit", "PATH",
    "private key that signs it (Ed25519, PEM); made if it is missing and the log is empty", "key.pem in the directory"},
  SettingSpec{"audit_max_bytes", "--audit-max-bytes", "", Quantity{&S::audit_max_bytes, Unit::bytes, 4096}, kServe | kMcp,
    "Audit", "SIZE", "of one file of it; then another is begun"},
  SettingSpec{"audit_keep", "--audit-keep", "", Count{&S::audit_keep, 1'000'000}, kServe | kMcp, "Audit", "N",
    "files of it to keep, older ones are removed; 0 is all"},
  SettingSpec{"audit_when_full", "--audit-when-full", "", Text{&S::audit_when_full, audit_policies}, kServe | kMcp, "Audit",
    "WHAT", "when it cannot be written: refuse new work (503), or count what is dropped"},

  SettingSpec{"log_level", "--log-level", "LOG_LEVEL", Text{&S::log_level, log_levels}, kRun | kInspect,
    "Log and identity", "LEVEL", "debug, info, warn or error"},
  SettingSpec{"log_format", "--log-format", "", LogFormatName{&S::log_format}, kRun | kInspect,
    "Log and identity", "FORMAT", "console or json (one object per line); always on stderr"},
  SettingSpec{"worker_id", "--worker-id", "", Text{&S::worker_id, {}, true}, kRun, "Log and identity", "ID",
    "name of this worker in health, metrics and logs", "worker-<8 hex>"},
  SettingSpec{"service_name", "--service-name", "SERVICE_NAME", Text{&S::service_name, {}, true}, kServe | kMcp,
    "Log and identity", "NAME", "name of the service", "the first plugin's"},
  SettingSpec{"ready_file", "--ready-file", "", Text{&S::ready_file, {}}, kServe, "Log and identity", "PATH",
    "file that receives the URL when the host is ready", "none"},

  limit("limits.header_bytes", &L::header_bytes, Unit::bytes, 1024, "of a request's header"),
  limit("limits.body_bytes", &L::body_bytes, Unit::bytes, 1,
        "of a request's body, unless the operation declares its own"),
  limit("limits.response_bytes", &L::response_bytes, Unit::bytes, 1, "of one response that wait for the client, in memory and spool"),
  limit("limits.spool_threshold_bytes", &L::spool_threshold_bytes, Unit::bytes, 1,
        "above it a body or response goes to a file in spool_dir"),
  limit("limits.handshake_timeout_ms", &L::handshake_timeout_ms, Unit::milliseconds, 1, "for the TLS handshake"),
  limit("limits.header_timeout_ms", &L::header_timeout_ms, Unit::milliseconds, 1,
        "from a request's first byte, the first request: from the connection's start, to the end of its header"),
  limit("limits.body_timeout_ms", &L::body_timeout_ms, Unit::milliseconds, 1, "grace before body_min_rate applies"),
  limit("limits.body_min_rate", &L::body_min_rate, Unit::bytes, 0, "bytes per second, averaged over the whole body"),
  limit("limits.idle_timeout_ms", &L::idle_timeout_ms, Unit::milliseconds, 1,
        "keep-alive, and a peer that takes nothing of its response"),
  limit("limits.max_connections", &L::max_connections, Unit::none, 1, "open at once"),
  limit("limits.max_handshakes", &L::max_handshakes, Unit::none, 1, "TLS handshakes at once, per network thread"),
  limit("limits.session_queue_bytes", &L::session_queue_bytes, Unit::bytes, 1, "waiting for one slow session"),
  limit("limits.websocket_message_bytes", &L::websocket_message_bytes, Unit::bytes, 1,
        "of a message from a WebSocket client"),
  limit("limits.websocket_ping_ms", &L::websocket_ping_ms, Unit::milliseconds, 1,
        "idle time before a ping; the peer gets as long again to answer"),
  limit("limits.event_keepalive_ms", &L::event_keepalive_ms, Unit::milliseconds, 1,
        "between comment lines on idle event streams"),
};
// clang-format on

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

using Expected = std::optional<std::string>; // what was expected, or nothing when it fits

const std::string* text_of(const RawValue& value) { return std::get_if<std::string>(&value); }

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == ':';
  });
}

std::optional<std::uint64_t> number_of(const RawValue& value, Unit unit) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return *number < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(*number));
  }
  const std::string* text = text_of(value);
  if (text == nullptr) return std::nullopt;
  if (unit == Unit::bytes) return parse_bytes(*text);
  if (unit == Unit::milliseconds) return parse_milliseconds(*text);
  return parse_count(*text);
}

Expected assign_quantity(std::uint64_t& target, Unit unit, std::uint64_t lowest, const RawValue& value) {
  // 2^53 keeps every sum and product of limits far from overflow, and the value exact in JSON.
  constexpr std::uint64_t highest = 1ull << 53;
  const auto number = number_of(value, unit);
  if (number && *number >= lowest && *number <= highest) {
    target = *number;
    return std::nullopt;
  }
  switch (unit) {
  case Unit::bytes: return "expected a size of at least " + show_bytes(lowest) + ", e.g. 65536, 64KiB, 8MiB";
  case Unit::milliseconds:
    return "expected a time of at least " + show_milliseconds(lowest) + ", e.g. 1500, 1500ms, 30s, 5m";
  case Unit::none: break;
  }
  return "expected a number of at least " + std::to_string(lowest);
}

Expected assign_text(std::string& target, const Text& type, const RawValue& value) {
  const std::string* text = text_of(value);
  if (!type.choices.empty()) {
    std::string word = text == nullptr ? std::string() : lower_case(*text);
    if (word == "warning") word = "warn"; // Python's names, for LOG_LEVEL
    if (word == "critical") word = "error";
    if (std::find(type.choices.begin(), type.choices.end(), word) == type.choices.end()) {
      std::string expected = "expected one of";
      for (const std::string_view choice : type.choices) expected.append(" ").append(choice);
      return expected;
    }
    target = word;
    return std::nullopt;
  }
  if (text == nullptr || text->empty()) return "expected a text";
  if (type.name && !is_name(*text)) return "expected a name of at most 128 letters, digits and . _ - :";
  if (has_control_character(*text)) return "expected a text without control characters";
  target = *text;
  return std::nullopt;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Expected assign_list(std::vector<std::string>& target, const TextList& type, const RawValue& value) {
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  const std::string* text = text_of(value);
  if (list == nullptr && text == nullptr) return "expected a list of texts";
  std::vector<std::string> items = list != nullptr ? *list : split(*text, type.separator);
  for (const std::string& item : items) {
    if (item.empty() || has_control_character(item))
      return "expected texts that are not empty and have no control characters";
    if (type.fits != nullptr && !type.fits(item)) return std::string(type.expected);
  }
  target = std::move(items);
  return std::nullopt;
}

Expected assign_port(std::optional<std::uint16_t>& target, const RawValue& value) {
  const auto number = number_of(value, Unit::none);
  if (!number || *number > 65535) return "expected a port from 0 to 65535";
  target = static_cast<std::uint16_t>(*number);
  return std::nullopt;
}

Expected assign_switch(bool& target, const RawValue& value) {
  if (const bool* boolean = std::get_if<bool>(&value)) {
    target = *boolean;
    return std::nullopt;
  }
  const auto parsed = text_of(value) == nullptr ? std::nullopt : parse_switch(*text_of(value));
  if (!parsed) return "expected on or off";
  target = *parsed;
  return std::nullopt;
}

Expected assign_count(unsigned& target, unsigned highest, const RawValue& value) {
  const auto number = number_of(value, Unit::none);
  if (!number || *number > highest) return "expected a number from 0 to " + std::to_string(highest);
  target = static_cast<unsigned>(*number);
  return std::nullopt;
}

Expected assign_client_auth(ClientAuth& target, const RawValue& value) {
  if (const bool* boolean = std::get_if<bool>(&value); boolean != nullptr && !*boolean) {
    target = ClientAuth::off;
    return std::nullopt;
  }
  const std::string word = text_of(value) == nullptr ? std::string() : lower_case(*text_of(value));
  if (word == "auto")
    target = ClientAuth::automatic;
  else if (word == "off")
    target = ClientAuth::off;
  else if (word == "optional")
    target = ClientAuth::optional;
  else if (word == "required")
    target = ClientAuth::required;
  else
    return "expected one of auto off optional required";
  return std::nullopt;
}

Expected assign_log_format(LogFormat& target, const RawValue& value) {
  const std::string word = text_of(value) == nullptr ? std::string() : lower_case(*text_of(value));
  if (word != "console" && word != "json") return "expected console or json";
  target = word == "json" ? LogFormat::json : LogFormat::console;
  return std::nullopt;
}

std::string_view client_auth_name(ClientAuth mode) {
  switch (mode) {
  case ClientAuth::automatic: return "auto";
  case ClientAuth::off: return "off";
  case ClientAuth::optional: return "optional";
  case ClientAuth::required: return "required";
  }
  return "auto";
}

std::string show_quantity(std::uint64_t value, Unit unit, bool readable) {
  if (readable && unit == Unit::bytes) return show_bytes(value);
  if (readable && unit == Unit::milliseconds) return show_milliseconds(value);
  return std::to_string(value);
}

std::string show_list(const std::vector<std::string>& list) {
  std::string text = "[";
  for (const std::string& item : list) {
    if (text.size() > 1) text += ", ";
    text += toml_quoted(item);
  }
  return text + "]";
}

} // namespace

std::span<const SettingSpec> setting_table() { return settings_table; }

const SettingSpec* find_setting(std::string_view key) {
  const auto found =
      std::find_if(settings_table.begin(), settings_table.end(), [key](const SettingSpec& s) { return s.key == key; });
  return found == settings_table.end() ? nullptr : &*found;
}

std::string variable_of(const SettingSpec& setting) {
  std::string name = "CRANK_" + upper_case(setting.key);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

std::optional<std::string> assign(Settings& settings, const SettingSpec& setting, const RawValue& value) {
  return std::visit(
      Overloaded{
          [&](const Switch& type) { return assign_switch(settings.*type.member, value); },
          [&](const Text& type) { return assign_text(settings.*type.member, type, value); },
          [&](const TextList& type) { return assign_list(settings.*type.member, type, value); },
          [&](const PortNumber& type) { return assign_port(settings.*type.member, value); },
          [&](const Count& type) { return assign_count(settings.*type.member, type.highest, value); },
          [&](const Quantity& type) { return assign_quantity(settings.*type.member, type.unit, type.lowest, value); },
          [&](const LimitQuantity& type) {
            return assign_quantity(settings.limits.*type.member, type.unit, type.lowest, value);
          },
          [&](const ClientAuthMode& type) { return assign_client_auth(settings.*type.member, value); },
          [&](const LogFormatName& type) { return assign_log_format(settings.*type.member, value); },
      },
      setting.type);
}

std::string show_value(const Settings& settings, const SettingSpec& setting, bool readable) {
  return std::visit(
      Overloaded{
          [&](const Switch& type) -> std::string {
            if (readable) return settings.*type.member ? "on" : "off";
            return settings.*type.member ? "true" : "false";
          },
          [&](const Text& type) {
            const std::string& text = settings.*type.member;
            if (text.empty()) return std::string();
            return readable ? text : toml_quoted(text);
          },
          [&](const TextList& type) { return show_list(settings.*type.member); },
          [&](const PortNumber& type) {
            return settings.*type.member ? std::to_string(*(settings.*type.member)) : std::string();
          },
          [&](const Count& type) { return std::to_string(settings.*type.member); },
          [&](const Quantity& type) { return show_quantity(settings.*type.member, type.unit, readable); },
          [&](const LimitQuantity& type) { return show_quantity(settings.limits.*type.member, type.unit, readable); },
          [&](const ClientAuthMode& type) {
            const std::string name(client_auth_name(settings.*type.member));
            return readable ? name : toml_quoted(name);
          },
          [&](const LogFormatName& type) {
            const std::string name = settings.*type.member == LogFormat::json ? "json" : "console";
            return readable ? name : toml_quoted(name);
          },
      },
      setting.type);
}

} // namespace crank
