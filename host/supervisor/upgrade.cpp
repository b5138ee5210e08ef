// The supervisor's own replacement by another binary.
#include "base/text.hpp"
#include "log/log.hpp"
#include "supervisor/supervisor.hpp"
#include "version.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace crank {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t ms_of(Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Clock::time_point time_of(std::int64_t ms) { return Clock::time_point(std::chrono::milliseconds(ms)); }

} // namespace

// First a generation of the new binary has to serve: one that cannot must not take the supervisor's place.
void Supervisor::serve_upgrade(const boost::json::object& request, ControlAnswer answer) {
  const std::string former = options_.program.path;
  if (const boost::json::value* given = request.if_contains("binary")) {
    const std::string path = given->is_string() ? std::string(given->get_string()) : std::string();
    if (!std::filesystem::path(path).is_absolute())
      return answer({{"ok", false}, {"error", "the binary's path must be absolute"}});
    if (lifecycle_.candidate() == 0) options_.program.path = path;
  }
  log(LogLevel::info, "`crank-host upgrade` to " + options_.program.path);
  record_host("upgrade", options_.program.path);
  lifecycle_.encouraged();
  const auto told = [this, former, answer](const boost::json::object& outcome) {
    const boost::json::value* ok = outcome.if_contains("ok");
    if (ok && ok->is_bool() && !ok->get_bool()) options_.program.path = former;
    answer(outcome);
  };
  attempt("upgrade", std::nullopt, true, {told, answer.client});
}

// In rounds: once signals are blocked, those that came before are still on their way to on_signal(), and an exec would
// lose them.
void Supervisor::hand_over(ControlAnswer answer, int rounds) {
  constexpr int enough = 2;
  const GenerationProcess* const active = find(lifecycle_.active());
  if (rounds == 0 && active && active->ready->succession != supervisor_succession) {
    return could_not_hand_over(
        "the new binary cannot take over from crank-host of this version; restart it when it suits", answer);
  }
  if (rounds == 0) Succession::keep_signals_out();
  if (rounds < enough) {
    hand_over_timer_.expires_after(std::chrono::milliseconds(1));
    return hand_over_timer_.async_wait(
        [this, answer = std::move(answer), rounds](error_code) mutable { hand_over(std::move(answer), rounds + 1); });
  }
  reap();
  if (lifecycle_.stopping() || !find(lifecycle_.active())) {
    Succession::let_signals_in();
    return could_not_hand_over(lifecycle_.stopping() ? "the host is shutting down" : "the new generation has ended",
                               answer);
  }
  if (options_.audit && !options_.audit->pause()) {
    Succession::let_signals_in();
    return could_not_hand_over("the audit log cannot be written now, and would have a gap", answer);
  }
  Succession state = succession();
  ++state.upgrades;
  state.client = answer.client; // it is done when the successor says so
  const std::string problem = state.hand_over_to(options_.program.path, options_.program.arguments);
  Succession::let_signals_in();
  if (options_.audit) {
    if (const auto failure = options_.audit->resume())
      log(LogLevel::error, "the audit log is written no more: " + failure->message);
  }
  could_not_hand_over(problem, answer);
}

void Supervisor::could_not_hand_over(const std::string& problem, const ControlAnswer& answer) {
  log(LogLevel::error, "generation " + std::to_string(lifecycle_.active()) +
                           " is of the new binary, but the supervisor stays what it was: " + problem);
  if (answer) answer({{"ok", false}, {"error", problem}});
  perform(lifecycle_.handed_over_to_nobody(now()));
}

