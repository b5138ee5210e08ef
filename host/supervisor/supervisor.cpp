#include "supervisor/supervisor.hpp"

#include "log/log.hpp"
#include "plugin/load_guard.hpp"
#include "process/platform.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

namespace crank {
namespace {

using std::chrono::milliseconds;

// While nobody serves, clients wait in the backlog for the next generation this long; then it accepts before it is ready, and says so.
constexpr milliseconds hold_time{1000};
constexpr milliseconds tick_time{1000};
constexpr milliseconds watch_time{200};
// A generation that had to be replaced for its memory is not followed by the next such case within this time.
constexpr std::chrono::seconds recycle_pause{30};
constexpr std::chrono::hours ticket_keys_age{12};

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  if (::getentropy(random.data(), random.size()) != 0) return {};
  std::string text;
  for (const unsigned char byte : random) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

milliseconds elapsed(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - since);
}

std::string seconds_text(milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g s", static_cast<double>(time.count()) / 1000);
  return text;
}

std::string end_text(int status) {
  if (WIFSIGNALED(status)) return "was ended by " + signal_name(WTERMSIG(status));
  return "ended with code " + std::to_string(WEXITSTATUS(status));
}

} // namespace

std::string Supervisor::new_ticket_keys() { return random_hex(80); }

Supervisor::Supervisor(SupervisorOptions options, std::unique_ptr<GenerationProcess> first, std::string ticket_keys)
    : options_(std::move(options)), first_(std::move(first)), loop_(1), signals_(loop_.get_executor()),
      tick_timer_(loop_.get_executor()), watch_timer_(loop_.get_executor()), restart_timer_(loop_.get_executor()),
      hold_timer_(loop_.get_executor()), ticket_keys_(std::move(ticket_keys)), ticket_keys_made_(Clock::now()) {}

Supervisor::Supervisor(SupervisorOptions options, Succession predecessor)
    : Supervisor(std::move(options), nullptr, predecessor.ticket_keys) {
  predecessor_ = std::move(predecessor);
}

Supervisor::~Supervisor() = default;

Result<int, Failure> Supervisor::run() {
  std::signal(SIGPIPE, SIG_IGN);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) signals_.add(signal);
  wait_for_signal();
  Succession::let_signals_in();
  listen_for_commands();
  if (predecessor_) {
    take_over(*std::exchange(predecessor_, std::nullopt));
  } else {
    made_ = 1;
    attempt_.emplace(Attempt{"start", {}, {}});
    try_candidate(std::move(first_));
  }
  tick();
  watch_files();
  if (!failure_) loop_.run();
  control_.reset();
  if (!options_.ready_file.empty()) std::remove(options_.ready_file.c_str());
  if (failure_) return std::move(*failure_);
  log(LogLevel::info, "stopped");
  return exit_code_;
}

void Supervisor::listen_for_commands() {
  if (options_.control_path.empty()) return;
  const auto serve = [this](boost::json::object request, ControlAnswer answer) {
    serve_request(request, std::move(answer));
  };
  if (predecessor_ && predecessor_->control >= 0)
    control_ = ControlSocket::adopt(loop_, options_.control_path, Descriptor(predecessor_->control), serve);
  if (control_) return;
  auto control = ControlSocket::listen(loop_, options_.control_path, serve);
  if (control)
    control_ = *std::move(control);
  else
    log(LogLevel::warn, "`crank-host status` and the like will not work: " + control.error().message);
}

// ---- making generations ----

// False when it could not even begin; then `answer` has been told.
bool Supervisor::attempt(std::string reason, std::optional<CanaryPlan> canary, ControlAnswer answer) {
  const auto refuse = [&](const std::string& why) {
    if (answer) answer({{"ok", false}, {"error", why}});
    return false;
  };
  if (stopping_) return refuse("the host is shutting down");
  if (attempt_) return refuse("generation " + std::to_string(made_) + " is being tried already; wait for it");
  restart_timer_.cancel();
  if (Clock::now() - ticket_keys_made_ > ticket_keys_age) {
    ticket_keys_ = new_ticket_keys();
    ticket_keys_made_ = Clock::now();
  }
  auto made = spawn_generation(options_.program, {made_ + 1, false, active_ == nullptr, ticket_keys_});
  attempt_.emplace(Attempt{std::move(reason), canary, std::move(answer)});
  ++made_;
  if (!made) {
    attempt_failed(made.error().message);
    if (!active_) replace_failed(false);
    return false;
  }
  try_candidate(*std::move(made));
  if (!active_) accept_before_ready();
  return true;
}

