// The serving process: puts the parts together, starts plugins, serves, follows its supervisor, drains. The way through
// its life:
//
//   prepare ─► start threads ─► plugins start ─► ready ─► retire ─► drain ─► shut down
//                                   │ a plugin fails        │ (signal, order, or the supervisor is gone)
//                                   └───────────────────────┴────────► drain
//
// Between ready and retire or drain, whichever comes first, it may lead, once.
//
// Everything but plugins' code and I/O runs on the thread that calls run(). Knows all parts of the host but commands
// and supervisor.
#pragma once

#include "audit/sender.hpp"
#include "base/leadership.hpp"
#include "config/command_line.hpp"
#include "doors/management.hpp"
#include "engine/engine.hpp"
#include "http/server.hpp"
#include "identity/token_access.hpp"
#include "mcp/server.hpp"
#include "metrics/metrics.hpp"
#include "net/descriptor_watch.hpp"
#include "net/io_thread.hpp"
#include "net/listener.hpp"
#include "os/channel.hpp"
#include "os/result_output.hpp"
#include "sessions/session.hpp"
#include "supervision/supervisor_link.hpp"
#include "tls/certificates.hpp"
#include "tls/server_context.hpp"
#include "worker/audit_observer.hpp"
#include "worker/drain.hpp"
#include "worker/leadership_announcer.hpp"
#include "worker/local_audit.hpp"
#include "worker/plugin_set.hpp"
#include "worker/worker_jobs.hpp"

#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace crank {

// Everything a serving worker consists of, in the order in which it may depend on each other.
class Worker {
public:
  // `link`: to the supervisor, or nullptr. It outlives this.
  Worker(CommandLine command, const Environment& environment, std::chrono::steady_clock::time_point started,
         SupervisorLink* link);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Serves until SIGTERM or SIGINT, or what the supervisor says. The exit code, or what kept it from serving. Once.
  Result<int, Failure> run();

private:
  // worker_composition.cpp: what it consists of.
  CallLedger* make_ledger();
  std::optional<Failure> prepare();
  std::optional<Failure> prepare_tokens();
  std::optional<Failure> prepare_tls();
  std::optional<Failure> prepare_listeners();
  std::optional<Failure> print(ResultOutput& output);
  std::optional<Failure> build_routes();
  Site site(const Router& router, SSL_CTX* tls, std::vector<ListenSocket> listeners, const std::string& host) const;
  void add_plugin_routes(LoadedPlugin& plugin);
  std::shared_ptr<Handler> door(Operation& operation, bool may_be_job);

  // worker_audit.cpp: what it has recorded.
  std::optional<Failure> prepare_audit();
  void end_audit();

  // worker.cpp: its life.
  bool start_threads();
  std::optional<Failure> serve();
  void became_ready();
  void announce();
  void report_ready();
  void follow_tokens();
  std::string curl_line(const std::string& url) const;
  void accept_clients();
  void accept_management();
  void on_signal(int signal);
  void lead(std::uint64_t term);
  void follow();
  void leave_lead();
  void retire(std::chrono::milliseconds time);
  void drain();
  int shut_down();
  bool is_quiet();
  bool io_threads_come_round();
  [[noreturn]] void leave(int code);

  // worker_orders.cpp: what the supervisor says, and what it is shown.
  void follow_supervisor();
  void adopt_connections();
  void beat();

  Settings settings_;
  const bool print_config_;
  const Environment& environment_;
  const std::chrono::steady_clock::time_point started_;

  SupervisorLink* const link_;
  std::optional<ScoreboardLedger> ledger_;
  static constexpr std::chrono::milliseconds audit_time{2000}; // to hand over what was recorded last
  std::unique_ptr<LocalAudit> local_audit_;                    // without a supervisor
  std::optional<AuditSender> audit_;                           // with one; neither: nothing is recorded
  std::optional<AuditObserver> audit_observer_;
  Metrics metrics_;
  std::unique_ptr<TokenAccess> tokens_; // nullptr: nobody needs one
  Engine engine_;
  Leadership leadership_;
  bool may_lead_ = true; // not any more once it has led, or leaves
  std::optional<PluginSet> plugins_;
  std::unique_ptr<WorkerJobs> jobs_; // nullptr: there are none
  std::optional<McpServer> mcp_;
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
  std::optional<Timer> tokens_timer_;
  std::optional<Channel> adoption_; // a canary's connections come through it
  std::optional<DescriptorWatch> adoption_watch_;
  LeadershipAnnouncer announcer_{leadership_};
  std::thread starter_; // the control thread of the ABI while plugins start
  bool start_over_ = false;
  std::optional<Failure> start_failure_;
};

} // namespace crank
