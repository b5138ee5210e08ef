// What the operator typed: the command, its own options, and the settings after every source was merged.
// Knows the sources of configuration; knows nothing of loading plugins, serving or printing.
#pragma once

#include "base/problem.hpp"
#include "config/environment.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace crank {

enum class Command {
  serve,
  describe,
  verify,
  invoke,
  mcp,
  healthcheck,
  certs_init,
  tokens_add,
  tokens_list,
  tokens_revoke,
  callbacks_secret,
  status,
  reload,
  upgrade,
  audit_verify,
  audit_tail,
  jobs_list,
  jobs_show,
  jobs_cancel,
  jobs_wait,
  jobs_logs,
  show, // --help or --version: print `text` on stdout and exit 0
};

struct CommandLine {
  Command command = Command::serve;
  bool print_config = false; // of serve: print what holds (config/print.hpp); of mcp: entries for clients; and exit 0
  Settings settings;         // complete: cert_dir and worker_id are resolved, the combination was checked

  std::string text;                        // show
  std::string plugin;                      // describe, verify: name or path
  std::string capability;                  // invoke; the plugins are settings.plugins
  std::string input = "-";                 // invoke: a file, or "-" for stdin
  std::optional<std::uint64_t> timeout_ms; // invoke: absent means the capability's; healthcheck: absent means 2000
  std::string url;                         // healthcheck, jobs: empty: derived from the settings; invoke: empty: here
  std::string token_file;                  // healthcheck, jobs, invoke: who asks; empty: whoever the certificate says
  bool respond_async = false;              // invoke with a URL: as a job
  std::string artifacts_directory;         // invoke: where artefacts are kept; empty: nowhere
  std::string job_id;                      // jobs but jobs list
  std::string job_state, job_capability;   // jobs list; empty: any
  unsigned job_count = 50;                 // jobs list: at most
  std::vector<std::string> names;          // certs init: further DNS names or addresses
  unsigned days = 365;                     // certs init
  bool force = false;                      // certs init
  std::string token_name;                  // tokens add, tokens revoke
  std::vector<std::string> scopes;         // tokens add: as typed, each a list separated by commas
  std::string secret_file;                 // callbacks secret
  std::string expires;                     // tokens add: as typed; empty: never
  bool json = false;                       // status, tokens list, audit, jobs
  unsigned canary_per_mille = 0;           // reload; 0: no canary
  std::uint64_t canary_ms = 60'000;        // reload
  std::string audit_directory;             // audit
  std::string public_key;                  // audit verify; empty: the one in the directory
  std::string at_least;                    // audit verify; empty: nothing is asked for
  bool follow = false;                     // audit tail
  std::string binary;                      // upgrade; empty: the file that the host was started from
};

// What --help and --version say of this build.
struct ProgramFacts {
  std::string version;                            // of the host
  std::vector<std::filesystem::path> search_path; // where plugins are looked for by name, after --plugin-path
};

// Parses `arguments` (without the program's name), then merges flags over environment over the TOML file over defaults.
// Failures have exit code 2 and are one line.
[[nodiscard]] Result<CommandLine, Failure> parse_command_line(const std::vector<std::string>& arguments,
                                                              const Environment& environment,
                                                              const ProgramFacts& facts);

} // namespace crank
