// The supervisor's own replacement by another binary.
#include "log/log.hpp"
#include "supervisor/supervisor.hpp"

#include <algorithm>
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
    if (!attempt_) options_.program.path = path;
  }
  log(LogLevel::info, "`crank-host upgrade` to " + options_.program.path);
  restarts_.reset();
  const auto told = [this, former, answer](const boost::json::object& outcome) {
    const boost::json::value* ok = outcome.if_contains("ok");
    if (ok && ok->is_bool() && !ok->get_bool()) options_.program.path = former;
    answer(outcome);
  };
  if (attempt("upgrade", {}, told) && attempt_) attempt_->upgrade = true;
}

void Supervisor::hand_over(const ControlAnswer& answer) {
  const std::uint64_t number = active_->number;
  std::string problem;
  if (active_->ready->succession != supervisor_succession) {
    problem = "the new binary cannot take over from crank-host of this version; restart it when it suits";
  } else {
    answer({{"ok", true}, {"generation", number}}); // small enough to be out at once
    Succession state = succession();
    ++state.upgrades;
    problem = state.hand_over_to(options_.program.path, options_.program.arguments);
  }
  log(LogLevel::error, "generation " + std::to_string(number) +
                           " is of the new binary, but the supervisor stays what it was: " + problem);
  if (active_->ready->succession != supervisor_succession) answer({{"ok", false}, {"error", problem}});
}

Succession Supervisor::succession() {
  Succession state;
  for (const Listener& listener : listeners_)
    state.listeners.push_back({listener.address, listener.socket.descriptor()});
  for (const auto& generation : generations_) {
    if (!generation->ready) continue;
    state.generations.push_back(
        {generation->number, generation->reason, generation->process, generation->channel.descriptor(),
         generation->scoreboard.descriptor(), generation.get() == active_, ms_of(generation->made),
         ms_of(generation->serving_since.value_or(generation->made)), generation->addresses, *generation->ready});
  }
  if (control_) state.control = control_->descriptor();
  state.ticket_keys = ticket_keys_;
  state.made = made_;
  state.crashes = crashes_;
  state.swaps = swaps_;
  state.failed_swaps = failed_swaps_;
  state.recycled = recycled_;
  state.upgrades = upgrades_;
  state.started_ms = ms_of(started_);
  return state;
}

void Supervisor::take_over(Succession predecessor) {
  for (const auto& listener : predecessor.listeners) {
    auto socket = ListenSocket::adopt(listener.descriptor);
    if (socket) listeners_.push_back({listener.address, *std::move(socket)});
  }
  for (auto& one : predecessor.generations) {
    Descriptor channel(one.channel);
    auto scoreboard = Scoreboard::adopt(Descriptor(one.scoreboard));
    if (!scoreboard) {
      log(LogLevel::error, "generation " + std::to_string(one.number) + " is lost: " + scoreboard.error().message);
      continue; // its channel closes with this: it ends in order
    }
    auto generation = std::make_unique<GenerationProcess>(Channel(std::move(channel)), *std::move(scoreboard));
    generation->number = one.number;
    generation->reason = one.reason;
    generation->process = one.process;
    generation->made = time_of(one.made_ms);
    generation->serving_since = time_of(one.serving_ms);
    generation->addresses = std::move(one.addresses);
    generation->ready = std::move(one.ready);
    generation->state = one.active ? GenerationState::active : GenerationState::retiring;
    generations_.push_back(std::move(generation));
    if (one.active) active_ = generations_.back().get();
    if (!one.active)
      set_patience(*generations_.back(), options_.retire_timeout + options_.drain_timeout + std::chrono::seconds(10),
                   "it did not end after its time was up");
    watch_channel(*generations_.back());
  }
  ticket_keys_ = std::move(predecessor.ticket_keys);
  ticket_keys_made_ = Clock::now();
  made_ = predecessor.made;
  crashes_ = predecessor.crashes;
  swaps_ = predecessor.swaps;
  failed_swaps_ = predecessor.failed_swaps;
  recycled_ = predecessor.recycled;
  upgrades_ = predecessor.upgrades;
  started_ = time_of(predecessor.started_ms);
  has_served_ = true;
  if (active_) watch_its_files(*active_);
  log(LogLevel::info, "the supervisor is " + options_.program.path + " now");
  reap(); // who ended while nobody listened
  if (!active_ && !attempt_) attempt("restart");
}

} // namespace crank