void Supervisor::try_candidate(std::unique_ptr<GenerationProcess> made) {
  generations_.push_back(std::move(made));
  GenerationProcess& generation = *generations_.back();
  generation.reason = attempt_->reason;
  attempt_->candidate = &generation;
  set_patience(generation, options_.start_timeout, "it was not ready within " + seconds_text(options_.start_timeout));
  watch_channel(generation);
}

void Supervisor::accept_before_ready() {
  hold_timer_.expires_after(hold_time);
  hold_timer_.async_wait([this](error_code ec) {
    if (!ec && !active_ && attempt_ && attempt_->candidate) attempt_->candidate->send(GoOrder{});
  });
}

void Supervisor::watch_channel(GenerationProcess& generation) {
  generation.watch = std::make_unique<DescriptorWatch>(loop_, generation.channel.descriptor());
  read_reports(generation);
}

void Supervisor::read_reports(GenerationProcess& generation) {
  for (;;) {
    Packet packet;
    switch (generation.channel.receive(packet, false)) {
    case Channel::Received::nothing: return generation.watch->wait([this, &generation] { read_reports(generation); });
    case Channel::Received::end: return; // its end is waited for
    case Channel::Received::broken: return generation.kill("it sent something that is no message");
    case Channel::Received::packet: break;
    }
    Report report;
    if (const auto fault = decode_report(packet.text, report))
      return generation.kill("it sent a message that is not understood: " + *fault);
    take_report(generation, std::move(report));
  }
}

void Supervisor::take_report(GenerationProcess& generation, Report report) {
  if (const auto* request = std::get_if<ListenRequest>(&report)) return give_listeners(generation, *request);
  if (auto* failed = std::get_if<FailedReport>(&report)) {
    generation.failed = std::move(*failed);
    return;
  }
  if (std::holds_alternative<DrainedReport>(report) || generation.state != GenerationState::loading) return;
  generation.ready = std::get<ReadyReport>(std::move(report));
  generation.state = GenerationState::ready;
  if (generation.patience) generation.patience->cancel();
  candidate_ready();
}

void Supervisor::give_listeners(GenerationProcess& generation, const ListenRequest& request) {
  std::vector<int> descriptors;
  std::vector<Address> addresses{request.main};
  if (request.management) addresses.push_back(*request.management);
  for (const Address& address : addresses) {
    auto listener = listener_for(address);
    if (!listener) {
      generation.send(RefuseOrder{listener.error().message, listener.error().exit_code});
      return;
    }
    descriptors.push_back((*listener)->descriptor());
  }
  generation.addresses = std::move(addresses);
  generation.send(ListenersOrder{}, descriptors);
}

Result<ListenSocket*, Failure> Supervisor::listener_for(const Address& address) {
  for (Listener& listener : listeners_) {
    if (listener.address == address) return &listener.socket;
  }
  auto bound = ListenSocket::bind(address.host, address.port);
  if (!bound) return std::move(bound).error();
  listeners_.reserve(16); // pointers into it are handed out for a moment
  listeners_.push_back({address, *std::move(bound)});
  return &listeners_.back().socket;
}

// Those of a configuration that is gone would take connections that nobody accepts.
void Supervisor::forget_unused_listeners() {
  std::vector<Listener> kept;
  for (Listener& listener : listeners_) {
    const bool used = std::any_of(generations_.begin(), generations_.end(), [&](const auto& generation) {
      return generation->state != GenerationState::retiring &&
             std::find(generation->addresses.begin(), generation->addresses.end(), listener.address) !=
                 generation->addresses.end();
    });
    if (used) kept.push_back(std::move(listener));
  }
  listeners_.swap(kept);
}

void Supervisor::candidate_ready() {
  if (stopping_) return;
  if (attempt_->canary && active_)
    begin_canary();
  else
    promote();
}

// The candidate takes over; the one that served so far stops accepting and serves its clients to the end.
void Supervisor::promote() {
  GenerationProcess& chosen = *attempt_->candidate;
  GenerationProcess* const former = active_;
  hold_timer_.cancel();
  end_canary();
  chosen.send(GoOrder{}); // first: for a moment both accept, and never nobody
  chosen.state = GenerationState::active;
  chosen.serving_since = Clock::now();
  active_ = &chosen;
  if (former) {
    retire(*former);
    ++swaps_;
    log(LogLevel::info, chosen.name() + " serves now (" + attempt_->reason + ", ready after " +
                            std::to_string(elapsed(chosen.made).count()) + " ms); " + former->name() +
                            " serves the clients it has, for at most " + seconds_text(options_.retire_timeout));
  } else if (has_served_) {
    log(LogLevel::info, chosen.name() + " serves now (" + attempt_->reason + ", ready after " +
                            std::to_string(elapsed(chosen.made).count()) + " ms)");
  }
  if (!options_.ready_file.empty()) {
    if (auto failure = options_.write_ready_file(options_.ready_file, *chosen.ready)) {
      log(LogLevel::error, failure->message);
      if (!has_served_) {
        failure_ = std::move(failure);
        stop("the ready file cannot be written");
      }
    }
  }
  has_served_ = true;
  last_failure_.clear();
  forget_unused_listeners();
  watch_its_files(chosen);
  const auto done = std::exchange(attempt_, std::nullopt);
  if (done->upgrade) return hand_over(done->answer);
  if (done->answer) done->answer({{"ok", true}, {"generation", chosen.number}});
  if (std::exchange(attempt_again_, false)) attempt("reload");
}

