#include "supervisor/supervisor.hpp"

#include "log/log.hpp"
#include "os/file_stamp.hpp"
#include "os/platform.hpp"
#include "os/service_manager.hpp"
#include "os/signal_name.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

namespace crank {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_time{1000};
constexpr milliseconds watch_time{200};
// A timer that comes later than this by itself shows that the process stood still: SIGSTOP, a frozen container, a
// paused machine.
constexpr milliseconds longest_delay{1000};
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

milliseconds whole(std::chrono::steady_clock::duration time) { return std::chrono::duration_cast<milliseconds>(time); }

} // namespace

std::string Supervisor::new_ticket_keys() { return random_hex(80); }

Supervisor::Supervisor(SupervisorOptions options, std::unique_ptr<GenerationProcess> first, std::string ticket_keys)
    : options_(std::move(options)), first_(std::move(first)), loop_(1), signals_(loop_.get_executor()),
      wake_timer_(loop_.get_executor()), watch_timer_(loop_.get_executor()), hand_over_timer_(loop_.get_executor()),
      ticket_keys_(std::move(ticket_keys)), ticket_keys_made_(Clock::now()),
      lifecycle_({options_.start_timeout, options_.drain_timeout, options_.retire_timeout},
                 [this](std::uint64_t number) {
                   const GenerationProcess* const generation = find(number);
                   return generation ? generation->scoreboard.counts() : ScoreboardCounts();
                 }) {}

Supervisor::Supervisor(SupervisorOptions options, Succession predecessor)
    : Supervisor(std::move(options), nullptr, predecessor.ticket_keys) {
  predecessor_ = std::move(predecessor);
}

Supervisor::~Supervisor() { options_.audit.reset(); } // its thread posts to the loop

Result<int, Failure> Supervisor::run() {
  std::signal(SIGPIPE, SIG_IGN);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2}) signals_.add(signal);
  wait_for_signal();
  Succession::let_signals_in();
  if (auto failure = start_audit()) return std::move(*failure);
  listen_for_commands();
  look_at_configuration();
  next_look_ = now();
  if (predecessor_) {
    take_over(*std::exchange(predecessor_, std::nullopt));
  } else {
    lifecycle_.first(now());
    keep(std::move(first_));
  }
  wake();
  watch_files();
  if (!finished_) loop_.run();
  control_.reset();
  if (!options_.ready_file.empty()) std::remove(options_.ready_file.c_str());
  record_host("stopped");
  if (options_.audit) options_.audit->finish();
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

// ---- what the life cycle decides ----

void Supervisor::perform(Steps steps) {
  for (Step& step : steps) steps_.push_back(std::move(step));
  if (performing_) return; // they follow those that led to them
  performing_ = true;
  while (!steps_.empty()) {
    Step step = std::move(steps_.front());
    steps_.pop_front();
    std::visit([this](auto& what) { act(what); }, step);
  }
  performing_ = false;
  wake_in_time();
}

// False when it could not even begin; then `answer` has been told.
bool Supervisor::attempt(std::string reason, std::optional<CanaryPlan> canary, bool upgrade, ControlAnswer answer) {
  auto steps = lifecycle_.attempt(std::move(reason), canary, upgrade, now());
  if (!steps) {
    answer({{"ok", false}, {"error", steps.error().message}});
    return false;
  }
  answer_ = std::move(answer);
  perform(*std::move(steps));
  return true;
}

void Supervisor::act(const step::Spawn& spawn) {
  if (lifecycle_.stopping()) return perform(lifecycle_.spawn_failed(spawn.number, "the host is shutting down", now()));
  if (Clock::now() - ticket_keys_made_ > ticket_keys_age) {
    ticket_keys_ = new_ticket_keys();
    ticket_keys_made_ = Clock::now();
  }
  if (!spawn.upgrade && !is_runnable(options_.program.path))
    log(LogLevel::warn, options_.program.path +
                            " cannot be run any more; while this process lives, generations are made of "
                            "the program that it has in memory");
  look_at_configuration();
  auto made = spawn_generation(options_.program, {spawn.number, false, spawn.alone, ticket_keys_, audit_policy()},
                               !spawn.upgrade, options_.core_dumps);
  if (!made) return perform(lifecycle_.spawn_failed(spawn.number, made.error().message, now()));
  const Lifecycle::Generation* const known = lifecycle_.find(spawn.number);
  record_generation(spawn.number, "started", known ? known->reason : std::string());
  keep(*std::move(made));
}

void Supervisor::act(const step::Open& open) {
  if (GenerationProcess* const generation = find(open.number)) generation->send(GoOrder{});
}

