#include "worker/worker.hpp"

#include "config/print.hpp"
#include "config/sources.hpp"
#include "doors/call_door.hpp"
#include "doors/mcp_door.hpp"
#include "doors/session_door.hpp"
#include "log/log.hpp"
#include "openapi/openapi.hpp"
#include "tls/session_tickets.hpp"
#include "version.hpp"
#include "worker/plugin_tools.hpp"

#include <algorithm>
#include <thread>

namespace crank {
namespace {

unsigned pool_thread_count(const Settings& settings) {
  if (settings.pool_threads > 0) return settings.pool_threads;
  return std::max(16u, 4 * std::thread::hardware_concurrency());
}

// The name a client on this machine would use.
std::string url_of(const std::vector<ListenSocket>& listeners, const std::string& host, bool tls) {
  const auto endpoint = listeners.front().endpoint();
  const auto address = endpoint.address();
  std::string name = host;
  if (address.is_unspecified() || address == asio::ip::address_v4::loopback() || listeners.size() > 1)
    name = "localhost";
  else if (address.is_v6())
    name = "[" + address.to_string() + "]";
  return (tls ? "https://" : "http://") + name + ":" + std::to_string(endpoint.port());
}

} // namespace

Worker::Worker(CommandLine command, const Environment& environment, std::chrono::steady_clock::time_point started,
               SupervisorLink* link)
    : settings_(std::move(command.settings)), print_config_(command.print_config), environment_(environment),
      started_(started), link_(link), metrics_(settings_.worker_id, host_version),
      engine_(pool_thread_count(settings_), make_ledger()) {}

Worker::~Worker() {
  if (link_) link_->unwatch(); // an exception may have come before the end of serve()
}

CallLedger* Worker::make_ledger() {
  if (!link_) return nullptr;
  return &ledger_.emplace(link_->page());
}

std::optional<Failure> Worker::prepare() {
  // Before the supervisor's patience is at its end: here the plugin's name is known.
  const std::chrono::milliseconds patience(std::max<std::uint64_t>(settings_.start_timeout_ms / 5 * 4, 1));
  auto plugins = PluginSet::load(settings_, environment_, patience);
  if (!plugins) return std::move(plugins).error();
  plugins_.emplace(*std::move(plugins));
  const auto port = listen_port(settings_, plugins_->first_manifest(), environment_);
  if (!port) return port.error();
  settings_.port = port->port;
  settings_.origins["port"] = port->origin;
  if (settings_.service_name.empty()) settings_.service_name = plugins_->first_manifest().service_name;
  if (print_config_) return std::nullopt;
  for (const std::string& warning : settings_.warnings) log(LogLevel::warn, warning);
  client_auth_ = effective_client_auth(settings_);
  if (auto failure = prepare_tokens()) return failure;
  if (auto failure = prepare_audit()) return failure;
  if (auto failure = prepare_tls()) return failure;
  return prepare_listeners();
}

// Where a certificate is required, nothing is for everybody: who has none needs a token for the host's own routes, too.
std::optional<Failure> Worker::prepare_tokens() {
  if (settings_.tokens_file.empty()) return std::nullopt;
  const auto open = client_auth_ == ClientAuth::required ? TokenAccess::Open::nothing : TokenAccess::Open::as_declared;
  auto access = TokenAccess::make(TokenStore(settings_.tokens_file), open);
  if (!access) return std::move(access).error();
  tokens_ = *std::move(access);
  engine_.set_access(tokens_.get());
  return std::nullopt;
}

std::optional<Failure> Worker::prepare_tls() {
  if (!settings_.tls) return std::nullopt;
  auto files = find_certificates(settings_.cert_dir);
  if (!files) return std::move(files).error();
  certificates_ = *std::move(files);
  for (const std::string& warning : certificates_.warnings) log(LogLevel::warn, warning);
  // Who comes without a certificate is let in to show a token; one that does not verify is refused all the same.
  const bool or_token = tokens_ && client_auth_ == ClientAuth::required;
  auto context = make_server_context(certificates_, or_token ? ClientAuth::optional : client_auth_);
  if (!context) return std::move(context).error();
  tls_ = *std::move(context);
  if (link_ && !share_session_tickets(*tls_, link_->order().ticket_keys))
    log(LogLevel::warn, "TLS sessions will not be resumed across generations: the supervisor's keys are of no use");
  return std::nullopt;
}

std::optional<Failure> Worker::prepare_listeners() {
  // Names are looked up here, not in the supervisor, which has to be there for everybody.
  auto hosts = listen_hosts(settings_.host);
  if (!hosts) return std::move(hosts).error();
  ListenRequest request{{*std::move(hosts), *settings_.port}, std::nullopt};
  if (settings_.management_port) {
    auto management_hosts = listen_hosts(settings_.management_host);
    if (!management_hosts) return std::move(management_hosts).error();
    request.management = Place{*std::move(management_hosts), *settings_.management_port};
  }
  if (link_) {
    auto listeners = link_->listeners(request);
    if (!listeners) return std::move(listeners).error();
    main_listeners_ = std::move(listeners->main);
    management_listeners_ = std::move(listeners->management);
  } else {
    auto main = ListenSocket::bind_all(request.main.hosts, request.main.port);
    if (!main) return std::move(main).error();
    main_listeners_ = *std::move(main);
    if (request.management) {
      auto management = ListenSocket::bind_all(request.management->hosts, request.management->port);
      if (!management) return std::move(management).error();
      management_listeners_ = *std::move(management);
    }
  }
  url_ = url_of(main_listeners_, settings_.host, settings_.tls);
  if (!management_listeners_.empty()) management_url_ = url_of(management_listeners_, settings_.management_host, false);
  return std::nullopt;
}

std::optional<Failure> Worker::print(ResultOutput& output) {
  std::vector<PluginConfig> configs;
  for (const auto& plugin : plugins_->all()) configs.push_back(plugin->config);
  if (output.write(print_config(settings_, configs)) && output.flush()) return std::nullopt;
  return Failure{"cannot write to standard output; is the disk full or the reader gone?", 1};
}

std::shared_ptr<Handler> Worker::door(Operation& operation, bool may_be_job) {
  if (operation.spec().kind == OperationKind::call) {
    return make_call_door(engine_, operation, settings_.limits, answer_files(jobs_.get(), settings_),
                          may_be_job && jobs_ ? &jobs_->desk() : nullptr);
  }
  const auto kind = operation.spec().kind == OperationKind::websocket ? SessionKind::websocket : SessionKind::events;
  return make_session_door(engine_, *sessions_, operation, metrics_.session(operation.spec().name, kind),
                           {settings_.limits.body_bytes, settings_.limits, settings_.websocket_deflate});
}

void Worker::add_plugin_routes(LoadedPlugin& plugin) {
  const Manifest& manifest = plugin.library.manifest;
  std::vector<std::shared_ptr<Handler>> capability_doors;
  for (const auto& operation : plugin.capabilities) {
    capability_doors.push_back(door(*operation, true));
    main_router_.add("POST", "/v1/capabilities/" + operation->spec().name, capability_doors.back());
  }
  for (std::size_t i = 0; i < manifest.routes.size(); ++i) {
    const RouteSpec& route = manifest.routes[i];
    main_router_.add(route.method, route.path,
                     route.capability ? capability_doors[*route.capability]
                                      : door(*plugin.routes[i], route.operation->form.has_value()));
  }
}

Site Worker::site(const Router& router, SSL_CTX* tls, std::vector<ListenSocket> listeners,
                  const std::string& host) const {
  SitePolicy policy{settings_.allowed_origins, settings_.allowed_hosts, listeners.front().is_loopback(),
                    tls != nullptr};
  policy.allowed_hosts.push_back(host);
  return {&router, tls, std::move(listeners), std::move(policy)};
}

std::optional<Failure> Worker::build_routes() {
  bool owns_capabilities = false;
  for (const auto& plugin : plugins_->all()) {
    add_plugin_routes(*plugin);
    for (const RouteSpec& route : plugin->library.manifest.routes) owns_capabilities |= route.path == "/capabilities";
  }
  if (jobs_) {
    jobs_->desk().add_routes(main_router_);
    jobs_->events().add_routes(main_router_);
  }
  mcp_.emplace(engine_, make_tool_list(*plugins_), mcp_facts(*plugins_, settings_), tokens_.get(),
               answer_files(jobs_.get(), settings_), mcp_jobs(jobs_.get(), settings_));
  main_router_.add("POST", "/mcp",
                   make_mcp_door(*mcp_, engine_,
                                 {settings_.limits.body_bytes, settings_.tls,
                                  std::chrono::milliseconds(settings_.limits.event_keepalive_ms)}));
  facts_ = {settings_.worker_id, settings_.service_name, plugins_->manifests(), {}, started_, {}};
  for (const auto& plugin : plugins_->all())
    facts_.health.emplace_back(plugin->instance->id(), &plugin->instance->health());
  const bool required = client_auth_ == ClientAuth::required;
  facts_.openapi =
      make_openapi(facts_.manifests, {"Crank Worker: " + settings_.worker_id, host_version, url_,
                                      required || (tokens_ && client_auth_ == ClientAuth::optional), tokens_ != nullptr,
                                      jobs_ != nullptr, !required || !management_listeners_.empty()});
  const bool management_apart = !management_listeners_.empty();
  Router& router = management_apart ? management_router_ : main_router_;
  add_management_routes(router, facts_, engine_, metrics_, management_apart || !owns_capabilities);
  auto main = server_->add(site(main_router_, tls_.get(), std::move(main_listeners_), settings_.host));
  if (!main) return std::move(main).error();
  main_site_ = *main;
  main_site_->authenticator = tokens_.get();
  if (!management_apart) return std::nullopt;
  auto management =
      server_->add(site(management_router_, nullptr, std::move(management_listeners_), settings_.management_host));
  if (!management) return std::move(management).error();
  management_site_ = *management;
  management_site_->management = true;
  return std::nullopt;
}

} // namespace crank
