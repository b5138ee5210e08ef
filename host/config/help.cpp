#include "config/help.hpp"

#include "config/setting_table.hpp"

#include <crank/crank.h>

#include <algorithm>

namespace crank {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kColumn = 32;       // where descriptions begin
constexpr std::size_t kLimitsColumn = 40; // of limits, whose names are longer

// `left`, then `text` wrapped into the right-hand column.
std::string row(const std::string& left, std::string_view text, std::size_t column = kColumn) {
  std::string out = "  " + left;
  if (out.size() + 2 > column)
    out += "\n" + std::string(column, ' ');
  else
    out.append(column - out.size(), ' ');
  std::size_t at = column;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (at + word.size() > kWidth && at > column) {
      out.back() = '\n';
      out.append(column, ' ');
      at = column;
    }
    out.append(word).append(" ");
    at += word.size() + 1;
  }
  out.back() = '\n';
  return out;
}

std::string default_of(const SettingSpec& setting) {
  if (!setting.default_text.empty()) return std::string(setting.default_text);
  return show_value(Settings{}, setting, true);
}

std::string setting_row(const SettingSpec& setting) {
  const bool limit = setting.flag.empty();
  std::string left(limit ? setting.key : setting.flag);
  const Switch* toggle = std::get_if<Switch>(&setting.type);
  if (toggle == nullptr || !toggle->flag_alone) left.append(limit ? "=" : " ").append(setting.value);
  std::string text(setting.help);
  if (const std::string value = default_of(setting); !value.empty() && value != "none") text += " [" + value + "]";
  return row(left, text, limit ? kLimitsColumn : kColumn);
}

// The settings that a command takes as flags, by group, in the order of the table.
std::string settings_text(unsigned command) {
  std::string out;
  std::string_view group;
  for (const SettingSpec& setting : setting_table()) {
    if ((setting.commands & command) == 0 || setting.flag.empty()) continue;
    if (setting.group != group) out.append("\n").append(setting.group).append(":\n");
    group = setting.group;
    out += setting_row(setting);
  }
  return out;
}

std::string limits_text() {
  std::string out = "\nLimits (--set limits.NAME=VALUE, CRANK_LIMITS_NAME, or [limits] in the file):\n";
  for (const SettingSpec& setting : setting_table()) {
    if (setting.flag.empty()) out += setting_row(setting);
  }
  return out;
}

std::string search_path_text(const ProgramFacts& facts) {
  std::string out = "\nA plugin given by name is looked for in the directories of --plugin-path, then in\n";
  for (const auto& directory : facts.search_path) out += "  " + directory.string() + "\n";
  return out;
}

std::string configuration_rows() {
  return row("--config FILE", "TOML configuration file (CRANK_CONFIG)") +
         row("--set KEY=VALUE", "PLUGIN.KEY of a plugin's configuration, or limits.NAME; repeatable");
}

std::string common_tail() {
  return "\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a plugin could not be loaded.\n";
}