void Supervisor::act(const step::Drain& drain) {
  GenerationProcess* const generation = find(drain.number);
  if (generation) generation->send(DrainOrder{drain.retire, static_cast<std::uint64_t>(drain.grace.count())});
}

void Supervisor::act(const step::Kill& kill) {
  GenerationProcess* const generation = find(kill.number);
  const Lifecycle::Generation* const known = lifecycle_.find(kill.number);
  if (!generation || !known) return;
  log(LogLevel::error, generation->name() + ": " + known->condemned_for + "; killing it");
  generation->kill();
}

void Supervisor::act(const step::Divert& divert) {
  GenerationProcess *const from = find(divert.from), *const to = find(divert.to);
  if (divert.per_mille == 0) {
    if (from) from->send(CanaryOrder{0});
    return;
  }
  if (!from || !to) return; // an end is being reported
  auto ends = Channel::pair();
  if (!ends) {
    return perform(lifecycle_.condemn(divert.to, "no channel between the generations: " + ends.error().message, now()));
  }
  const int giving[] = {ends->second.get()}, taking[] = {ends->first.get()};
  to->send(AdoptOrder{}, taking);
  from->send(CanaryOrder{divert.per_mille}, giving);
  log(LogLevel::info, to->name() + " gets " + std::to_string(divert.per_mille / 10) + "." +
                          std::to_string(divert.per_mille % 10) + " % of the new connections");
}

void Supervisor::act(const step::Lead& lead) {
  GenerationProcess* const generation = find(lead.number);
  if (!generation) return;
  generation->send(LeadOrder{lead.term});
  log(LogLevel::info, generation->name() + " leads, term " + std::to_string(lead.term));
}

void Supervisor::act(const step::Follow& follow) {
  if (GenerationProcess* const generation = find(follow.number)) generation->send(FollowOrder{});
}

void Supervisor::act(const step::CanaryJudged& judged) {
  const GenerationProcess* const candidate = find(judged.number);
  if (!candidate) return;
  const bool promoted = judged.verdict.decision == CanaryVerdict::Decision::promote;
  log(promoted ? LogLevel::info : LogLevel::warn, "the canary, " + candidate->name() + ", is " +
                                                      (promoted ? "promoted: " : "rolled back: ") +
                                                      judged.verdict.reason);
  record_generation(judged.number, promoted ? "promoted" : "rolled_back", judged.verdict.reason);
}

void Supervisor::act(const step::Serves& serves) {
  const GenerationProcess* const chosen = find(serves.number);
  const Lifecycle::Generation* const known = lifecycle_.find(serves.number);
  if (!chosen || !known || !chosen->ready) return;
  record_generation(serves.number, "serves", serves.reason);
  if (!serves.first) {
    std::string line = chosen->name() + " serves now (" + serves.reason + ", ready after " +
                       std::to_string(whole(now() - known->made).count()) + " ms)";
    if (const GenerationProcess* const former = find(serves.former)) {
      line += "; " + former->name() + " serves the clients it has, for at most " +
              seconds_text(lifecycle_.limits().retire_timeout);
    }
    log(LogLevel::info, line);
  }
  watch_its_files(*chosen);
  tell_service_manager("READY=1\nSTATUS=" + chosen->name() + " serves");
  if (options_.ready_file.empty() || lifecycle_.stopping()) return;
  auto failure = options_.write_ready_file(options_.ready_file, *chosen->ready);
  if (!failure) return;
  log(LogLevel::error, failure->message);
  if (!serves.first) return;
  failure_ = std::move(failure);
  stop("the ready file cannot be written");
}

void Supervisor::act(step::Settled& settled) {
  if (settled.serving != 0) forget_unused_listeners(); // while nobody serves, clients wait there for the next
  const ControlAnswer answer = std::exchange(answer_, {});
  if (!settled.failure) {
    if (settled.upgrade) return hand_over(answer, 0);
    if (answer) answer({{"ok", true}, {"generation", settled.number}});
    return;
  }
  record_generation(settled.number, "failed", *settled.failure);
  if (!lifecycle_.stopping()) {
    const GenerationProcess* const serving = find(settled.serving);
    log(LogLevel::error, "generation " + std::to_string(settled.number) + " (" + settled.reason +
                             ") failed: " + *settled.failure + "; " +
                             (serving ? serving->name() + " goes on serving" : "nobody serves"));
  }
  if (answer) answer({{"ok", false}, {"error", *settled.failure}, {"serving", settled.serving}});
}