void Supervisor::watch_its_files(const GenerationProcess& generation) {
  std::vector<std::filesystem::path> watched = options_.watched;
  for (const PluginReport& plugin : generation.ready->plugins) watched.emplace_back(plugin.path);
  files_.set(std::move(watched));
}

void Supervisor::attempt_failed(const std::string& why) {
  hold_timer_.cancel();
  end_canary();
  const auto failed = std::exchange(attempt_, std::nullopt);
  last_failure_ = why;
  if (active_) ++failed_swaps_;
  log(LogLevel::error, "generation " + std::to_string(made_) + " (" + failed->reason + ") failed: " + why + "; " +
                           (active_ ? active_->name() + " goes on serving" : "nobody serves"));
  if (failed->answer) failed->answer({{"ok", false}, {"error", why}, {"serving", active_ ? active_->number : 0}});
  if (std::exchange(attempt_again_, false) && active_) attempt("reload");
}

void Supervisor::retire(GenerationProcess& generation) {
  generation.state = GenerationState::retiring;
  const auto grace = options_.retire_timeout;
  generation.send(DrainOrder{true, static_cast<std::uint64_t>(grace.count())});
  set_patience(generation, grace + options_.drain_timeout + std::chrono::seconds(10),
               "it did not end after its time was up");
}

void Supervisor::set_patience(GenerationProcess& generation, milliseconds time, std::string otherwise) {
  generation.patience = std::make_unique<Timer>(loop_.get_executor(), time);
  generation.patience->async_wait([&generation, otherwise = std::move(otherwise)](error_code ec) {
    if (ec) return;
    log(LogLevel::error, generation.name() + ": " + otherwise + "; killing it");
    generation.kill(otherwise);
  });
}

// ---- canary ----

void Supervisor::begin_canary() {
  GenerationProcess& candidate = *attempt_->candidate;
  const CanaryPlan plan = *attempt_->canary;
  auto ends = Channel::pair();
  if (!ends) return candidate.kill("no channel between the generations: " + ends.error().message);
  const int from[] = {ends->first.get()}, to[] = {ends->second.get()};
  candidate.send(AdoptOrder{}, from);
  active_->send(CanaryOrder{plan.per_mille}, to);
  candidate.state = GenerationState::canary;
  candidate.serving_since = Clock::now();
  canary_ = Canary{plan, Clock::now() + plan.duration, active_->scoreboard.counts(), candidate.scoreboard.counts()};
  log(LogLevel::info, candidate.name() + " gets " + std::to_string(plan.per_mille / 10) + "." +
                          std::to_string(plan.per_mille % 10) + " % of the new connections for " +
                          seconds_text(plan.duration));
}

void Supervisor::check_canary() {
  if (!canary_ || !active_ || !attempt_ || !attempt_->candidate) return;
  const CanaryVerdict verdict =
      judge_canary(active_->scoreboard.counts().since(canary_->old_start),
                   attempt_->candidate->scoreboard.counts().since(canary_->new_start), Clock::now() >= canary_->end);
  if (verdict.decision == CanaryVerdict::Decision::go_on) return;
  GenerationProcess& candidate = *attempt_->candidate;
  if (verdict.decision == CanaryVerdict::Decision::promote) {
    log(LogLevel::info, "the canary, " + candidate.name() + ", is promoted: " + verdict.reason);
    return promote();
  }
  log(LogLevel::warn, "the canary, " + candidate.name() + ", is rolled back: " + verdict.reason);
  end_canary();
  retire(candidate);
  attempt_failed("rolled back: " + verdict.reason);
}

void Supervisor::end_canary() {
  if (!std::exchange(canary_, std::nullopt)) return;
  if (active_) active_->send(CanaryOrder{0});
}

// ---- ends ----