std::string serve_text(const ProgramFacts& facts) {
  return "crank-host " + facts.version +
         ": serves worker plugins over HTTPS, one process for any of them\n"
         "\n"
         "Usage:\n"
         "  crank-host --plugin NAME|PATH [options]                serve; SIGHUP reloads, SIGTERM ends\n"
         "  crank-host invoke CAPABILITY --plugin NAME|PATH        call a capability once; JSON on stdin\n"
         "  crank-host mcp --plugin NAME|PATH                      serve MCP clients over stdin and stdout\n"
         "  crank-host describe PLUGIN                             print a plugin's manifest\n"
         "  crank-host verify PLUGIN                               check a plugin against the ABI\n"
         "  crank-host healthcheck                                 ask a running host; exit code 0 if healthy\n"
         "  crank-host status                                      what a running host is doing\n"
         "  crank-host reload                                      replace plugins and configuration live\n"
         "  crank-host upgrade                                     replace crank-host itself live\n"
         "  crank-host jobs list|show|cancel|wait|logs             the jobs of a running host\n"
         "  crank-host certs init                                  make development certificates\n"
         "  crank-host tokens add|list|revoke                      tokens of callers without a certificate\n"
         "  crank-host callbacks secret FILE                       what callbacks of jobs are signed with\n"
         "  crank-host audit verify DIR                            check that an audit log is whole\n"
         "  crank-host audit tail DIR                              print the newest lines of an audit log\n"
         "  crank-host COMMAND --help                              the options of one command\n"
         "\n"
         "Examples:\n"
         "  crank-host certs init\n"
         "  crank-host --plugin streaming --host 127.0.0.1 --set streaming.pace_ms=0\n"
         "  crank-host --plugin ./libmine.so --host 127.0.0.1 --tls off --port 8080\n"
         "  echo '{\"message\": \"hi\"}' | crank-host invoke example.hello_world --plugin hello\n" +
         settings_text(kServe) + "\nConfiguration:\n" + configuration_rows() +
         row("--print-config", "print every setting with where it came from, and exit") +
         row("--version", "print the version, and exit") + row("-h, --help", "print this text, and exit") +
         limits_text() +
         "\nEvery setting has one name: --log-level as a flag, CRANK_LOG_LEVEL in the environment, log_level in\n"
         "the TOML file. Flags win over the environment, that over the file, that over the defaults; a list\n"
         "replaces the list before it. An empty variable counts as unset. Lists in variables are separated\n"
         "by commas, CRANK_PLUGIN_PATH by colons; CERT_DIR, LOG_LEVEL and SERVICE_NAME are read where the\n"
         "CRANK_ name is unset. Sizes are bytes or 64KiB, 8MiB, 1GiB; times are milliseconds or 30s, 5m, 1h.\n"
         "A plugin's own configuration is [PLUGIN] in the file, CRANK_PLUGIN_KEY, or --set PLUGIN.KEY=VALUE;\n"
         "`crank-host describe PLUGIN` shows its keys.\n" +
         search_path_text(facts) + common_tail();
}

std::string inspect_text(const ProgramFacts& facts, const char* name, const char* purpose) {
  return std::string("Usage: crank-host ") + name + " PLUGIN [options]\n\n" + purpose + "\n" + settings_text(kInspect) +
         search_path_text(facts) + common_tail();
}

std::string invoke_text(const ProgramFacts& facts) {
  return "Usage: crank-host invoke CAPABILITY --plugin NAME|PATH [options]\n"
         "       crank-host invoke CAPABILITY --url URL [options]\n"
         "\n"
         "Calls one capability, with the same checks as over HTTP, and prints its output. With --url a running\n"
         "host is asked, with the certificates in --cert-dir; a call that becomes a job there is waited for.\n"
         "\n"
         "Call:\n" +
         row("--input FILE", "JSON input; - is stdin [-]") +
         row("--timeout-ms TIME", "deadline of the call; with --url, for the host's answer [the capability's; 1h]") +
         row("--url URL", "of a running host") +
         row("--async", "with --url: as a job, which goes on if this command is ended") +
         row("--artifacts DIR",
             "keep the files that the call leaves there; without it, one that is the whole answer is "
             "printed [none]") +
         row("--token-file FILE", "with --url: file with the bearer token of who asks") + settings_text(kInvoke) +
         "\nConfiguration:\n" + configuration_rows() + search_path_text(facts) + common_tail();
}

std::string mcp_text(const ProgramFacts& facts) {
  return "Usage: crank-host mcp --plugin NAME|PATH [options]\n"
         "\n"
         "Serves the plugins' capabilities as tools of the Model Context Protocol over standard input and\n"
         "output, until the input ends. MCP clients start it; log lines, and what plugins print, go to stderr.\n" +
         settings_text(kMcp) + "\nConfiguration:\n" + configuration_rows() +
         row("--print-config", "print entries for the configuration files of MCP clients, and exit") +
         search_path_text(facts) + common_tail();
}

std::string healthcheck_text() {
  return "Usage: crank-host healthcheck [options]\n"
         "\n"
         "Asks a running host on this machine for its health; exit code 0 if it is healthy, else 1. Without\n"
         "--url the address follows from the settings, environment and file that the host was started with.\n"
         "\n"
         "Request:\n" +
         row("--url URL", "what to ask instead") + row("--timeout-ms TIME", "for the whole request [2s]") +
         row("--token-file FILE", "file with the bearer token of who asks") + settings_text(kHealth) +
         "\nConfiguration:\n" + row("--config FILE", "TOML configuration file (CRANK_CONFIG)") + common_tail();
}