void Supervisor::act(const step::Backoff& backoff) {
  log(LogLevel::error, "generations failed " + std::to_string(backoff.failures) +
                           " times in a row: trying only every " + seconds_text(backoff.pause) +
                           " from now on; `crank-host reload` tries at once");
}

void Supervisor::act(const step::Abandon& abandon) {
  const auto found = processes_.find(abandon.number);
  if (found == processes_.end()) return;
  log(LogLevel::error, found->second->name() + " was killed and is still there: going on without it");
  processes_.erase(found);
}

void Supervisor::act(step::Finish& finish) {
  finished_ = true;
  if (finish.failure) failure_ = std::move(finish.failure);
  exit_code_ = finish.exit_code;
  loop_.stop();
}

// ---- processes ----

GenerationProcess* Supervisor::find(std::uint64_t number) {
  const auto found = processes_.find(number);
  return found == processes_.end() ? nullptr : found->second.get();
}

void Supervisor::hold(std::unique_ptr<GenerationProcess> made) {
  made->beat_seen = now();
  connect_audit(*made);
  const std::uint64_t number = made->number;
  processes_[number] = std::move(made);
}

void Supervisor::keep(std::unique_ptr<GenerationProcess> made) {
  const std::uint64_t number = made->number;
  hold(std::move(made));
  watch_channel(number);
}

void Supervisor::watch_channel(std::uint64_t number) {
  GenerationProcess* const generation = find(number);
  generation->watch = std::make_unique<DescriptorWatch>(loop_, generation->channel.descriptor());
  read_reports(number);
}

// Handlers hold the number: the process may be gone when they run.
void Supervisor::read_reports(std::uint64_t number) {
  for (int count = 0;; ++count) {
    GenerationProcess* const generation = find(number);
    if (!generation) return;
    if (count == reports_at_once) return asio::post(loop_, [this, number] { read_reports(number); });
    Packet packet;
    switch (generation->channel.receive(packet, false)) {
    case Channel::Received::nothing: return generation->watch->wait([this, number] { read_reports(number); });
    case Channel::Received::end: return; // its end is waited for
    case Channel::Received::broken:
      return perform(lifecycle_.condemn(number, "it sent something that is no message", now()));
    case Channel::Received::packet: break;
    }
    Report report;
    if (const auto fault = decode_report(packet.text, report))
      return perform(lifecycle_.condemn(number, "it sent a message that is not understood: " + *fault, now()));
    take_report(*generation, std::move(report));
  }
}

void Supervisor::take_report(GenerationProcess& generation, Report report) {
  const std::uint64_t number = generation.number;
  if (const auto* request = std::get_if<ListenRequest>(&report)) return give_listeners(generation, *request);
  if (auto* failed = std::get_if<FailedReport>(&report)) {
    generation.failed = std::move(*failed);
  } else if (auto* ready = std::get_if<ReadyReport>(&report)) {
    if (generation.ready) return;
    if (generation.is_gone()) return reap(generation.process); // nobody is replaced by the dead
    generation.ready = std::move(*ready);
    perform(lifecycle_.ready(number, now()));
  } else if (std::holds_alternative<DivertingReport>(report)) {
    perform(lifecycle_.diverting(number, now()));
  } else if (std::holds_alternative<FollowingReport>(report)) {
    if (number == lifecycle_.leader().number) log(LogLevel::info, generation.name() + " leads no longer");
    perform(lifecycle_.following(number, now()));
  }
}

void Supervisor::look_at_configuration() {
  configuration_.clear();
  for (const auto& path : options_.watched) configuration_.push_back({path, file_stamp(path)});
}

void Supervisor::watch_its_files(const GenerationProcess& generation) {
  std::vector<WatchedFile> watched = configuration_;
  for (const PluginReport& plugin : generation.ready->plugins) watched.push_back({plugin.path, plugin.stamp});
  files_.set(std::move(watched));
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
  if (signal == SIGUSR1 || signal == SIGUSR2) {
    return log(LogLevel::warn, signal_name(signal) + " means nothing here and is ignored; SIGHUP reloads, "
                                                     "`crank-host upgrade` changes the binary");
  }
  if (signal == SIGHUP) {
    log(LogLevel::info, "SIGHUP: reloading");
    record_host("reload", "SIGHUP");
    return perform(lifecycle_.reload_soon(now()));
  }
  const std::string name = signal == SIGTERM ? "SIGTERM" : "SIGINT";
  if (!lifecycle_.stopping()) return stop(name);
  log(LogLevel::warn, "second signal: ending at once");
  record_host("killed", name);
  for (const auto& [number, generation] : processes_) generation->kill();
  if (options_.audit) options_.audit->finish();
  control_.reset();
  if (!options_.ready_file.empty()) std::remove(options_.ready_file.c_str());
  stop_log();
  ::_exit(128 + signal);
}