Succession Supervisor::succession() {
  Succession state;
  for (const Listener& listener : listeners_)
    state.listeners.push_back({listener.address, listener.socket.descriptor()});
  for (const auto& [number, process] : processes_) {
    const Lifecycle::Generation* const known = lifecycle_.find(number);
    if (!process->ready || !known) continue;
    state.generations.push_back({number,
                                 known->reason,
                                 process->process,
                                 process->channel.descriptor(),
                                 process->scoreboard.descriptor(),
                                 -1,
                                 {},
                                 number == lifecycle_.active(),
                                 known->may_lead,
                                 ms_of(known->made + paused_),
                                 ms_of(known->serving_since.value_or(known->made) + paused_),
                                 process->addresses,
                                 *process->ready});
  }
  if (options_.audit) {
    state.audit_lock = options_.audit->lock_descriptor();
    for (const AuditWriter::Source& source : options_.audit->sources()) {
      for (auto& one : state.generations) {
        if (one.number != source.generation) continue;
        one.audit = source.reading.get();
        one.audit_rest = hex_text(source.rest);
      }
    }
  }
  if (control_) state.control = control_->descriptor();
  state.ticket_keys = ticket_keys_;
  const Lifecycle::Counters& counters = lifecycle_.counters();
  state.made = counters.made;
  state.crashes = counters.crashes;
  state.swaps = counters.swaps;
  state.failed_swaps = counters.failed_swaps;
  state.recycled = counters.recycled;
  state.reload_waits = lifecycle_.reload_waits();
  state.leader = lifecycle_.leader().number;
  state.is_to_follow = lifecycle_.leader().is_to_follow;
  state.term = lifecycle_.term();
  state.upgrades = upgrades_;
  state.started_ms = ms_of(started_);
  return state;
}

// False when nothing is known of it any more. It ends in order then, for its channel is closed.
bool Supervisor::adopt(Succession::Generation& one) {
  Descriptor channel(one.channel), audit(one.audit);
  auto scoreboard = Scoreboard::adopt(Descriptor(one.scoreboard));
  if (!scoreboard) {
    log(LogLevel::error, "generation " + std::to_string(one.number) + " is lost: " + scoreboard.error().message);
    return false;
  }
  auto generation = std::make_unique<GenerationProcess>(Channel(std::move(channel)), *std::move(scoreboard));
  generation->number = one.number;
  generation->process = one.process;
  generation->addresses = std::move(one.addresses);
  generation->ready = std::move(one.ready);
  generation->audit = std::move(audit);
  connect_audit(*generation, text_of_hex(one.audit_rest));
  lifecycle_.adopt(one.number, one.reason, one.active, one.may_lead, time_of(one.made_ms), time_of(one.serving_ms),
                   now());
  hold(std::move(generation));
  return true;
}

void Supervisor::take_over(Succession predecessor) {
  for (const auto& listener : predecessor.listeners) {
    auto socket = ListenSocket::adopt(listener.descriptor);
    if (socket) listeners_.push_back({listener.address, *std::move(socket)});
  }
  for (auto& one : predecessor.generations) {
    const bool lost = !adopt(one);
    if (lost && one.number == predecessor.leader) ::kill(one.process, SIGKILL); // it cannot be asked to stop leading
  }
  ticket_keys_ = std::move(predecessor.ticket_keys);
  ticket_keys_made_ = Clock::now();
  lifecycle_.adopt(
      {predecessor.made, predecessor.crashes, predecessor.swaps, predecessor.failed_swaps, predecessor.recycled});
  lifecycle_.adopt_leader(predecessor.leader, predecessor.is_to_follow, predecessor.term, now());
  upgrades_ = predecessor.upgrades;
  started_ = time_of(predecessor.started_ms);
  if (const GenerationProcess* const active = find(lifecycle_.active())) watch_its_files(*active);
  log(LogLevel::info, "the supervisor is " + options_.program.path + " now");
  for (const auto& one : predecessor.generations) { // only now: what one has said meanwhile may be for another to do
    if (find(one.number)) watch_channel(one.number);
  }
  reap(); // who ended while nobody listened
  if (lifecycle_.active() == 0 && lifecycle_.candidate() == 0) {
    auto steps = lifecycle_.attempt("restart", std::nullopt, false, now());
    if (steps) perform(*std::move(steps));
  }
  if (predecessor.client >= 0) {
    const GenerationProcess* const active = find(lifecycle_.active());
    answer_client(Descriptor(predecessor.client),
                  {{"ok", true},
                   {"generation", active ? active->number : lifecycle_.candidate()},
                   {"host_version", active ? active->ready->host_version : std::string(host_version)},
                   {"binary", options_.program.path}});
  }
  if (predecessor.reload_waits) perform(lifecycle_.reload_soon(now()));
}

} // namespace crank
