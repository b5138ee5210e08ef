// Tests of host/config: the table, the sources and their order, the command line, plugin sections, --print-config.
#include "catch.hpp"

#include "config/command_line.hpp"
#include "config/nearest.hpp"
#include "config/plugin_config.hpp"
#include "config/print.hpp"
#include "config/setting_table.hpp"
#include "config/sources.hpp"
#include "config/values.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace crank;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

// A directory of its own, gone with the test.
class ScratchDirectory {
public:
  ScratchDirectory() {
    std::string name = (fs::temp_directory_path() / "crank-config.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch directory");
    path = name;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(path / name) << content;
    return (path / name).string();
  }
  fs::path path;
};

const ProgramFacts facts{"1.2.3", {"/opt/plugins", "/usr/lib/crank-host/plugins"}};

Result<CommandLine, Failure> parse(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  return parse_command_line(arguments, environment, facts);
}

CommandLine parsed(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  auto line = parse(arguments, environment);
  if (!line) throw std::runtime_error(line.error().message);
  return std::move(*line);
}

// The message of the failure; every failure here is wrong usage and one line.
std::string refused(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  const auto line = parse(arguments, environment);
  if (line) return "accepted";
  CHECK(line.error().exit_code == 2);
  CHECK(line.error().message.find('\n') == std::string::npos);
  return line.error().message;
}

std::string origin(const Settings& settings, const std::string& key) {
  const auto found = settings.origins.find(key);
  return found == settings.origins.end() ? "default" : found->second;
}

Manifest streaming_manifest() {
  Manifest manifest;
  manifest.id = "streaming";
  manifest.default_port = 8500;
  manifest.port_env = "STREAMING_HTTPS_PORT";
  manifest.config_schema = boost::json::parse(R"({
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "pace_ms": {"type": "integer", "minimum": 0, "default": 100},
      "greeting": {"type": "string"},
      "loud": {"type": "boolean", "default": false},
      "tags": {"type": "array", "items": {"type": "string"}}
    }})");
  return manifest;
}

} // namespace