std::string status_text() {
  return "Usage: crank-host status [options]\n"
         "\n"
         "Shows the generations of a running host: state, process, age, requests, memory and plugin files.\n"
         "\n"
         "Output:\n" +
         row("--json", "everything, as JSON") + settings_text(kControl) + "\nConfiguration:\n" +
         row("--config FILE", "TOML configuration file (CRANK_CONFIG)") + common_tail();
}

std::string reload_text() {
  return "Usage: crank-host reload [options]\n"
         "\n"
         "Makes a new generation from the plugin files, the configuration file and the certificates as they\n"
         "are now. Once it is ready and its verify_call has succeeded it takes over, and the old one serves\n"
         "the clients it has. If it fails, the old one goes on, the reason is printed and the exit code is 1.\n"
         "\n"
         "Canary:\n" +
         row("--canary PERCENT", "first give it that share of the new connections, e.g. 10%") +
         row("--for TIME", "how long; then it takes over, or is rolled back if it fails more or is slower [1m]") +
         settings_text(kControl) + "\nConfiguration:\n" +
         row("--config FILE", "TOML configuration file (CRANK_CONFIG)") + common_tail();
}

std::string upgrade_text() {
  return "Usage: crank-host upgrade [options]\n"
         "\n"
         "Replaces a running crank-host by the file that lies in its place now. A generation of it has to\n"
         "serve first; then the supervisor becomes it too, and keeps its process number, sockets and clients.\n"
         "\n"
         "Binary:\n" +
         row("--binary PATH", "another file than the one it was started from") + settings_text(kControl) +
         "\nConfiguration:\n" + row("--config FILE", "TOML configuration file (CRANK_CONFIG)") + common_tail();
}

std::string jobs_text() {
  return "Usage: crank-host jobs list [options]\n"
         "       crank-host jobs show|cancel|wait|logs ID [options]\n"
         "\n"
         "The jobs of a running host, as far as they are the caller's: whoever the client certificate in\n"
         "--cert-dir or the token says. Without --url the address follows from the settings, environment and\n"
         "file that the host was started with. `wait` shows progress until the job is over: exit code 0 if\n"
         "it succeeded, 1 if not. Ctrl-C ends the waiting, not the job. `cancel` asks for its end and does\n"
         "not wait. `logs` prints what the plugin logged during the job, as far as it is kept.\n"
         "\n"
         "Jobs:\n" +
         row("--url URL", "the host to ask") + row("--token-file FILE", "file with the bearer token of who asks") +
         row("--json", "as JSON: one object; of wait and logs one a line") + row("--state STATE", "list: only those") +
         row("--capability NAME", "list: only its jobs") + row("--limit N", "list: at most, the newest [50]") +
         settings_text(kJobs) + "\nConfiguration:\n" + row("--config FILE", "TOML configuration file (CRANK_CONFIG)") +
         "\nExit codes: 0 done, 1 the job failed or the host refused, 2 wrong usage, no such job to wait for, or\n"
         "no host to ask.\n";
}

std::string certs_text() {
  return "Usage: crank-host certs init [options]\n"
         "\n"
         "Makes a development certificate authority (ca.crt, ca.key) and a certificate for servers and clients\n"
         "(client.crt, client.key), good for localhost, 127.0.0.1, ::1 and this machine's name. A valid set is\n"
         "left alone.\n"
         "\n"
         "Certificate:\n" +
         row("--name NAME", "further DNS name or address; repeatable") + row("--days N", "validity, 1 to 825 [365]") +
         row("--force", "replace what is there; a usable ca.crt with its ca.key stays") + settings_text(kCerts) +
         "\nConfiguration:\n" + row("--config FILE", "TOML configuration file (CRANK_CONFIG)") + common_tail();
}

