// Keeps a worker serving: owns its listeners and processes, tells the life cycle what happens to them, and does what it
// decides. Holds no plugin, TLS or HTTP; plugin code never runs in this process. One thread.
#pragma once

#include "audit/writer.hpp"
#include "net/listener.hpp"
#include "supervisor/control_socket.hpp"
#include "supervisor/file_watch.hpp"
#include "supervisor/generation_process.hpp"
#include "supervisor/lifecycle.hpp"
#include "supervisor/succession.hpp"

#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crank {

struct SupervisorOptions {
  Program program;
  bool core_dumps = false;
  std::string control_path; // empty: none
  std::string ready_file;   // empty: none
  bool watch = false;
  std::vector<std::filesystem::path> watched; // besides the plugins
  std::chrono::milliseconds start_timeout{};  // from spawn to ready
  std::chrono::milliseconds drain_timeout{};  // after SIGTERM
  std::chrono::milliseconds retire_timeout{}; // of a replaced generation
  std::chrono::milliseconds hang_timeout{};   // zero: hung generations are not looked for
  std::uint64_t max_rss = 0;                  // bytes; 0: no ceiling
  std::unique_ptr<AuditWriter> audit;         // not started; nullptr: nothing is recorded
  // Writes the ready file of a worker that serves.
  std::function<std::optional<Failure>(const std::string& path, const ReadyReport&)> write_ready_file;
};

class Supervisor {
public:
  // The keys that generations share for TLS session tickets.
  static std::string new_ticket_keys();
  // The order for a first generation that is forked before this object exists.
  static StartOrder first_order(std::string audit) { return {1, true, true, new_ticket_keys(), std::move(audit)}; }

  // Begins with a generation that was forked by that order.
  Supervisor(SupervisorOptions options, std::unique_ptr<GenerationProcess> first, std::string ticket_keys);
  // Goes on with what a supervisor of another binary left.
  Supervisor(SupervisorOptions options, Succession predecessor);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Serves until SIGTERM, SIGINT or a `stop`. The exit code, 0 if everything ended in order, or why the first
  // generation could not serve.
  Result<int, Failure> run();

private:
  // Of one generation, before anybody else has a turn.
  static constexpr int reports_at_once = 16;

  using Clock = std::chrono::steady_clock;

  // Decisions and what follows from them.
  void perform(Steps steps);
  void act(const step::Spawn& spawn);
  void act(const step::Open& open);
  void act(const step::Drain& drain);
  void act(const step::Kill& kill);
  void act(const step::Divert& divert);
  void act(const step::Lead& lead);
  void act(const step::Follow& follow);
  void act(const step::CanaryJudged& judged);
  void act(const step::Serves& serves);
  void act(step::Settled& settled);
  void act(const step::Backoff& backoff);
  void act(const step::Abandon& abandon);
  void act(step::Finish& finish);
  bool attempt(std::string reason, std::optional<CanaryPlan> canary, bool upgrade, ControlAnswer answer);

  // Processes.
  GenerationProcess* find(std::uint64_t number);
  void hold(std::unique_ptr<GenerationProcess> made);
  void keep(std::unique_ptr<GenerationProcess> made);
  void watch_channel(std::uint64_t number);
  void read_reports(std::uint64_t number);
  void take_report(GenerationProcess& generation, Report report);
  void give_listeners(GenerationProcess& generation, const ListenRequest& request);
  std::optional<Failure> find_listeners(const Place& place, bool management, std::vector<Address>& addresses,
                                        std::vector<int>& descriptors);
  const ListenSocket* bound(const Address& address) const;
  void forget_unused_listeners();
  void look_at_configuration();
  void watch_its_files(const GenerationProcess& generation);

  // Ends.
  void reap();
  void reap(pid_t process);
  void gone(std::unique_ptr<GenerationProcess> generation, std::optional<int> status);
  void log_end(const GenerationProcess& generation, std::optional<int> status);
  Failure why_it_failed(const GenerationProcess& generation, std::optional<int> status) const;

  // The audit log (records.cpp).
  std::optional<Failure> start_audit();
  std::string audit_policy() const;
  void record_host(std::string_view status, std::string reason = {});
  void record_generation(std::uint64_t number, std::string_view status, std::string reason);
  void record_lost_calls(const GenerationProcess& generation);
  void connect_audit(GenerationProcess& generation, std::string rest = {});
  void show_audit(GenerationProcess& generation);
  void show_audit();

  // Another binary.
  void serve_upgrade(const boost::json::object& request, ControlAnswer answer);
  void take_over(Succession predecessor);
  bool adopt(Succession::Generation& one);
  void hand_over(ControlAnswer answer, int rounds);
  void could_not_hand_over(const std::string& problem, const ControlAnswer& answer);
  Succession succession();

  // Signals, requests, the clock.
  void listen_for_commands();
  void wait_for_signal();
  void on_signal(int signal);
  void stop(const std::string& why);
  void serve_request(const boost::json::object& request, ControlAnswer answer);
  void serve_reload(const boost::json::object& request, ControlAnswer answer);
  boost::json::object status() const;
  boost::json::object status_of(const Lifecycle::Generation& generation) const;
  // Goes on only while this process runs: what a pause of the whole machine took is nobody's delay.
  Clock::time_point now() const { return Clock::now() - paused_; }
  void wake_in_time();
  void wake();
  void look_after(GenerationProcess& generation);
  void watch_files();

  SupervisorOptions options_;
  std::optional<Succession> predecessor_;
  std::unique_ptr<GenerationProcess> first_;
  asio::io_context loop_;
  asio::signal_set signals_;
  Timer wake_timer_;
  Timer watch_timer_;
  Timer hand_over_timer_;
  std::unique_ptr<ControlSocket> control_;

  struct Listener {
    Address address;
    ListenSocket socket;
  };
  std::vector<Listener> listeners_;
  std::string ticket_keys_;
  Clock::time_point ticket_keys_made_;

  std::map<std::uint64_t, std::unique_ptr<GenerationProcess>> processes_;
  Lifecycle lifecycle_;
  std::deque<Step> steps_; // not done yet
  bool performing_ = false;
  ControlAnswer answer_;                   // to whoever asked for the present attempt
  std::vector<WatchedFile> configuration_; // as the generation that was made last found it
  FileWatch files_;

  Clock::duration paused_{};
  Clock::time_point next_look_{}; // after the generations, by now()
  std::optional<Clock::time_point> waking_at_;
  Clock::time_point started_ = Clock::now();
  std::uint64_t upgrades_ = 0;
  std::optional<Failure> failure_;
  int exit_code_ = 0;
  bool finished_ = false;
};

} // namespace crank
