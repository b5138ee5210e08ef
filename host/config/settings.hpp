// What the operator decided: every setting of the host, typed, with defaults. Times in milliseconds, sizes in bytes.
// Filled by sources.hpp; read by those who put a process together and hand each part its own options. Knows those
// options.
#pragma once

#include "http/limits.hpp"
#include "log/log.hpp"
#include "sessions/limits.hpp"
#include "tls/client_auth.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace crank {

// The keys of the TOML file's [limits], whoever they are of.
struct Limits : HttpLimits, SessionLimits {};

struct Settings {
  std::vector<std::string> plugins;     // names or paths
  std::vector<std::string> plugin_path; // extra directories
  std::string host = "0.0.0.0";
  std::optional<std::uint16_t> port; // absent: the manifest's port_env, then its default; 0: any free port
  std::optional<std::uint16_t>
      management_port; // absent: management endpoints share the main listener; 0: any free port
  std::string management_host = "127.0.0.1";
  bool tls = true;
  bool allow_plaintext = false;                   // the second flag that tls = off needs off loopback
  ClientAuth client_auth = ClientAuth::automatic; // automatic: off on loopback, required elsewhere
  std::vector<std::string> allowed_origins;       // of web pages, besides the host's own
  std::vector<std::string> allowed_hosts;         // names, besides localhost and addresses
  std::string cert_dir;                           // resolved, never empty after loading
  std::string tokens_file;                        // empty: nobody needs a token
  bool allow_plaintext_tokens = false;            // over plain HTTP off loopback
  unsigned io_threads = 0;                        // 0: number of cores, at most 4
  unsigned pool_threads = 0;                      // 0: four times the number of cores, at least 16
  bool websocket_deflate = false;
  std::string jobs_dir; // empty: there are no jobs
  std::uint64_t jobs_max_bytes = 4ull * 1024 * 1024 * 1024;
  std::uint64_t jobs_cancel_grace_ms = 5000;
  std::uint64_t jobs_keep_ms = 7ull * 24 * 3600 * 1000;
  std::string callback_secret_file;        // empty: there are no callbacks
  std::vector<std::string> callback_allow; // names and ranges of addresses, besides the Internet
  std::string callback_ca_file;            // empty: the system's
  std::string spool_dir;                   // empty: the system's temporary directory
  std::uint64_t drain_timeout_ms = 30'000;
  bool no_supervisor = false; // one process: for debuggers
  bool watch = false;         // reload when a plugin or the configuration file changes
  std::string control;        // path of the supervisor's socket; empty: made up; "off": none
  std::string verify_call;    // "CAPABILITY [JSON]": must succeed before a generation serves; empty: the manifests'
  std::uint64_t start_timeout_ms = 300'000;  // from the start of a generation to ready
  std::uint64_t retire_timeout_ms = 120'000; // for the clients of a generation that was replaced
  std::uint64_t hang_timeout_ms = 10'000;    // until a generation whose I/O threads stand still is killed; 0: never
  std::uint64_t max_rss_bytes = 0;           // resident memory at which a generation is replaced; 0: none
  bool core_dumps = false;
  std::string audit_dir;                               // of the audit log; empty: none is kept
  std::string audit_key;                               // empty: key.pem in it
  std::uint64_t audit_max_bytes = 64ull * 1024 * 1024; // of one file
  unsigned audit_keep = 0;                             // files; 0: all
  std::string audit_when_full = "refuse";              // or "count"
  std::string log_level = "info";                      // debug, info, warn, error
  LogFormat log_format = LogFormat::console;
  std::string worker_id;    // empty: worker-<8 hex>
  std::string service_name; // empty: the manifest's
  std::string ready_file;   // empty: none
  Limits limits;

  std::string config_file; // the TOML file that was read; empty: none

  // What the file and --set said for plugins: plugin id -> key -> value. Values of the file are typed; those of --set
  // are strings, not interpreted yet, because only the plugin's config_schema knows whether 12 is a number: use
  // plugin_config().
  std::map<std::string, boost::json::object, std::less<>> plugin_values;

  std::vector<std::string> warnings; // what was ignored and why, one line each

  // Where a value came from, by key ("port", "limits.header_bytes", "streaming.pace_ms", or "streaming" for the section
  // itself): "flag --port", "environment CRANK_PORT", "file /etc/crank.toml:12". No entry: "default".
  std::map<std::string, std::string, std::less<>> origins;
};

} // namespace crank
