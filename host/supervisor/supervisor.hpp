// Keeps a worker serving: owns its listeners, makes generations, replaces them, and ends when told to.
// Holds no plugin, TLS or HTTP; plugin code never runs in this process. One thread.
#pragma once

#include "net/listener.hpp"
#include "supervisor/canary.hpp"
#include "supervisor/control_socket.hpp"
#include "supervisor/file_watch.hpp"
#include "supervisor/generation_process.hpp"
#include "supervisor/restart_policy.hpp"
#include "supervisor/succession.hpp"

#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crank {

struct SupervisorOptions {
  Program program;
  std::string control_path; // empty: none
  std::string ready_file;   // empty: none
  bool watch = false;
  std::vector<std::filesystem::path> watched; // besides the plugins
  std::chrono::milliseconds start_timeout{};  // from spawn to ready
  std::chrono::milliseconds drain_timeout{};  // after SIGTERM
  std::chrono::milliseconds retire_timeout{}; // of a replaced generation
  std::chrono::milliseconds hang_timeout{};   // zero: hung generations are not looked for
  std::uint64_t max_rss = 0;                  // bytes; 0: no ceiling
  // Writes the ready file of a worker that serves.
  std::function<std::optional<Failure>(const std::string& path, const ReadyReport&)> write_ready_file;
};

class Supervisor {
public:
  // The keys that generations share for TLS session tickets.
  static std::string new_ticket_keys();
  // The order for a first generation that is forked before this object exists.
  static StartOrder first_order() { return {1, true, true, new_ticket_keys()}; }

  // Begins with a generation that was forked by that order.
  Supervisor(SupervisorOptions options, std::unique_ptr<GenerationProcess> first, std::string ticket_keys);
  // Goes on with what a supervisor of another binary left.
  Supervisor(SupervisorOptions options, Succession predecessor);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Serves until SIGTERM, SIGINT or a `stop`. The exit code, or why the first generation could not serve.
  Result<int, Failure> run();

private:
  using Clock = std::chrono::steady_clock;

  // The replacement that is being tried, and who waits to hear of it.
  struct Attempt {
    std::string reason;
    std::optional<CanaryPlan> canary;
    ControlAnswer answer;
    bool upgrade = false; // once it serves, this process becomes its binary
    GenerationProcess* candidate = nullptr;
  };
  struct Canary {
    CanaryPlan plan;
    Clock::time_point end;
    ScoreboardCounts old_start, new_start;
  };

  // Generations.
  bool attempt(std::string reason, std::optional<CanaryPlan> canary = {}, ControlAnswer answer = {});
  void try_candidate(std::unique_ptr<GenerationProcess> made);
  void watch_channel(GenerationProcess& generation);
  void read_reports(GenerationProcess& generation);
  void take_report(GenerationProcess& generation, Report report);
  void give_listeners(GenerationProcess& generation, const ListenRequest& request);
  Result<ListenSocket*, Failure> listener_for(const Address& address);
  void forget_unused_listeners();
  void candidate_ready();
  void promote();
  void watch_its_files(const GenerationProcess& generation);
  void attempt_failed(const std::string& why);
  void retire(GenerationProcess& generation);
  void set_patience(GenerationProcess& generation, std::chrono::milliseconds time, std::string otherwise);
  void accept_before_ready();

  // Canary.
  void begin_canary();
  void check_canary();
  void end_canary();

  // Another binary.
  void serve_upgrade(const boost::json::object& request, ControlAnswer answer);
  void take_over(Succession predecessor);
  void hand_over(const ControlAnswer& answer);
  Succession succession();

  // Ends.
  void reap();
  void ended(GenerationProcess& generation, int status);
  void log_end(const GenerationProcess& generation, int status);
  void replace_failed(bool served);
  Failure first_failure(const GenerationProcess& generation, int status) const;

  // Signals, requests, the clock.
  void listen_for_commands();
  void wait_for_signal();
  void on_signal(int signal);
  void stop(const std::string& why);
  void serve_request(const boost::json::object& request, ControlAnswer answer);
  void serve_reload(const boost::json::object& request, ControlAnswer answer);
  boost::json::object status() const;
  boost::json::object status_of(const GenerationProcess& generation) const;
  void tick();
  void look_after(GenerationProcess& generation);
  void watch_files();

  SupervisorOptions options_;
  std::optional<Succession> predecessor_;
  std::unique_ptr<GenerationProcess> first_;
  asio::io_context loop_;
  asio::signal_set signals_;
  Timer tick_timer_;
  Timer watch_timer_;
  Timer restart_timer_;
  Timer hold_timer_;
  std::unique_ptr<ControlSocket> control_;

  struct Listener {
    Address address;
    ListenSocket socket;
  };
  std::vector<Listener> listeners_;
  std::string ticket_keys_;
  Clock::time_point ticket_keys_made_;

  std::vector<std::unique_ptr<GenerationProcess>> generations_;
  GenerationProcess* active_ = nullptr;
  std::optional<Attempt> attempt_;
  std::optional<Canary> canary_;
  bool attempt_again_ = false; // a SIGHUP came while one was under way
  std::uint64_t made_ = 0;
  RestartPolicy restarts_;
  Clock::time_point recycled_at_{};
  FileWatch files_;

  Clock::time_point started_ = Clock::now();
  std::uint64_t crashes_ = 0, swaps_ = 0, failed_swaps_ = 0, recycled_ = 0, upgrades_ = 0;
  std::string last_failure_;
  bool has_served_ = false;
  bool stopping_ = false;
  std::optional<Failure> failure_;
  int exit_code_ = 0;
};

} // namespace crank
