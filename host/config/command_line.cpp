#include "config/command_line.hpp"

#include "config/help.hpp"
#include "config/nearest.hpp"
#include "config/setting_table.hpp"
#include "config/sources.hpp"
#include "config/values.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>

namespace crank {
namespace {

Failure usage(std::string message) { return {std::move(message), 2}; }

// One command's parser, with the options that stand for settings. CLI11 splits the arguments; what a value means is
// decided by the table, the same way for every source.
struct CommandOptions {
  Command command = Command::serve;
  std::string name; // as typed: "certs init"; empty: serve
  unsigned bit = 0;
  CLI::App* app = nullptr;
  std::vector<std::pair<const SettingSpec*, CLI::Option*>> settings;
  CLI::Option* assignments = nullptr; // --set
  CLI::Option* config_file = nullptr; // --config

  void add_settings();
  void add_configuration(bool with_set);
  void collect(Flags& flags) const;
};

CLI::Option* add_text(CLI::App& app, const std::string& name, bool list = false) {
  CLI::Option* option = app.add_option(name);
  // One value per occurrence, so that `--plugin a describe` leaves "describe" alone.
  return option->expected(1)->allow_extra_args(false)->multi_option_policy(list ? CLI::MultiOptionPolicy::TakeAll
                                                                                : CLI::MultiOptionPolicy::TakeLast);
}

void CommandOptions::add_settings() {
  for (const SettingSpec& setting : setting_table()) {
    if ((setting.commands & bit) == 0 || setting.flag.empty()) continue;
    const std::string flag(setting.flag);
    const Switch* toggle = std::get_if<Switch>(&setting.type);
    CLI::Option* option = toggle != nullptr && toggle->flag_alone
                              ? app->add_flag(flag)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
                              : add_text(*app, flag, std::holds_alternative<TextList>(setting.type));
    settings.emplace_back(&setting, option);
  }
}

void CommandOptions::add_configuration(bool with_set) {
  config_file = add_text(*app, "--config");
  if (with_set) assignments = add_text(*app, "--set", true);
}

void CommandOptions::collect(Flags& flags) const {
  for (const auto& [setting, option] : settings) {
    if (option->count() > 0) flags.settings.push_back({std::string(setting->key), option->results()});
  }
  if (config_file != nullptr && config_file->count() > 0) flags.config_file = config_file->results().back();
  if (assignments == nullptr) return;
  for (const std::string& text : assignments->results()) flags.assignments.push_back(text);
}

// "10%", "0.5%": in thousandths.
std::optional<unsigned> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || end != text.data() + text.size() || !(percent >= 0.1 && percent <= 100))
    return std::nullopt;
  return static_cast<unsigned>(percent * 10 + 0.5);
}

// The whole grammar.
class Parser {
public:
  Parser();
  Result<CommandLine, Failure> parse(std::vector<std::string> arguments, const Environment& environment,
                                     const ProgramFacts& facts);

private:
  CommandOptions& add_command(Command command, const char* name, unsigned bit, CLI::App& app);
  void add_tokens();
  void add_audit();
  void add_callbacks();
  void add_jobs();
  const CommandOptions& chosen() const;
  std::optional<Failure> read_own_options(CommandLine& line) const;
  std::optional<Failure> check_outer_options(const CommandOptions& command) const;
  Failure unknown_argument() const;
  Failure malformed(const CLI::ParseError& error) const;
  std::string see_help() const;

  CLI::App app_{"", "crank-host"};
  std::vector<std::unique_ptr<CommandOptions>> commands_; // [0] is serve
  CLI::App* certs_ = nullptr;
  CLI::App* tokens_ = nullptr;
  CLI::App* audit_ = nullptr;
  CLI::App* callbacks_ = nullptr;
  CLI::App* jobs_ = nullptr;
  CLI::Option* print_config_ = nullptr;
  CLI::Option* version_ = nullptr;
  std::string plugin_, capability_;
  std::string input_ = "-";
  std::string url_, binary_;
  std::string timeout_, days_, canary_, canary_time_;
  bool json_ = false;
  bool print_entries_ = false;
  std::vector<std::string> names_;
  bool force_ = false;
  std::string token_name_, expires_;
  std::vector<std::string> scopes_;
  std::string secret_file_;
  std::string audit_directory_, public_key_, at_least_;
  bool follow_ = false;
  std::string token_file_, job_id_, job_state_, job_capability_, job_count_;
  bool respond_async_ = false;
  std::string artifacts_directory_;
};