std::string tokens_text() {
  return "Usage: crank-host tokens add NAME --scopes SCOPE,... [options]\n"
         "       crank-host tokens list [options]\n"
         "       crank-host tokens revoke NAME [options]\n"
         "\n"
         "Bearer tokens, for callers without a client certificate. `add` prints a new one, once and alone, on\n"
         "standard output; the file keeps no more of it than its SHA-256. A host that was started with the\n"
         "same --tokens-file follows every change within a second or two.\n"
         "\n"
         "Token:\n" +
         row("--scopes SCOPE,...",
             "what it may be used for: names of capabilities and operations, patterns such as document.*, or *; "
             "repeatable") +
         row("--expires TIME", "from now, as 30d, 12h or 4w, or a date in UTC, as 2030-12-31 or "
                               "2030-12-31T12:00:00Z [never]") +
         "\nOutput of list:\n" + row("--json", "everything but secrets, as JSON") + settings_text(kTokens) +
         "\nConfiguration:\n" + row("--config FILE", "TOML configuration file (CRANK_CONFIG)") + common_tail();
}

std::string callbacks_text() {
  return "Usage: crank-host callbacks secret FILE\n"
         "\n"
         "Makes FILE, for --callback-secret-file, with a new secret that callbacks of jobs are signed with, and "
         "prints\n"
         "the secret for their receivers. Where FILE is there, the new one goes before the others: callbacks are\n"
         "signed with all of them, until you take out those that no receiver knows them by any more. A running host\n"
         "follows.\n" +
         common_tail();
}

std::string audit_verify_text() {
  return "Usage: crank-host audit verify DIR [options]\n"
         "\n"
         "Checks that the audit log in DIR is what the host wrote: that no line was changed, removed, reordered or\n"
         "cut off. Exit code 0 if so; else 1, and one line says in which file and line what is wrong. Lines of the\n"
         "last second before a crash are chained, but not signed: that is a note. A host may be writing meanwhile.\n"
         "\n"
         "Check:\n" +
         row("--public-key FILE",
             "of the log's key, from a place that whoever writes DIR cannot change [public.pem in it]") +
         row("--at-least SEQUENCE:HASH",
             "a head that the host has logged and you kept: the log must go on from there") +
         row("--json", "the result, as JSON") + "\nSee also: crank-host audit tail DIR\n" + common_tail();
}

std::string audit_tail_text() {
  return "Usage: crank-host audit tail DIR [options]\n"
         "\n"
         "Prints the last ten lines of the audit log in DIR. Verifies nothing.\n"
         "\n"
         "Output:\n" +
         row("--follow", "go on with what is written from now on, over rotations") +
         row("--json", "the lines as they are") + common_tail();
}

} // namespace

std::string help_text(Command command, const ProgramFacts& facts) {
  switch (command) {
  case Command::describe:
    return inspect_text(facts, "describe",
                        "Prints the manifest of a plugin as JSON. The plugin is loaded in a child process.");
  case Command::verify:
    return inspect_text(facts, "verify", "Runs the ABI conformance checks against a plugin and prints a report.");
  case Command::invoke: return invoke_text(facts);
  case Command::mcp: return mcp_text(facts);
  case Command::healthcheck: return healthcheck_text();
  case Command::certs_init: return certs_text();
  case Command::tokens_add:
  case Command::tokens_list:
  case Command::tokens_revoke: return tokens_text();
  case Command::callbacks_secret: return callbacks_text();
  case Command::status: return status_text();
  case Command::reload: return reload_text();
  case Command::upgrade: return upgrade_text();
  case Command::audit_verify: return audit_verify_text();
  case Command::audit_tail: return audit_tail_text();
  case Command::jobs_list:
  case Command::jobs_show:
  case Command::jobs_cancel:
  case Command::jobs_wait:
  case Command::jobs_logs: return jobs_text();
  case Command::serve:
  case Command::show: break;
  }
  return serve_text(facts);
}

std::string version_text(const ProgramFacts& facts) {
  return "crank-host " + facts.version + " (plugin ABI " + std::to_string(CRANK_ABI_MAJOR) + "." +
         std::to_string(CRANK_ABI_MINOR) + ")\n";
}

} // namespace crank