void Supervisor::stop(const std::string& why) {
  log(LogLevel::info, why + ": draining; a second signal ends at once");
  record_host("stopping", why);
  watch_timer_.cancel();
  tell_service_manager("STOPPING=1\nSTATUS=draining");
  if (!options_.ready_file.empty()) std::remove(options_.ready_file.c_str());
  listeners_.clear(); // when the generations have let go too, new clients are refused
  perform(lifecycle_.stop(now()));
}

// ---- the clock ----

void Supervisor::wake_in_time() {
  if (finished_) return;
  Clock::time_point next = next_look_;
  if (const auto deadline = lifecycle_.next_deadline()) next = std::min(next, *deadline);
  next += paused_;
  if (waking_at_ == next) return;
  waking_at_ = next;
  wake_timer_.expires_at(next);
  wake_timer_.async_wait([this](error_code ec) {
    if (!ec) wake();
  });
}

void Supervisor::wake() {
  if (const auto planned = std::exchange(waking_at_, std::nullopt)) {
    const Clock::duration late = Clock::now() - *planned;
    if (late > longest_delay) paused_ += late;
  }
  reap(); // a signal is a hint; nothing depends on each of them being seen
  if (now() >= next_look_) {
    next_look_ = now() + look_time;
    std::vector<std::uint64_t> numbers; // of a set that what is seen may change
    for (const auto& [number, generation] : processes_) numbers.push_back(number);
    for (const std::uint64_t number : numbers) {
      if (GenerationProcess* const generation = find(number)) look_after(*generation);
    }
  }
  perform(lifecycle_.at(now()));
}

void Supervisor::look_after(GenerationProcess& generation) {
  ScoreboardPage& page = generation.scoreboard.page();
  const Lifecycle::Counters& counters = lifecycle_.counters();
  page.crashes = counters.crashes;
  page.swaps = counters.swaps;
  page.failed_swaps = counters.failed_swaps;
  page.recycled = counters.recycled;
  show_audit(generation);
  const std::int64_t beat = generation.scoreboard.slowest_beat();
  if (beat != generation.beat || beat == 0) {
    generation.beat = beat;
    generation.beat_seen = now();
  }
  const milliseconds patience = options_.hang_timeout, silence = whole(now() - generation.beat_seen);
  if (patience.count() > 0 && silence > patience) {
    return perform(lifecycle_.hangs(generation.number,
                                    "it hangs: an I/O thread of it has not moved for " + seconds_text(silence) +
                                        " (a plugin blocks in an inline call or callback)",
                                    now()));
  }
  if (generation.number != lifecycle_.active()) return;
  const std::uint64_t pool = page.pool_threads.load();
  const ScoreboardCounts counts = generation.scoreboard.counts();
  const bool stuck = pool > 0 && counts.late >= pool;
  if (!stuck) generation.stuck_since.reset();
  if (stuck && !generation.stuck_since) generation.stuck_since = now();
  const std::uint64_t resident = options_.max_rss > 0 ? resident_bytes(generation.process).value_or(0) : 0;
  std::string why;
  if (stuck && patience.count() > 0 && now() - *generation.stuck_since > patience)
    why = "all " + std::to_string(pool) + " pool threads are held by calls that missed their deadline";
  else if (counts.given_up > 0 && patience.count() > 0)
    why = "a job that was cancelled goes on in it";
  else if (resident > options_.max_rss)
    why = "it uses " + std::to_string(resident / 1024 / 1024) + " MiB, more than max_rss_bytes allows";
  if (why.empty()) return;
  Steps steps = lifecycle_.recycle(generation.number, now());
  if (steps.empty()) return;
  log(LogLevel::warn, generation.name() + " is replaced: " + why);
  perform(std::move(steps));
}

void Supervisor::watch_files() {
  if (!options_.watch) return;
  watch_timer_.expires_after(watch_time);
  watch_timer_.async_wait([this](error_code ec) {
    if (ec || lifecycle_.stopping()) return;
    if (lifecycle_.candidate() == 0) {
      const auto changed = files_.changed();
      if (!changed.empty()) {
        log(LogLevel::info, changed.front().string() + " changed: reloading");
        record_host("reload", "watch");
        lifecycle_.encouraged();
        auto steps = lifecycle_.attempt("watch", std::nullopt, false, now());
        if (steps) perform(*std::move(steps));
      }
    }
    watch_files();
  });
}

} // namespace crank