TEST_CASE("sizes, times and switches are read and shown") {
  CHECK(parse_bytes("65536") == 65536u);
  CHECK(parse_bytes("64KiB") == 65536u);
  CHECK(parse_bytes("8 mib") == 8u * 1024 * 1024);
  CHECK(parse_bytes("1GiB") == 1ull << 30);
  CHECK(parse_bytes("1GB") == std::nullopt);
  CHECK(parse_bytes("-1") == std::nullopt);
  CHECK(parse_bytes("1KiBx") == std::nullopt);
  CHECK(parse_bytes("") == std::nullopt);
  CHECK(parse_bytes("18446744073709551615KiB") == std::nullopt);
  CHECK(parse_milliseconds("1500") == 1500u);
  CHECK(parse_milliseconds("1500ms") == 1500u);
  CHECK(parse_milliseconds("30s") == 30'000u);
  CHECK(parse_milliseconds("5m") == 300'000u);
  CHECK(parse_milliseconds("1 day") == std::nullopt);
  CHECK(parse_count("12") == 12u);
  CHECK(parse_count("12k") == std::nullopt);
  CHECK(parse_count("+12") == std::nullopt);
  CHECK(parse_switch("ON") == true);
  CHECK(parse_switch("no") == false);
  CHECK(parse_switch("maybe") == std::nullopt);
  CHECK(show_bytes(64 * 1024) == "64KiB");
  CHECK(show_bytes(1000) == "1000");
  CHECK(show_milliseconds(30'000) == "30s");
  CHECK(show_milliseconds(1500) == "1500ms");
}

TEST_CASE("the nearest name is one that was probably meant") {
  const std::vector<std::string> names = {"port", "host", "plugins", "management_port"};
  CHECK(nearest_name("prot", names) == "port");
  CHECK(nearest_name("plugin", names) == "plugins");
  CHECK(nearest_name("managment_port", names) == "management_port");
  CHECK(nearest_name("colour", names).empty());
}

TEST_CASE("every setting has a key and a variable of its own, and its default fits its type") {
  std::set<std::string> seen;
  const Settings defaults;
  for (const SettingSpec& setting : setting_table()) {
    INFO(setting.key);
    CHECK(seen.insert(std::string(setting.key)).second);
    CHECK(seen.insert(variable_of(setting)).second);
    if (!setting.flag.empty()) CHECK(seen.insert(std::string(setting.flag)).second);
    CHECK_FALSE(setting.help.empty());
    const std::string shown = show_value(defaults, setting, true);
    if (shown.empty() || std::holds_alternative<TextList>(setting.type)) continue;
    Settings copy;
    CHECK(assign(copy, setting, RawValue(shown)) == std::nullopt);
    CHECK(show_value(copy, setting) == show_value(defaults, setting));
  }
}

TEST_CASE("flags win over the environment, that over the file, that over defaults") {
  const ScratchDirectory scratch;
  const std::string file =
      scratch.file("c.toml", "port = 1\nhost = \"::1\"\nlog_level = \"debug\"\nplugins = [\"a\", \"b\"]\n"
                             "\n[limits]\nbody_bytes = \"2MiB\"\nidle_timeout_ms = 5000\n");
  const Environment environment = {{"CRANK_PORT", "2"},
                                   {"CRANK_HOST", "127.0.0.2"},
                                   {"CRANK_LIMITS_BODY_BYTES", "3MiB"},
                                   {"CRANK_CONFIG", file},
                                   {"CRANK_WORKER_ID", ""}};
  const Settings settings = parsed({"--port", "3", "--set", "limits.header_bytes=32KiB"}, environment).settings;
  CHECK(settings.port == 3);
  CHECK(origin(settings, "port") == "flag --port");
  CHECK(settings.host == "127.0.0.2");
  CHECK(origin(settings, "host") == "environment CRANK_HOST");
  CHECK(settings.log_level == "debug");
  CHECK(origin(settings, "log_level") == "file " + file + ":3");
  CHECK(settings.plugins == std::vector<std::string>{"a", "b"});
  CHECK(settings.limits.body_bytes == 3u * 1024 * 1024);
  CHECK(origin(settings, "limits.body_bytes") == "environment CRANK_LIMITS_BODY_BYTES");
  CHECK(settings.limits.idle_timeout_ms == 5000);
  CHECK(origin(settings, "limits.idle_timeout_ms") == "file " + file + ":8");
  CHECK(settings.limits.header_bytes == 32u * 1024);
  CHECK(settings.limits.max_connections == Limits{}.max_connections);
  CHECK(origin(settings, "limits.max_connections") == "default");
  CHECK(origin(settings, "worker_id") == "default"); // set but empty counts as unset
  CHECK(settings.config_file == file);
}

TEST_CASE("old variable names are read where the new one is unset") {
  CHECK(parsed({"--plugin", "x"}, {{"LOG_LEVEL", "WARNING"}}).settings.log_level == "warn");
  CHECK(parsed({"--plugin", "x"}, {{"CERT_DIR", "/a"}}).settings.cert_dir == "/a");
  const Settings both = parsed({"--plugin", "x"}, {{"CERT_DIR", "/a"}, {"CRANK_CERT_DIR", "/b"}}).settings;
  CHECK(both.cert_dir == "/b");
  CHECK(origin(both, "cert_dir") == "environment CRANK_CERT_DIR");
  CHECK(parsed({"--plugin", "x"}, {{"SERVICE_NAME", "crank-x"}}).settings.service_name == "crank-x");
}

TEST_CASE("lists come repeated, separated, or as arrays, and replace each other") {
  const Environment environment = {{"CRANK_PLUGINS", "a,b"}, {"CRANK_PLUGIN_PATH", "/p:/q"}};
  const Settings from_environment = parsed({}, environment).settings;
  CHECK(from_environment.plugins == std::vector<std::string>{"a", "b"});
  CHECK(from_environment.plugin_path == std::vector<std::string>{"/p", "/q"});
  const Settings flags = parsed({"--plugin", "./x.so", "--plugin=y", "--plugin-path", "/r"}, environment).settings;
  CHECK(flags.plugins == std::vector<std::string>{"./x.so", "y"});
  CHECK(flags.plugin_path == std::vector<std::string>{"/r"});
}

TEST_CASE("a worker without a name gets a random one") {
  const std::string first = parsed({"--plugin", "x"}).settings.worker_id;
  CHECK_THAT(first, StartsWith("worker-"));
  CHECK(first.size() == 15);
  CHECK(first != parsed({"--plugin", "x"}).settings.worker_id);
}

TEST_CASE("wrong values are refused with what was expected and where it was said") {
  CHECK(refused({"--plugin", "x", "--port", "65536"}) ==
        "port: expected a port from 0 to 65535, not \"65536\" (flag --port)");
  CHECK_THAT(refused({"--plugin", "x"}, {{"CRANK_TLS", "perhaps"}}),
             Contains("expected on or off") && EndsWith("(environment CRANK_TLS)"));
  CHECK_THAT(refused({"--plugin", "x", "--client-auth", "some"}), Contains("auto off optional required"));
  CHECK_THAT(refused({"--plugin", "x", "--log-format", "xml"}), Contains("console or json"));
  CHECK_THAT(refused({"--plugin", "x", "--log-level", "loud"}), Contains("debug info warn error"));
  CHECK_THAT(refused({"--plugin", "x", "--worker-id", "a b"}), Contains("worker_id: expected a name"));
  CHECK_THAT(refused({"--plugin", "x", "--io-threads", "-1"}),
             Contains("io_threads: expected a number from 0 to 1024"));
  CHECK_THAT(refused({"--plugin", "x", "--set", "limits.header_bytes=10"}),
             Contains("limits.header_bytes: expected a size of at least 1KiB"));
  CHECK_THAT(refused({"--plugin", "x", "--set", "limits.header_byts=10"}), Contains("did you mean header_bytes?"));
  CHECK_THAT(refused({"--plugin", "x", "--set", "nonsense"}), Contains("expected PLUGIN.KEY=VALUE"));
  CHECK_THAT(refused({"--plugin", "x", "--set", "a=b.c"}), Contains("expected PLUGIN.KEY=VALUE"));
}

TEST_CASE("mistakes in the file are told by line, key and what was expected") {
  const ScratchDirectory scratch;
  const auto message = [&](const std::string& content) {
    return refused({"--plugin", "x", "--config", scratch.file("c.toml", content)});
  };
  const std::string file = (scratch.path / "c.toml").string();
  CHECK(message("\nprot = 8500\n") == "prot: unknown key (did you mean port?) (file " + file + ":2)");
  CHECK(message("port = \"many\"\n") == "port: expected a port from 0 to 65535, not \"many\" (file " + file + ":1)");
  CHECK_THAT(message("tls = 3\n"), Contains("expected on or off, not 3"));
  CHECK_THAT(message("port = 1.5\n"), Contains("expected a port"));
  CHECK_THAT(message("plugins = [1, 2]\n"), Contains("expected a list of texts, not [1,2]"));
  CHECK_THAT(message("[limits]\nbody_byte = 1\n"),
             Contains("limits.body_byte: unknown key (did you mean body_bytes?)") && Contains(":2)"));
  CHECK_THAT(message("[limits]\nbody_bytes = -1\n"), Contains("limits.body_bytes: expected a size"));
  CHECK_THAT(message("\"limits.body_bytes\" = 1\n"), Contains("unknown key"));
  CHECK_THAT(message("[port]\nx = 1\n"), Contains("port: expected a port from 0 to 65535, not a table"));
  CHECK_THAT(message("port = \n"), StartsWith(file + ":1: not valid TOML"));
  CHECK_THAT(refused({"--config", file + ".none"}), Contains("No such file"));
  CHECK_THAT(refused({"--config", scratch.path.string()}), StartsWith("configuration file " + scratch.path.string()));
}

TEST_CASE("serving needs a plugin, and does not go unencrypted by accident") {
  CHECK_THAT(refused({}), Contains("--plugin"));
  CHECK(parsed({"--print-config"}).print_config);
  CHECK_THAT(refused({"--plugin", "x", "--tls", "off"}), Contains("0.0.0.0") && Contains("--allow-plaintext"));
  CHECK_FALSE(parsed({"--plugin", "x", "--tls", "off", "--host", "127.0.0.1"}).settings.tls);
  CHECK(parsed({"--plugin", "x", "--tls", "off", "--allow-plaintext"}).settings.allow_plaintext);
  const std::vector<std::string> open{"--plugin", "x", "--tls", "off", "--allow-plaintext", "--tokens-file", "/t"};
  CHECK_THAT(refused(open), Contains("tokens_file") && Contains("--allow-plaintext-tokens"));
  std::vector<std::string> allowed = open;
  allowed.push_back("--allow-plaintext-tokens");
  CHECK(parsed(allowed).settings.tokens_file == "/t");
  CHECK(parsed({"--plugin", "x", "--tls", "off", "--host", "::1", "--tokens-file", "/t"}).settings.tokens_file == "/t");
  CHECK_FALSE(parsed({"--plugin", "x", "--websocket-deflate=off"}).settings.websocket_deflate);
  CHECK(parsed({"--websocket-deflate", "--plugin", "x"}).settings.websocket_deflate);
  CHECK_THAT(refused({"--plugin", "x", "--tls=off", "--host=::1", "--client-auth=required"}), Contains("need TLS"));
}

TEST_CASE("client certificates are required off loopback unless said otherwise") {
  Settings settings;
  CHECK(effective_client_auth(settings) == ClientAuth::required);
  settings.host = "127.0.0.1";
  CHECK(effective_client_auth(settings) == ClientAuth::off);
  settings.client_auth = ClientAuth::optional;
  CHECK(effective_client_auth(settings) == ClientAuth::optional);
  settings.tls = false;
  CHECK(effective_client_auth(settings) == ClientAuth::off);
  CHECK(is_loopback("localhost"));
  CHECK(is_loopback("127.9.9.9"));
  CHECK(is_loopback("::1"));
  CHECK_FALSE(is_loopback("127.0.0.example"));
  CHECK_FALSE(is_loopback("0.0.0.0"));
  CHECK_FALSE(is_loopback("::"));
}

TEST_CASE("each command has its own options") {
  const CommandLine describe = parsed({"describe", "./libx.so"});
  CHECK(describe.command == Command::describe);
  CHECK(describe.plugin == "./libx.so");
  CHECK(parsed({"verify", "x", "--plugin-path", "/p"}).settings.plugin_path == std::vector<std::string>{"/p"});

  const CommandLine invoke =
      parsed({"invoke", "a.b", "--plugin", "x", "--input", "f.json", "--timeout-ms", "3s", "--set", "x.k=1"});
  CHECK(invoke.command == Command::invoke);
  CHECK(invoke.capability == "a.b");
  CHECK(invoke.input == "f.json");
  CHECK(invoke.timeout_ms == 3000u);
  CHECK(invoke.settings.plugins == std::vector<std::string>{"x"});
  CHECK(invoke.settings.plugin_values.at("x").at("k") == boost::json::value("1"));
  CHECK(parsed({"--plugin", "x", "invoke", "a.b"}).settings.plugins == std::vector<std::string>{"x"});
  CHECK(parsed({"invoke", "a.b", "--plugin", "x"}).input == "-");

  const CommandLine health = parsed({"healthcheck", "--url", "https://h/health", "--timeout-ms", "100"});
  CHECK(health.command == Command::healthcheck);
  CHECK(health.url == "https://h/health");
  CHECK(health.timeout_ms == 100u);

  const CommandLine certs =
      parsed({"certs", "init", "--cert-dir", "/c", "--name", "a", "--name", "b", "--days", "30", "--force"});
  CHECK(certs.command == Command::certs_init);
  CHECK(certs.settings.cert_dir == "/c");
  CHECK(certs.names == std::vector<std::string>{"a", "b"});
  CHECK(certs.days == 30);
  CHECK(certs.force);
  CHECK(parsed({"certs", "init"}).days == 365);

  const CommandLine add = parsed(
      {"tokens", "add", "nightly", "--scopes", "a,b", "--scopes", "c.*", "--expires", "30d", "--tokens-file", "/t"});
  CHECK(add.command == Command::tokens_add);
  CHECK(add.token_name == "nightly");
  CHECK(add.scopes == std::vector<std::string>{"a,b", "c.*"});
  CHECK(add.expires == "30d");
  CHECK(add.settings.tokens_file == "/t");
  CHECK(parsed({"--tokens-file", "/t", "tokens", "list", "--json"}).json);
  CHECK(parsed({"tokens", "list"}).command == Command::tokens_list);
  CHECK(parsed({"tokens", "revoke", "nightly"}).command == Command::tokens_revoke);
}

TEST_CASE("wrong command lines are refused in one line") {
  CHECK_THAT(refused({"--plugn", "x"}), Contains("unknown option --plugn (did you mean --plugin?)"));
  CHECK_THAT(refused({"decribe", "x"}), Contains("unknown command decribe (did you mean describe?)"));
  CHECK_THAT(refused({"describe"}), Contains("PLUGIN is required"));
  CHECK_THAT(refused({"describe", "a", "b"}), Contains("unexpected argument b"));
  CHECK_THAT(refused({"invoke", "--plugin", "x"}), Contains("CAPABILITY is required"));
  CHECK_THAT(refused({"invoke", "a.b"}), Contains("--plugin"));
  CHECK_THAT(refused({"invoke", "a.b", "--plugin", "x", "--timeout-ms", "soon"}), Contains("--timeout-ms"));
  CHECK(refused({"--plugin"}) == "--plugin: expected a value; see crank-host --help");
  CHECK(refused({"certs"}) == "crank-host certs: expected init after it");
  CHECK(refused({"tokens"}) == "crank-host tokens: expected add, list or revoke after it");
  CHECK_THAT(refused({"tokens", "add"}), Contains("NAME is required"));
  CHECK_THAT(refused({"tokens", "revoke"}), Contains("NAME is required"));
  CHECK_THAT(refused({"tokens", "list", "--scopes", "a"}), Contains("unknown option --scopes"));
  CHECK_THAT(refused({"certs", "init", "--day", "3"}),
             EndsWith("(did you mean --days?); see crank-host certs init --help"));
  CHECK_THAT(refused({"certs", "init", "--days", "0"}), Contains("1 to 825"));
  CHECK_THAT(refused({"--port", "1", "certs", "init"}), Contains("--port has no meaning for crank-host certs init"));
  CHECK_THAT(refused({"--print-config", "describe", "x"}), Contains("--print-config has no meaning"));
}

TEST_CASE("jobs and invoke ask a running worker") {
  const CommandLine list =
      parsed({"jobs", "list", "--state", "failed", "--capability", "a.b", "--limit", "7", "--json", "--port", "1"});
  CHECK(list.command == Command::jobs_list);
  CHECK(list.job_state == "failed");
  CHECK(list.job_capability == "a.b");
  CHECK(list.job_count == 7);
  CHECK(list.json);
  const CommandLine wait = parsed({"jobs", "wait", "0123", "--url", "https://h", "--token-file", "t"});
  CHECK(wait.command == Command::jobs_wait);
  CHECK(wait.job_id == "0123");
  CHECK(wait.url == "https://h");
  CHECK(wait.token_file == "t");
  CHECK(parsed({"jobs", "show", "x"}).command == Command::jobs_show);
  CHECK(parsed({"jobs", "cancel", "x"}).command == Command::jobs_cancel);
  CHECK(parsed({"jobs", "logs", "x"}).command == Command::jobs_logs);
  CHECK_THAT(refused({"jobs"}), Contains("expected list, show, cancel, wait or logs"));
  CHECK_THAT(refused({"jobs", "list", "--limit", "501"}), Contains("1 to 500"));
  const CommandLine invoke = parsed({"invoke", "a.b", "--url", "https://h", "--async"}); // and no plugin
  CHECK(invoke.command == Command::invoke);
  CHECK(invoke.respond_async);
  CHECK_THAT(refused({"invoke", "a.b", "--plugin", "x", "--async"}), Contains("--url"));
}

TEST_CASE("help names every option, the search path and the exit codes, within 100 columns") {
  const CommandLine help = parsed({"--help"});
  CHECK(help.command == Command::show);
  for (const SettingSpec& setting : setting_table()) {
    CHECK_THAT(help.text, Contains(std::string(setting.flag.empty() ? setting.key : setting.flag)));
  }
  CHECK_THAT(help.text,
             Contains("/opt/plugins\n") && Contains("/usr/lib/crank-host/plugins\n") && Contains("CRANK_CONFIG"));
  CHECK_THAT(help.text, Contains("Exit codes") && Contains("[30s]") && Contains("[64MiB]"));
  for (const std::vector<std::string>& command : {std::vector<std::string>{},
                                                  {"describe"},
                                                  {"verify"},
                                                  {"invoke"},
                                                  {"healthcheck"},
                                                  {"status"},
                                                  {"reload"},
                                                  {"upgrade"},
                                                  {"tokens"},
                                                  {"tokens", "add"},
                                                  {"tokens", "list"},
                                                  {"tokens", "revoke"},
                                                  {"certs"},
                                                  {"certs", "init"},
                                                  {"jobs"},
                                                  {"jobs", "list"},
                                                  {"jobs", "wait"}}) {
    std::vector<std::string> arguments = command;
    arguments.push_back("-h");
    const CommandLine line = parsed(arguments);
    CHECK(line.command == Command::show);
    if (!command.empty()) CHECK_THAT(line.text, StartsWith("Usage: crank-host " + command.front()));
    std::istringstream lines(line.text);
    for (std::string text; std::getline(lines, text);) {
      INFO(text);
      CHECK(text.size() <= 100);
    }
  }
  CHECK(parsed({"--version"}).text == "crank-host 1.2.3 (plugin ABI 0.2)\n");
}

TEST_CASE("the port is the operator's, else the manifest's variable's, else the manifest's") {
  const Manifest manifest = streaming_manifest();
  Settings settings;
  CHECK(listen_port(settings, manifest, {})->port == 8500);
  CHECK(listen_port(settings, manifest, {})->origin == "manifest of plugin streaming");
  const Environment environment = {{"STREAMING_HTTPS_PORT", "8555"}};
  CHECK(listen_port(settings, manifest, environment)->port == 8555);
  CHECK(listen_port(settings, manifest, environment)->origin == "environment STREAMING_HTTPS_PORT");
  const auto wrong = listen_port(settings, manifest, {{"STREAMING_HTTPS_PORT", "http"}});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().exit_code == 2);
  CHECK_THAT(wrong.error().message, Contains("STREAMING_HTTPS_PORT") && Contains("\"http\""));
  // A Kubernetes Service of that name puts its address there.
  const Environment linked = {{"STREAMING_HTTPS_PORT", "tcp://10.0.0.1:8500"}};
  CHECK(listen_port(settings, manifest, linked)->port == 8500);
  CHECK_THAT(listen_port(settings, manifest, linked)->origin, Contains("STREAMING_HTTPS_PORT") && Contains("ignored"));
  settings.port = 0;
  settings.origins["port"] = "flag --port";
  CHECK(listen_port(settings, manifest, environment)->port == 0);
  CHECK(listen_port(settings, manifest, environment)->origin == "flag --port");
}

TEST_CASE("the certificate directory follows the old rules") {
  const ScratchDirectory scratch;
  const Environment home = {{"HOME", "/home/someone"}};
  CHECK(default_cert_dir(home, scratch.path) == "/home/someone/.crank/certs");
  CHECK(default_cert_dir({{"HOME", "/h"}, {"KUBERNETES_SERVICE_HOST", "10.0.0.1"}}, scratch.path) ==
        (scratch.path / "etc/certs").string());
  scratch.file(".dockerenv", "");
  CHECK(default_cert_dir(home, scratch.path) == (scratch.path / "etc/certs").string());
  fs::remove(scratch.path / ".dockerenv");
  fs::create_directories(scratch.path / "etc/certs");
  CHECK(default_cert_dir(home, scratch.path) == (scratch.path / "etc/certs").string());
  if (geteuid() != 0) { // root may write anywhere
    chmod((scratch.path / "etc/certs").c_str(), 0500);
    CHECK(default_cert_dir(home, scratch.path) == "/home/someone/.crank/certs");
    chmod((scratch.path / "etc/certs").c_str(), 0700);
  }
}

TEST_CASE("a plugin's configuration is merged, typed by its schema, and filled with defaults") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("c.toml", "[streaming]\npace_ms = 7\ngreeting = \"hi\"\ntags = [\"a\"]\n");
  const Manifest manifest = streaming_manifest();
  const Environment environment = {{"CRANK_STREAMING_GREETING", "12"}, {"CRANK_STREAMING_PACE_MS", "9"}};
  const Settings settings = parsed({"--plugin", "streaming", "--config", file, "--set", "streaming.pace_ms=5", "--set",
                                    "streaming.loud=true"})
                                .settings;
  const auto config = plugin_config(manifest, settings, environment);
  REQUIRE(config);
  CHECK(boost::json::value(config->values) ==
        boost::json::parse(R"({"pace_ms": 5, "greeting": "12", "tags": ["a"], "loud": true})"));
  CHECK(config->origins.at("pace_ms") == "flag --set");
  CHECK(config->origins.at("greeting") == "environment CRANK_STREAMING_GREETING");
  CHECK(config->origins.at("tags") == "file " + file + ":4");

  const auto plain = plugin_config(manifest, Settings{}, {});
  REQUIRE(plain);
  CHECK(boost::json::value(plain->values) == boost::json::parse(R"({"pace_ms": 100, "loud": false})"));

  const auto from_file =
      plugin_config(manifest, parsed({"--plugin", "streaming", "--config", file}).settings, environment);
  REQUIRE(from_file);
  CHECK(from_file->values.at("pace_ms") == boost::json::value(9)); // the environment over the file
}

TEST_CASE("a plugin's configuration that its schema refuses is told by key and origin") {
  const Manifest manifest = streaming_manifest();
  const auto message = [&](const std::string& assignment, const Environment& environment = {}) {
    std::vector<std::string> arguments = {"--plugin", "streaming"};
    if (!assignment.empty()) arguments.insert(arguments.end(), {"--set", assignment});
    const auto config = plugin_config(manifest, parsed(arguments).settings, environment);
    if (config) return std::string("accepted");
    CHECK(config.error().exit_code == 2);
    return config.error().message;
  };
  CHECK_THAT(message("streaming.pace_ms=-1"), StartsWith("streaming.pace_ms: ") && EndsWith("(flag --set)"));
  CHECK_THAT(message("streaming.pace_ms=soon"), StartsWith("streaming.pace_ms: "));
  CHECK_THAT(message("", {{"CRANK_STREAMING_PACE_MS", "x"}}), EndsWith("(environment CRANK_STREAMING_PACE_MS)"));
  CHECK_THAT(message("streaming.tags=[\"a\", 1]"), StartsWith("streaming.tags"));
  CHECK(message("streaming.pace=1") == "streaming.pace: unknown key (flag --set)");
  CHECK(message("streaming.pace_m=1") == "streaming.pace_m: unknown key (did you mean pace_ms?) (flag --set)");
  CHECK(message("streaming.loud=on") == "accepted");

  Manifest bare;
  bare.id = "hello";
  const auto config = plugin_config(bare, parsed({"--plugin", "hello", "--set", "hello.x=1"}).settings, {});
  REQUIRE_FALSE(config);
  CHECK(config.error().message == "hello.x: the plugin takes no configuration (flag --set)");
  CHECK(plugin_config(bare, Settings{}, {}));
}

TEST_CASE("a section needs its plugin") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("c.toml", "port = 1\n[straming]\n");
  const Settings settings = parsed({"--plugin", "x", "--config", file}).settings;
  const auto failure = check_plugin_sections(settings, {"hello", "streaming"});
  REQUIRE(failure);
  CHECK(failure->message ==
        "straming: no plugin of this name is loaded (did you mean streaming?) (file " + file + ":2)");
  CHECK(failure->exit_code == 2);
  CHECK_FALSE(check_plugin_sections(settings, {"straming"}));
  CHECK(check_plugin_sections(parsed({"--plugin", "x", "--set", "limit.x=1"}).settings, {"x"})->message ==
        "limit: no plugin of this name is loaded (did you mean limits?) (flag --set)");
  CHECK(check_plugin_sections(Settings{}, {"port"})->exit_code == 3);
}

TEST_CASE("what a schema calls secret is not printed") {
  Manifest manifest;
  manifest.id = "mail";
  manifest.config_schema = boost::json::parse(R"({"type": "object", "properties": {
    "api_key": {"type": "string", "writeOnly": true}, "password": {"type": "string", "format": "password"}, "user": {"type": "string"}}})");
  const auto config = plugin_config(
      manifest, Settings{},
      {{"CRANK_MAIL_API_KEY", "hunter2"}, {"CRANK_MAIL_PASSWORD", "hunter3"}, {"CRANK_MAIL_USER", "somebody"}});
  REQUIRE(config);
  CHECK(config->values.at("api_key") == "hunter2");
  const std::string text = print_config(Settings{}, {*config});
  CHECK_THAT(text, !Contains("hunter") && Contains("user = \"somebody\"") && Contains("# api_key: secret, not shown") &&
                       Contains("# environment CRANK_MAIL_PASSWORD"));
}