CommandOptions& Parser::add_command(Command command, const char* name, unsigned bit, CLI::App& app) {
  auto options = std::make_unique<CommandOptions>();
  options->command = command;
  options->name = name;
  options->bit = bit;
  options->app = &app;
  options->add_settings();
  commands_.push_back(std::move(options));
  return *commands_.back();
}

Parser::Parser() {
  app_.set_help_flag("-h,--help");
  app_.require_subcommand(0, 1);
  add_command(Command::serve, "", kServe, app_).add_configuration(true);
  print_config_ = app_.add_flag("--print-config");
  version_ = app_.add_flag("--version");

  for (const auto& [command, name] : {std::pair(Command::describe, "describe"), std::pair(Command::verify, "verify")}) {
    CLI::App* inspect = app_.add_subcommand(name);
    inspect->add_option("PLUGIN", plugin_)->required();
    add_command(command, name, kInspect, *inspect);
  }

  CLI::App* invoke = app_.add_subcommand("invoke");
  invoke->add_option("CAPABILITY", capability_)->required();
  invoke->add_option("--input", input_);
  invoke->add_option("--timeout-ms", timeout_);
  invoke->add_option("--url", url_);
  invoke->add_option("--token-file", token_file_);
  invoke->add_flag("--async", respond_async_);
  invoke->add_option("--artifacts", artifacts_directory_);
  add_command(Command::invoke, "invoke", kInvoke, *invoke).add_configuration(true);

  CLI::App* mcp = app_.add_subcommand("mcp");
  mcp->add_flag("--print-config", print_entries_);
  add_command(Command::mcp, "mcp", kMcp, *mcp).add_configuration(true);

  CLI::App* healthcheck = app_.add_subcommand("healthcheck");
  healthcheck->add_option("--url", url_);
  healthcheck->add_option("--timeout-ms", timeout_);
  healthcheck->add_option("--token-file", token_file_);
  add_command(Command::healthcheck, "healthcheck", kHealth, *healthcheck).add_configuration(false);

  CLI::App* status = app_.add_subcommand("status");
  status->add_flag("--json", json_);
  add_command(Command::status, "status", kControl, *status).add_configuration(false);

  CLI::App* reload = app_.add_subcommand("reload");
  reload->add_option("--canary", canary_);
  reload->add_option("--for", canary_time_);
  add_command(Command::reload, "reload", kControl, *reload).add_configuration(false);

  CLI::App* upgrade = app_.add_subcommand("upgrade");
  upgrade->add_option("--binary", binary_);
  add_command(Command::upgrade, "upgrade", kControl, *upgrade).add_configuration(false);

  certs_ = app_.add_subcommand("certs");
  certs_->require_subcommand(0, 1);
  CLI::App* init = certs_->add_subcommand("init");
  init->add_option("--name", names_)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  init->add_option("--days", days_);
  init->add_flag("--force", force_);
  add_command(Command::certs_init, "certs init", kCerts, *init).add_configuration(false);
  add_tokens();
  add_audit();
  add_callbacks();
  add_jobs();
}

void Parser::add_callbacks() {
  callbacks_ = app_.add_subcommand("callbacks");
  callbacks_->require_subcommand(0, 1);
  CLI::App* secret = callbacks_->add_subcommand("secret");
  secret->add_option("FILE", secret_file_)->required();
  add_command(Command::callbacks_secret, "callbacks secret", 0, *secret);
}

void Parser::add_jobs() {
  jobs_ = app_.add_subcommand("jobs");
  jobs_->require_subcommand(0, 1);
  for (const auto& [command, word] : {std::pair(Command::jobs_list, "list"), std::pair(Command::jobs_show, "show"),
                                      std::pair(Command::jobs_cancel, "cancel"), std::pair(Command::jobs_wait, "wait"),
                                      std::pair(Command::jobs_logs, "logs")}) {
    CLI::App* const app = jobs_->add_subcommand(word);
    if (command == Command::jobs_list) {
      app->add_option("--state", job_state_);
      app->add_option("--capability", job_capability_);
      app->add_option("--limit", job_count_);
    } else {
      app->add_option("ID", job_id_)->required();
    }
    app->add_option("--url", url_);
    app->add_option("--token-file", token_file_);
    app->add_flag("--json", json_);
    add_command(command, ("jobs " + std::string(word)).c_str(), kJobs, *app).add_configuration(false);
  }
}