// Every child, also those that are ours only because we are process 1.
void Supervisor::reap() {
  for (;;) {
    int status = 0;
    const pid_t process = ::waitpid(-1, &status, WNOHANG);
    if (process <= 0) return;
    const auto found = std::find_if(generations_.begin(), generations_.end(),
                                    [process](const auto& one) { return one->process == process; });
    if (found == generations_.end()) continue;
    GenerationProcess& generation = **found;
    read_reports(generation);  // what it said at last
    ::kill(-process, SIGKILL); // what its plugins started
    const auto keep = std::move(*found);
    generations_.erase(found);
    ended(*keep, status);
  }
}

void Supervisor::ended(GenerationProcess& generation, int status) {
  log_end(generation, status);
  if (WIFSIGNALED(status) && !generation.condemned) ++crashes_;
  const bool was_active = active_ == &generation;
  const bool was_candidate = attempt_ && attempt_->candidate == &generation;
  if (was_active) active_ = nullptr;
  if (stopping_) {
    if (was_candidate) attempt_.reset();
    if (generations_.empty()) loop_.stop();
    return;
  }
  if (was_candidate) {
    const Failure failure = first_failure(generation, status);
    const bool was_serving = generation.state == GenerationState::canary;
    if (!has_served_) {
      failure_ = failure;
      return loop_.stop();
    }
    attempt_failed(failure.message);
    if (!active_ && !was_serving) replace_failed(false);
  } else if (was_active) {
    if (canary_ && attempt_ && attempt_->candidate) return promote(); // it serves already
    if (attempt_) return accept_before_ready();                       // the next is on its way
    replace_failed(true);
  }
}

void Supervisor::replace_failed(bool served) {
  const auto pause = restarts_.failed(served, Clock::now());
  if (restarts_.breaker_open()) {
    log(LogLevel::error, "generations failed " + std::to_string(restarts_.failures()) +
                             " times in a row: trying only every " + seconds_text(pause) +
                             " from now on; `crank-host reload` tries at once");
  }
  if (pause.count() == 0) {
    attempt("restart");
    return;
  }
  restart_timer_.expires_after(pause);
  restart_timer_.async_wait([this](error_code ec) {
    if (!ec && !active_ && !attempt_) attempt("restart");
  });
}

void Supervisor::log_end(const GenerationProcess& generation, int status) {
  const bool expected = generation.state == GenerationState::retiring || generation.state == GenerationState::stopping;
  if (WIFEXITED(status) && expected) {
    log(LogLevel::info, generation.name() + " has ended");
    return;
  }
  if (WIFEXITED(status) && generation.state == GenerationState::loading) return; // its failure is told elsewhere
  std::string line = generation.name() + " " + end_text(status);
  if (generation.condemned) line += " because " + generation.condemned_for;
  const auto crash = generation.scoreboard.crash();
  LogContext context;
  if (crash) {
    line = generation.name() + " crashed: " + signal_name(crash->signal);
    char address[32];
    std::snprintf(address, sizeof address, " at 0x%llx", static_cast<unsigned long long>(crash->address));
    line += address;
    if (!crash->operation.empty()) line += " in plugin " + crash->plugin + ", operation " + crash->operation;
    context = {crash->plugin, crash->request_id, {}};
  }
  std::string others;
  std::size_t lost = 0;
  for (const RecordedCall& call : generation.scoreboard.calls()) {
    if (call.state == CallState::late) continue;
    ++lost;
    if (crash && call.request_id == crash->request_id) continue;
    if (others.size() < 2000) others += (others.empty() ? "" : ", ") + call.request_id + " (" + call.operation + ")";
  }
  if (lost > 0) line += "; " + std::to_string(lost) + " request(s) were in flight";
  if (!others.empty()) line += ", besides it: " + others;
  log(LogLevel::error, context, line);
  if (!crash) return;
  for (std::size_t i = 0; i < crash->frames.size(); ++i)
    log(LogLevel::error, context, "  #" + std::to_string(i) + " " + crash->frames[i]);
}

// Why a generation that never served ended.
Failure Supervisor::first_failure(const GenerationProcess& generation, int status) const {
  if (generation.failed) return {generation.failed->message, static_cast<int>(generation.failed->exit_code)};
  const std::string last_words = generation.scoreboard.page().last_words.get();
  if (!last_words.empty()) return {last_words, WIFEXITED(status) ? WEXITSTATUS(status) : 3};
  if (generation.condemned) return {generation.name() + ": " + generation.condemned_for, 3};
  const auto crash = generation.scoreboard.crash();
  if (WIFSIGNALED(status))
    return {"a plugin crashed the worker while it started (" + signal_name(WTERMSIG(status)) +
                "); the log above says where",
            3};
  return {"the worker ended with code " + std::to_string(WEXITSTATUS(status)) + " before it served",
          WEXITSTATUS(status) == 0 ? 1 : WEXITSTATUS(status)};
}