TEST_CASE("what --print-config prints is a file that gives the same settings") {
  const ScratchDirectory scratch;
  const std::vector<std::string> arguments = {"--plugin",      "streaming",
                                              "--port",        "8443",
                                              "--host",        "127.0.0.1",
                                              "--worker-id",   "w1",
                                              "--set",         "limits.body_bytes=5MiB",
                                              "--set",         "streaming.greeting=a \"b\" \x7f",
                                              "--client-auth", "optional",
                                              "--cert-dir",    "/c"};
  const Settings settings = parsed(arguments).settings;
  const Manifest manifest = streaming_manifest();
  const auto config = plugin_config(manifest, settings, {{"CRANK_STREAMING_TAGS", "[\"x\"]"}});
  REQUIRE(config);
  const std::string text = print_config(settings, {*config});
  CHECK_THAT(text, Contains("port = 8443 ") && Contains("# flag --port\n"));
  CHECK_THAT(text, Contains("drain_timeout_ms = 30000 ") && Contains("# default\n"));
  CHECK_THAT(text, Contains("\n# management_port: same port"));
  CHECK_THAT(text, Contains("\n[streaming]\n") && Contains("# environment CRANK_STREAMING_TAGS\n"));

  const std::string file = scratch.file("printed.toml", text);
  const Settings again = parsed({"--config", file}).settings;
  for (const SettingSpec& setting : setting_table()) {
    INFO(setting.key);
    CHECK(show_value(again, setting) == show_value(settings, setting));
  }
  const auto config_again = plugin_config(manifest, again, {});
  REQUIRE(config_again);
  CHECK(boost::json::serialize(config_again->values).size() == boost::json::serialize(config->values).size());
  CHECK(boost::json::value(config_again->values) == boost::json::value(config->values));
}
