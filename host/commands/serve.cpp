#include "commands/serve.hpp"

#include "certs/session_tickets.hpp"
#include "certs/tls_context.hpp"
#include "commands/drain.hpp"
#include "commands/ready_file.hpp"
#include "commands/result_output.hpp"
#include "commands/smoke_call.hpp"
#include "commands/worker_set.hpp"
#include "config/print.hpp"
#include "config/sources.hpp"
#include "doors/call_door.hpp"
#include "doors/management.hpp"
#include "doors/session_door.hpp"
#include "error/refusal.hpp"
#include "generation/crash_report.hpp"
#include "generation/supervisor_link.hpp"
#include "http/server.hpp"
#include "log/log.hpp"
#include "net/io_thread.hpp"
#include "net/listener.hpp"
#include "openapi/openapi.hpp"
#include "plugin/load_guard.hpp"
#include "version.hpp"

#include <boost/asio/signal_set.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <future>
#include <iostream>
#include <thread>
#include <unistd.h>

namespace crank {
namespace {

unsigned io_thread_count(const Settings& settings) {
  if (settings.io_threads > 0) return settings.io_threads;
  return std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
}

unsigned pool_thread_count(const Settings& settings) {
  if (settings.pool_threads > 0) return settings.pool_threads;
  return std::max(16u, 4 * std::thread::hardware_concurrency());
}

// A connection is a descriptor: the soft limit of 1024 that most systems start with would be the first thing to run out.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
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

std::string shell_quoted(const std::string& text) {
  const bool plain =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") == std::string::npos;
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// Everything a serving worker consists of, in the order in which it may depend on each other.
class ServingWorker {
public:
  // `link`: to the supervisor, or nullptr. It outlives this.
  ServingWorker(CommandLine command, const Environment& environment, std::chrono::steady_clock::time_point started,
                SupervisorLink* link)
      : settings_(std::move(command.settings)), print_config_(command.print_config), environment_(environment),
        started_(started), link_(link), metrics_(settings_.worker_id, host_version),
        engine_(pool_thread_count(settings_), make_ledger()) {}
  ~ServingWorker() {
    if (link_) link_->unwatch(); // an exception may have come before the end of serve()
  }
  ServingWorker(const ServingWorker&) = delete;
  ServingWorker& operator=(const ServingWorker&) = delete;

  Result<int, Failure> run();

private:
  CallLedger* make_ledger();
  std::optional<Failure> prepare();
  std::optional<Failure> prepare_tls();
  std::optional<Failure> prepare_listeners();
  std::optional<Failure> print(ResultOutput& output);
  std::optional<Failure> build_routes();
  Site site(const Router& router, SSL_CTX* tls, std::vector<ListenSocket> listeners, const std::string& host) const;
  void add_plugin_routes(LoadedWorker& worker);
  std::shared_ptr<Handler> door(Operation& operation);
  bool start_threads();
  std::optional<Failure> serve();
  void became_ready();
  void announce();
  void report_ready();
  std::string curl_line(const std::string& url) const;
  void accept_clients();
  void accept_management();
  void follow_supervisor();
  void adopt_connections();
  void beat();
  void on_signal(int signal);
  void retire(std::chrono::milliseconds time);
  void drain();
  int shut_down();
  bool is_quiet();
  bool io_threads_come_round();
  [[noreturn]] void leave(int code);

  Settings settings_;
  const bool print_config_;
  const Environment& environment_;
  const std::chrono::steady_clock::time_point started_;

  SupervisorLink* const link_;
  std::optional<ScoreboardLedger> ledger_;
  Metrics metrics_;
  Engine engine_;
  std::optional<WorkerSet> workers_;
  WorkerFacts facts_;
  ClientAuth client_auth_ = ClientAuth::off;
  CertificateFiles certificates_;
  SslContext tls_;
  std::vector<ListenSocket> main_listeners_;
  std::vector<ListenSocket> management_listeners_; // empty: the main site serves management, too
  Site* main_site_ = nullptr;
  Site* management_site_ = nullptr; // nullptr: there is none
  bool accepting_ = false;
  bool management_accepting_ = false;
  std::string url_;
  std::string management_url_;
  Router main_router_;
  Router management_router_;
  std::vector<std::unique_ptr<IoThread>> io_threads_;
  std::unique_ptr<SessionRegistry> sessions_;
  std::unique_ptr<Server> server_;

  asio::io_context control_; // the main thread's loop: signals and the steps of starting and draining
  std::optional<asio::signal_set> signals_;
  std::optional<Drain> drain_;
  std::optional<Timer> beat_timer_;
  std::optional<Channel> adoption_; // a canary's connections come through it
  std::optional<DescriptorWatch> adoption_watch_;
  std::thread starter_; // the control thread of the ABI while plugins start
  bool start_over_ = false;
  std::optional<Failure> start_failure_;
};

CallLedger* ServingWorker::make_ledger() {
  if (!link_) return nullptr;
  return &ledger_.emplace(link_->page());
}

std::optional<Failure> ServingWorker::prepare() {
  // Before the supervisor's patience is at its end: here the plugin's name is known.
  const std::chrono::milliseconds patience(std::max<std::uint64_t>(settings_.start_timeout_ms / 5 * 4, 1));
  auto workers = WorkerSet::load(settings_, environment_, patience);
  if (!workers) return std::move(workers).error();
  workers_.emplace(*std::move(workers));
  const auto port = listen_port(settings_, workers_->first_manifest(), environment_);
  if (!port) return port.error();
  settings_.port = port->port;
  settings_.origins["port"] = port->origin;
  if (settings_.service_name.empty()) settings_.service_name = workers_->first_manifest().service_name;
  if (print_config_) return std::nullopt;
  for (const std::string& warning : settings_.warnings) log(LogLevel::warn, warning);
  if (auto failure = prepare_tls()) return failure;
  return prepare_listeners();
}

std::optional<Failure> ServingWorker::prepare_tls() {
  if (!settings_.tls) return std::nullopt;
  client_auth_ = effective_client_auth(settings_);
  auto files = find_certificates(settings_.cert_dir);
  if (!files) return std::move(files).error();
  certificates_ = *std::move(files);
  for (const std::string& warning : certificates_.warnings) log(LogLevel::warn, warning);
  auto context = make_server_context(certificates_, client_auth_);
  if (!context) return std::move(context).error();
  tls_ = *std::move(context);
  if (link_ && !share_session_tickets(*tls_, link_->order().ticket_keys))
    log(LogLevel::warn, "TLS sessions will not be resumed across generations: the supervisor's keys are of no use");
  return std::nullopt;
}

std::optional<Failure> ServingWorker::prepare_listeners() {
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

std::optional<Failure> ServingWorker::print(ResultOutput& output) {
  std::vector<PluginConfig> configs;
  for (const auto& worker : workers_->workers()) configs.push_back(worker->config);
  if (output.write(print_config(settings_, configs)) && output.flush()) return std::nullopt;
  return Failure{"cannot write to standard output; is the disk full or the reader gone?", 1};
}

std::shared_ptr<Handler> ServingWorker::door(Operation& operation) {
  if (operation.spec().kind == OperationKind::call) return make_call_door(engine_, operation, settings_.limits);
  const auto kind = operation.spec().kind == OperationKind::websocket ? SessionKind::websocket : SessionKind::events;
  return make_session_door(engine_, *sessions_, operation, metrics_.session(operation.spec().name, kind), settings_);
}

void ServingWorker::add_plugin_routes(LoadedWorker& worker) {
  const Manifest& manifest = worker.library.manifest;
  std::vector<std::shared_ptr<Handler>> capability_doors;
  for (const auto& operation : worker.capabilities) {
    capability_doors.push_back(door(*operation));
    main_router_.add("POST", "/v1/capabilities/" + operation->spec().name, capability_doors.back());
  }
  for (std::size_t i = 0; i < manifest.routes.size(); ++i) {
    const RouteSpec& route = manifest.routes[i];
    main_router_.add(route.method, route.path,
                     route.capability ? capability_doors[*route.capability] : door(*worker.routes[i]));
  }
}

Site ServingWorker::site(const Router& router, SSL_CTX* tls, std::vector<ListenSocket> listeners,
                         const std::string& host) const {
  SitePolicy policy{settings_.allowed_origins, settings_.allowed_hosts, listeners.front().is_loopback(),
                    tls != nullptr};
  policy.allowed_hosts.push_back(host);
  return {&router, tls, std::move(listeners), std::move(policy)};
}

std::optional<Failure> ServingWorker::build_routes() {
  bool owns_capabilities = false;
  for (const auto& worker : workers_->workers()) {
    add_plugin_routes(*worker);
    for (const RouteSpec& route : worker->library.manifest.routes) owns_capabilities |= route.path == "/capabilities";
  }
  facts_ = {settings_.worker_id, settings_.service_name, workers_->manifests(), {}, started_};
  facts_.openapi = make_openapi(facts_.manifests, {"Crank Worker: " + settings_.worker_id, host_version, url_,
                                                   client_auth_ == ClientAuth::required});
  const bool management_apart = !management_listeners_.empty();
  Router& router = management_apart ? management_router_ : main_router_;
  add_management_routes(router, facts_, engine_, metrics_, management_apart || !owns_capabilities);
  auto main = server_->add(site(main_router_, tls_.get(), std::move(main_listeners_), settings_.host));
  if (!main) return std::move(main).error();
  main_site_ = *main;
  if (!management_apart) return std::nullopt;
  auto management =
      server_->add(site(management_router_, nullptr, std::move(management_listeners_), settings_.management_host));
  if (!management) return std::move(management).error();
  management_site_ = *management;
  management_site_->management = true;
  return std::nullopt;
}

Result<int, Failure> ServingWorker::run() {
  std::optional<ResultOutput> output;
  if (print_config_) output.emplace();
  if (auto failure = prepare()) return std::move(*failure);
  if (print_config_) {
    if (auto failure = print(*output)) return std::move(*failure);
    return 0;
  }
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes with write(2)
  const unsigned threads = io_thread_count(settings_);
  if (auto failure = workers_->create(engine_, metrics_, threads)) return std::move(*failure);
  std::vector<IoThread*> io;
  for (unsigned i = 0; i < threads; ++i) {
    io_threads_.push_back(std::make_unique<IoThread>(i));
    io.push_back(io_threads_.back().get());
  }
  if (auto failure = engine_.start()) return std::move(*failure);
  sessions_ = std::make_unique<SessionRegistry>(io, engine_.pool(), settings_.limits.session_queue_bytes);
  for (const auto& worker : workers_->workers()) worker->instance->set_sessions(sessions_.get());
  server_ = std::make_unique<Server>(io, metrics_,
                                     Server::Options{settings_.limits, settings_.spool_dir, settings_.worker_id});
  if (auto failure = build_routes()) return std::move(*failure);
  drain_.emplace(control_, engine_, *sessions_, *server_,
                 Drain::Hooks{[this] { return !start_over_; }, [this] { return adoption_.has_value(); },
                              [this] { control_.stop(); }}); // a wait for signals may be pending or about to be
  if (auto failure = serve()) return std::move(*failure);
  const int code = shut_down();
  if (start_failure_) return std::move(*start_failure_);
  return code;
}

// All that serving needs, before anybody is served: what the system refuses now is no client's loss.
bool ServingWorker::start_threads() {
  try {
    for (const auto& thread : io_threads_) thread->start();
    starter_ = std::thread([this] {
      auto failure = workers_->start();
      if (!failure) {
        failure = make_smoke_calls(engine_, *workers_, settings_);
        if (failure) workers_->stop();
      }
      asio::post(control_, [this, failure = std::move(failure)] {
        start_over_ = true;
        start_failure_ = failure;
        if (drain_->begun()) return;
        start_failure_ ? drain() : became_ready();
      });
    });
    return true;
  } catch (const std::system_error&) {
    for (const auto& thread : io_threads_) thread->finish(true);
    for (const auto& thread : io_threads_) thread->join();
    return false;
  }
}

// Health answers while plugins start, which may take minutes. A failure: it did not begin.
std::optional<Failure> ServingWorker::serve() {
  signals_.emplace(control_, SIGTERM, SIGINT);
  const auto next_signal = [this](auto& again) -> void {
    signals_->async_wait([this, &again](error_code ec, int signal) {
      if (ec) return;
      on_signal(signal);
      again(again);
    });
  };
  next_signal(next_signal);
  if (!start_threads()) return Engine::no_thread();
  // Without a supervisor, or if nobody serves in our stead: health is to be had while plugins start.
  if (!link_ || link_->order().accept_at_once) accept_clients();
  if (!link_ || link_->order().manage_at_once) accept_management();
  if (link_) follow_supervisor();
  control_.run();
  if (link_) link_->unwatch(); // before the loop goes
  if (!start_over_) {          // a plugin that never finishes starting cannot be stopped in order either
    log(LogLevel::error, "a plugin was still starting at the end of the drain period: ending without it");
    leave(1);
  }
  starter_.join();
  return std::nullopt;
}

void ServingWorker::accept_clients() {
  if (!std::exchange(accepting_, true)) server_->listen(*main_site_);
}

void ServingWorker::accept_management() {
  if (management_site_ && !std::exchange(management_accepting_, true)) server_->listen(*management_site_);
}

void ServingWorker::became_ready() {
  engine_.set_state(EngineState::ready);
  metrics_.start_seconds.Set(std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count());
  if (!link_ || link_->order().number == 1) announce();
  if (link_) return report_ready();
  if (settings_.ready_file.empty()) return;
  if (auto failure = write_ready_file(settings_.ready_file, url_, management_url_)) {
    start_failure_ = std::move(failure);
    drain();
  }
}

void ServingWorker::announce() {
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
  log(LogLevel::info, "listening on " + url_ + " (ready after " + std::to_string(time.count()) + " ms)" +
                          (management_url_.empty() ? "" : ", management on " + management_url_));
  if (settings_.log_format == LogFormat::console)
    log(LogLevel::info, "try: " + curl_line(management_url_.empty() ? url_ : management_url_));
}

void ServingWorker::report_ready() {
  ReadyReport report{host_version, supervisor_succession, url_, management_url_, {}};
  for (const auto& worker : workers_->workers()) {
    const PluginLibrary& library = worker->library;
    report.plugins.push_back(
        {library.manifest.id, library.manifest.version, library.path.string(), worker->digest, worker->stamp});
  }
  link_->report(report);
}

// ---- the supervisor's orders ----

void ServingWorker::follow_supervisor() {
  ScoreboardPage& page = link_->page();
  metrics_.set_supervision([&page]() -> Metrics::Supervision {
    return {page.generation, page.crashes, page.swaps, page.failed_swaps, page.recycled};
  });
  page.pool_threads = pool_thread_count(settings_);
  page.threads = static_cast<std::uint32_t>(std::min(io_threads_.size(), ScoreboardPage::most_threads));
  beat_timer_.emplace(control_.get_executor());
  beat();
  SupervisorLink::Handlers handlers;
  handlers.go = [this] {
    accept_clients();
    accept_management();
  };
  handlers.drain = [this](const DrainOrder& order) {
    const auto time = std::chrono::milliseconds(order.grace_ms);
    if (order.retire) return retire(time);
    drain();
  };
  handlers.canary = [this](std::uint64_t per_mille, Descriptor to) {
    if (per_mille == 0 || !to) return server_->divert({});
    const auto channel = std::make_shared<Channel>(std::move(to));
    // Evenly spread, and exactly this share. What cannot be passed on is served here.
    server_->divert([channel, per_mille, count = std::uint64_t{0}](int descriptor) mutable {
      ++count;
      if (count * per_mille / 1000 == (count - 1) * per_mille / 1000) return false;
      const int passed[] = {descriptor};
      return channel->send("connection", passed);
    });
    link_->report(DivertingReport{});
  };
  handlers.adopt = [this](Descriptor from) {
    adoption_.emplace(std::move(from));
    adoption_watch_.emplace(control_, adoption_->descriptor());
    adopt_connections();
  };
  handlers.lost = [this] {
    if (drain_->begun()) return;
    log(LogLevel::error, "the supervisor is gone: draining");
    drain();
  };
  link_->watch(control_, std::move(handlers));
}

void ServingWorker::adopt_connections() {
  for (;;) {
    Packet packet;
    switch (adoption_->receive(packet, false)) {
    case Channel::Received::nothing: return adoption_watch_->wait([this] { adopt_connections(); });
    case Channel::Received::end:
    case Channel::Received::broken:
      adoption_watch_.reset();
      adoption_.reset();
      return;
    case Channel::Received::packet: break;
    }
    for (Descriptor& connection : packet.descriptors) server_->adopt(*main_site_, std::move(connection));
  }
}

// Shows that every I/O thread still comes round, and what they hold.
void ServingWorker::beat() {
  ScoreboardPage& page = link_->page();
  const std::size_t count =
      std::min(io_threads_.size(), ScoreboardPage::most_threads); // the page's may be scribbled over
  for (std::size_t i = 0; i < count; ++i)
    io_threads_[i]->post([&page, i] { page.beat_ms[i].store(steady_ms(), std::memory_order_relaxed); });
  page.connections = server_->all_connections();
  page.sessions = sessions_->total();
  beat_timer_->expires_after(std::chrono::milliseconds(500));
  beat_timer_->async_wait([this](error_code ec) {
    if (!ec) beat();
  });
}

// ---- the end ----

std::string ServingWorker::curl_line(const std::string& url) const {
  std::string line = "curl";
  if (url == url_ && settings_.tls) {
    line += " --cacert " + shell_quoted(certificates_.authority.string());
    if (client_auth_ == ClientAuth::required) {
      line += " --cert " + shell_quoted(certificates_.certificate.string()) + " --key " +
              shell_quoted(certificates_.key.string());
    }
  }
  return line + " " + url + "/health";
}

void ServingWorker::on_signal(int signal) {
  if (!drain_->begun()) {
    log(LogLevel::info,
        std::string(signal == SIGTERM ? "SIGTERM" : "SIGINT") + ": draining; a second signal ends at once");
    return drain();
  }
  log(LogLevel::warn, "second signal: ending at once");
  leave(128 + signal);
}

void ServingWorker::retire(std::chrono::milliseconds time) {
  server_->divert({});
  drain_->retire(time, std::chrono::milliseconds(settings_.drain_timeout_ms));
}

void ServingWorker::drain() {
  if (drain_->begun()) return;
  if (!link_ && !settings_.ready_file.empty()) std::remove(settings_.ready_file.c_str());
  drain_->begin(std::chrono::milliseconds(settings_.drain_timeout_ms));
}

int ServingWorker::shut_down() {
  signals_.reset(); // from here on a signal ends the process by itself, whatever a plugin's stop() does
  server_->abandon_all();
  sessions_->end_all();
  const bool all_closed = server_->wait_until_idle(std::chrono::steady_clock::now() + std::chrono::seconds(3));
  // Plugin code that is still inside a call would meet freed memory.
  if (!is_quiet()) {
    log(LogLevel::error, "plugin code still runs: ending without stop()");
    leave(1);
  }
  workers_->stop();
  if (!all_closed) { // a client does not let go of its connection, and the I/O threads hold that
    workers_->destroy();
    log(LogLevel::info, "stopped");
    leave(0);
  }
  for (const auto& thread : io_threads_) thread->finish(false);
  for (const auto& thread : io_threads_) thread->join();
  server_.reset();
  workers_->destroy();
  log(LogLevel::info, "stopped");
  return 0;
}

// Nothing of a plugin runs, or ever will: no call, no session, no timer; what was queued has run, the last closed() among it.
bool ServingWorker::is_quiet() {
  if (engine_.in_flight() > 0 || !io_threads_come_round() || sessions_->total() > 0) return false;
  engine_.timers().stop();
  return engine_.pool().stop(Drain::cancel_grace);
}

// False when one of them is held up, by a plugin that blocks in an inline operation.
bool ServingWorker::io_threads_come_round() {
  const auto round = std::make_shared<std::promise<void>>();
  const auto left = std::make_shared<std::atomic<std::size_t>>(io_threads_.size());
  for (const auto& thread : io_threads_) {
    thread->post([round, left] {
      if (left->fetch_sub(1) == 1) round->set_value();
    });
  }
  return round->get_future().wait_for(Drain::cancel_grace) == std::future_status::ready;
}

void ServingWorker::leave(int code) {
  stop_log();
  _exit(code);
}

// What only an exception can tell (no memory, no descriptors for an event loop) is a failure like any other.
Result<int, Failure> work(CommandLine command, const Environment& environment,
                          std::chrono::steady_clock::time_point started, SupervisorLink* link) {
  try {
    ServingWorker worker(std::move(command), environment, started, link);
    return worker.run();
  } catch (const std::exception& problem) {
    return failure_of("cannot serve", problem);
  }
}

} // namespace

Result<int, Failure> run_serve(CommandLine command, const Environment& environment,
                               std::chrono::steady_clock::time_point started) {
  start_log(log_level_of(command.settings.log_level), command.settings.log_format, command.settings.worker_id);
  auto result = work(std::move(command), environment, started, nullptr);
  stop_log();
  return result;
}

Result<int, Failure> run_generation(CommandLine command, const Environment& environment,
                                    std::chrono::steady_clock::time_point started,
                                    std::unique_ptr<SupervisorLink> link) {
  start_log(log_level_of(command.settings.log_level), command.settings.log_format, command.settings.worker_id);
  SupervisorLink& supervisor = *link;
  auto& last_words = supervisor.page().last_words;
  redirect_load_failures(last_words.bytes, sizeof last_words.bytes);
  report_crashes_to(supervisor.page());
  const auto result = work(std::move(command), environment, started, link.get());
  if (!result) supervisor.report(FailedReport{result.error().message, result.error().exit_code});
  stop_log();
  return result ? *result : result.error().exit_code;
}

} // namespace crank