// ---- signals ----

void Supervisor::wait_for_signal() {
  signals_.async_wait([this](error_code ec, int signal) {
    if (ec) return;
    on_signal(signal);
    wait_for_signal();
  });
}

void Supervisor::on_signal(int signal) {
  if (signal == SIGCHLD) return reap();
  if (signal == SIGHUP) {
    log(LogLevel::info, "SIGHUP: reloading");
    restarts_.reset();
    if (attempt_)
      attempt_again_ = true;
    else
      attempt("reload");
    return;
  }
  const std::string name = signal == SIGTERM ? "SIGTERM" : "SIGINT";
  if (!stopping_) return stop(name);
  log(LogLevel::warn, "second signal: ending at once");
  for (const auto& generation : generations_) generation->kill("a second signal came");
  control_.reset();
  if (!options_.ready_file.empty()) std::remove(options_.ready_file.c_str());
  stop_log();
  ::_exit(128 + signal);
}

void Supervisor::stop(const std::string& why) {
  stopping_ = true;
  log(LogLevel::info, why + ": draining; a second signal ends at once");
  for (Timer* timer : {&restart_timer_, &hold_timer_, &watch_timer_}) timer->cancel();
  if (!options_.ready_file.empty()) std::remove(options_.ready_file.c_str());
  listeners_.clear(); // when the generations have let go too, new clients are refused
  for (const auto& generation : generations_) {
    generation->state = GenerationState::stopping;
    generation->send(DrainOrder{false, static_cast<std::uint64_t>(options_.drain_timeout.count())});
    set_patience(*generation, options_.drain_timeout + std::chrono::seconds(10),
                 "it did not end after its time was up");
  }
  if (generations_.empty()) loop_.stop();
}

// ---- the clock ----

void Supervisor::tick() {
  tick_timer_.expires_after(tick_time);
  tick_timer_.async_wait([this](error_code ec) {
    if (ec) return;
    for (const auto& generation : generations_) look_after(*generation);
    check_canary();
    tick();
  });
}

void Supervisor::look_after(GenerationProcess& generation) {
  ScoreboardPage& page = generation.scoreboard.page();
  page.crashes = crashes_;
  page.swaps = swaps_;
  page.failed_swaps = failed_swaps_;
  page.recycled = recycled_;
  if (stopping_ || generation.condemned) return;
  const bool serves = &generation == active_ || generation.state == GenerationState::canary;
  const std::int64_t patience = options_.hang_timeout.count();
  if (patience > 0 && generation.scoreboard.silence_ms() > patience) {
    const std::string why = "an I/O thread of it has not moved for " +
                            seconds_text(milliseconds(generation.scoreboard.silence_ms())) +
                            " (a plugin blocks in an inline call or callback)";
    log(LogLevel::error, generation.name() + " hangs: " + why + "; killing it");
    if (serves) ++recycled_;
    return generation.kill(why);
  }
  if (&generation != active_ || attempt_) return;
  const std::uint64_t pool = page.pool_threads.load();
  const bool stuck = pool > 0 && generation.scoreboard.counts().late >= pool;
  if (!stuck) generation.stuck_since_ms = 0;
  if (stuck && generation.stuck_since_ms == 0) generation.stuck_since_ms = steady_ms();
  const std::uint64_t resident = options_.max_rss > 0 ? resident_bytes(generation.process).value_or(0) : 0;
  std::string why;
  if (stuck && patience > 0 && steady_ms() - generation.stuck_since_ms > patience)
    why = "all " + std::to_string(pool) + " pool threads are held by calls that missed their deadline";
  else if (resident > options_.max_rss)
    why = "it uses " + std::to_string(resident / 1024 / 1024) + " MiB, more than max_rss_bytes allows";
  if (why.empty() || Clock::now() - recycled_at_ < recycle_pause) return;
  recycled_at_ = Clock::now();
  ++recycled_;
  log(LogLevel::warn, generation.name() + " is replaced: " + why);
  attempt("recycle");
}

void Supervisor::watch_files() {
  if (!options_.watch) return;
  watch_timer_.expires_after(watch_time);
  watch_timer_.async_wait([this](error_code ec) {
    if (ec || stopping_) return;
    if (!attempt_) {
      const auto changed = files_.changed();
      if (!changed.empty()) {
        log(LogLevel::info, changed.front().string() + " changed: reloading");
        restarts_.reset();
        attempt("watch");
      }
    }
    watch_files();
  });
}

} // namespace crank
