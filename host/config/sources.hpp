// Merges the sources of configuration into Settings: flags over environment over TOML file over defaults.
// Knows the table of settings; knows nothing of how flags are parsed, and of plugins only that they have sections.
#pragma once

#include "audit/options.hpp"
#include "base/problem.hpp"
#include "config/environment.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

struct Manifest;

// One flag as typed: the setting's key, e.g. "port", and its values (several for lists).
struct FlagValues {
  std::string key;
  std::vector<std::string> values;
};

struct Flags {
  std::vector<FlagValues> settings;
  std::vector<std::string> assignments; // of --set: "limits.header_bytes=32KiB", "streaming.pace_ms=5"
  std::string config_file;              // of --config; empty: CRANK_CONFIG
};

// Everything merged, cert_dir and worker_id resolved. Failures have exit code 2 and name the value's origin.
[[nodiscard]] Result<Settings, Failure> load_settings(const Flags& flags, const Environment& environment);

// What only makes sense together, for a host that is about to serve: plaintext off loopback, client certificates
// without TLS.
[[nodiscard]] std::optional<Failure> check_serve_settings(const Settings& settings);

// CERT_DIR's old default: <root>etc/certs if it can be written to or this is a container, else ~/.crank/certs.
[[nodiscard]] std::string default_cert_dir(const Environment& environment, const std::filesystem::path& root = "/");

// True for 127.0.0.0/8, ::1 and localhost.
[[nodiscard]] bool is_loopback(std::string_view host);

// `automatic` resolved for `settings.host`: off on loopback, required elsewhere; off without TLS.
[[nodiscard]] ClientAuth effective_client_auth(const Settings& settings);

// Its paths are absolute: whoever writes the log may be of another working directory.
[[nodiscard]] AuditOptions audit_options(const Settings& settings);

struct ListenPort {
  std::uint16_t port = 0;
  std::string origin;
};

// settings.port, else the variable that the manifest's service.port_env names, else the manifest's default.
[[nodiscard]] Result<ListenPort, Failure> listen_port(const Settings& settings, const Manifest& manifest,
                                                      const Environment& environment);

} // namespace crank