void Parser::add_audit() {
  audit_ = app_.add_subcommand("audit");
  audit_->require_subcommand(0, 1);
  CLI::App* verify = audit_->add_subcommand("verify");
  verify->add_option("--public-key", public_key_);
  verify->add_option("--at-least", at_least_);
  CLI::App* tail = audit_->add_subcommand("tail");
  tail->add_flag("--follow", follow_);
  for (const auto& [command, name, app] : {std::tuple(Command::audit_verify, "audit verify", verify),
                                           std::tuple(Command::audit_tail, "audit tail", tail)}) {
    app->add_option("DIR", audit_directory_)->required();
    app->add_flag("--json", json_);
    add_command(command, name, 0, *app);
  }
}

void Parser::add_tokens() {
  tokens_ = app_.add_subcommand("tokens");
  tokens_->require_subcommand(0, 1);
  CLI::App* add = tokens_->add_subcommand("add");
  add->add_option("NAME", token_name_)->required();
  add->add_option("--scopes", scopes_)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add->add_option("--expires", expires_);
  add_command(Command::tokens_add, "tokens add", kTokens, *add).add_configuration(false);

  CLI::App* list = tokens_->add_subcommand("list");
  list->add_flag("--json", json_);
  add_command(Command::tokens_list, "tokens list", kTokens, *list).add_configuration(false);

  CLI::App* revoke = tokens_->add_subcommand("revoke");
  revoke->add_option("NAME", token_name_)->required();
  add_command(Command::tokens_revoke, "tokens revoke", kTokens, *revoke).add_configuration(false);
}

const CommandOptions& Parser::chosen() const {
  for (const auto& command : commands_) {
    if (command->app != &app_ && command->app->parsed()) return *command;
  }
  return *commands_.front();
}

// Options before the command's name belong to the outer parser; those that the command would take itself are fine
// there.
std::optional<Failure> Parser::check_outer_options(const CommandOptions& command) const {
  const CommandOptions& outer = *commands_.front();
  if (&command == &outer) return std::nullopt;
  const std::string suffix = " has no meaning for crank-host " + command.name;
  for (const auto& [setting, option] : outer.settings) {
    if (option->count() > 0 && (setting->commands & command.bit) == 0)
      return usage(std::string(setting->flag) + suffix);
  }
  if (outer.assignments->count() > 0 && command.assignments == nullptr) return usage("--set" + suffix);
  if (print_config_->count() > 0) return usage("--print-config" + suffix);
  return std::nullopt;
}

std::optional<Failure> Parser::read_own_options(CommandLine& line) const {
  line.print_config = print_config_->count() > 0 || print_entries_;
  line.plugin = plugin_;
  line.capability = capability_;
  line.input = input_;
  line.url = url_;
  line.names = names_;
  line.force = force_;
  if (!timeout_.empty()) {
    line.timeout_ms = parse_milliseconds(timeout_);
    if (!line.timeout_ms || *line.timeout_ms == 0) {
      return usage("--timeout-ms: expected a time above 0, e.g. 1500, 1500ms, 30s, not " + toml_quoted(timeout_));
    }
  }
  line.json = json_;
  line.token_name = token_name_;
  line.scopes = scopes_;
  line.expires = expires_;
  line.secret_file = secret_file_;
  line.audit_directory = audit_directory_;
  line.public_key = public_key_;
  line.at_least = at_least_;
  line.follow = follow_;
  line.token_file = token_file_;
  line.respond_async = respond_async_;
  line.artifacts_directory = artifacts_directory_;
  line.job_id = job_id_;
  line.job_state = job_state_;
  line.job_capability = job_capability_;
  if (!job_count_.empty()) {
    const auto count = parse_count(job_count_);
    if (!count || *count < 1 || *count > 500)
      return usage("--limit: expected a number from 1 to 500, not " + toml_quoted(job_count_));
    line.job_count = static_cast<unsigned>(*count);
  }
  line.binary = binary_;
  if (!canary_.empty()) {
    const auto share = parse_percent(canary_);
    if (!share)
      return usage("--canary: expected a share of the connections above 0 and up to 100 %, e.g. 10% or 0.5%, not " +
                   toml_quoted(canary_));
    line.canary_per_mille = *share;
  }
  if (!canary_time_.empty()) {
    const auto time = parse_milliseconds(canary_time_);
    if (!time || *time == 0) return usage("--for: expected a time above 0, e.g. 60s, not " + toml_quoted(canary_time_));
    if (canary_.empty()) return usage("--for is the time of a canary: give --canary too");
    line.canary_ms = *time;
  }
  if (!days_.empty()) {
    const auto days = parse_count(days_);
    if (!days || *days < 1 || *days > 825)
      return usage("--days: expected a number from 1 to 825, not " + toml_quoted(days_));
    line.days = static_cast<unsigned>(*days);
  }
  return std::nullopt;
}

std::string Parser::see_help() const {
  const std::string& name = chosen().name;
  return "; see crank-host " + (name.empty() ? name : name + " ") + "--help";
}

Failure Parser::malformed(const CLI::ParseError& error) const {
  const std::string text = error.what();
  // CLI11 says "--port: 1 required TEXT missing".
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch)) {
    return usage(text.substr(0, text.find(':')) + ": expected a value" + see_help());
  }
  return usage(text + see_help());
}

Failure Parser::unknown_argument() const {
  const std::vector<std::string> remaining = app_.remaining(true);
  const std::string word = remaining.empty() ? "argument" : remaining.front().substr(0, remaining.front().find('='));
  const CommandOptions& command = chosen();
  std::vector<std::string> known;
  const bool option = word.starts_with('-');
  if (option) {
    for (const CLI::Option* each : command.app->get_options()) known.push_back("--" + each->get_single_name());
  } else if (command.app == &app_) {
    for (const CLI::App* each : app_.get_subcommands([](const CLI::App*) { return true; }))
      known.push_back(each->get_name());
  }
  const char* what = option ? "unknown option " : command.app == &app_ ? "unknown command " : "unexpected argument ";
  return usage(what + word + did_you_mean(word, known) + see_help());
}

Result<CommandLine, Failure> Parser::parse(std::vector<std::string> arguments, const Environment& environment,
                                           const ProgramFacts& facts) {
  CommandLine line;
  try {
    std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them from the back
    app_.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    line.command = Command::show;
    const Command command = chosen().command;
    const Command shown = certs_->parsed()                                ? Command::certs_init
                          : tokens_->parsed()                             ? Command::tokens_add
                          : callbacks_->parsed()                          ? Command::callbacks_secret
                          : audit_->parsed() && command == Command::serve ? Command::audit_verify
                          : jobs_->parsed()                               ? Command::jobs_list
                                                                          : command;
    line.text = help_text(shown, facts);
    return line;
  } catch (const CLI::ExtrasError&) {
    return unknown_argument();
  } catch (const CLI::ParseError& error) {
    return malformed(error);
  }
  if (version_->count() > 0) {
    line.command = Command::show;
    line.text = version_text(facts);
    return line;
  }
  const CommandOptions& command = chosen();
  if (certs_->parsed() && command.command != Command::certs_init)
    return usage("crank-host certs: expected init after it");
  if (tokens_->parsed() && command.app->get_parent() != tokens_)
    return usage("crank-host tokens: expected add, list or revoke after it");
  if (audit_->parsed() && command.command == Command::serve)
    return usage("crank-host audit: expected verify or tail after it");
  if (callbacks_->parsed() && command.command == Command::serve)
    return usage("crank-host callbacks: expected secret after it");
  if (jobs_->parsed() && command.command == Command::serve)
    return usage("crank-host jobs: expected list, show, cancel, wait or logs after it");
  line.command = command.command;
  if (auto failure = check_outer_options(command)) return *failure;
  if (auto failure = read_own_options(line)) return *failure;

  Flags flags;
  commands_.front()->collect(flags);
  if (&command != commands_.front().get()) command.collect(flags);
  auto settings = load_settings(flags, environment);
  if (!settings) return std::move(settings).error();
  line.settings = std::move(*settings);
  return line;
}

std::optional<Failure> check(const CommandLine& line) {
  const bool serves = line.command == Command::serve && !line.print_config;
  const bool local = line.command == Command::invoke && line.url.empty();
  if (line.respond_async && local) return usage("--async asks a running host: give its --url, too");
  const bool runs = serves || local || line.command == Command::mcp;
  if (runs && line.settings.plugins.empty()) {
    return usage("no plugin is given: name one with --plugin NAME|PATH (CRANK_PLUGINS, plugins in the file); see "
                 "crank-host --help");
  }
  return line.command == Command::serve ? check_serve_settings(line.settings) : std::nullopt;
}

} // namespace

Result<CommandLine, Failure> parse_command_line(const std::vector<std::string>& arguments,
                                                const Environment& environment, const ProgramFacts& facts) {
  auto line = Parser().parse(arguments, environment, facts);
  if (!line) return line;
  if (auto failure = check(*line)) return *failure;
  return line;
}

} // namespace crank
