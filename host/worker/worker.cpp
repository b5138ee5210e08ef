#include "worker/worker.hpp"

#include "base/refusal.hpp"
#include "log/log.hpp"
#include "os/spool.hpp"
#include "version.hpp"
#include "worker/ready_file.hpp"
#include "worker/smoke_call.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <future>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace crank {
namespace {

unsigned io_thread_count(const Settings& settings) {
  if (settings.io_threads > 0) return settings.io_threads;
  return std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
}

// A connection is a descriptor: the soft limit of 1024 that most systems start with would be the first thing to run
// out.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string shell_quoted(const std::string& text) {
  const bool plain =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") == std::string::npos;
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

} // namespace

Result<int, Failure> Worker::run() {
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
  if (auto failure = plugins_->create({engine_, leadership_, metrics_}, threads)) return std::move(*failure);
  std::vector<IoThread*> io;
  for (unsigned i = 0; i < threads; ++i) {
    io_threads_.push_back(std::make_unique<IoThread>(i));
    io.push_back(io_threads_.back().get());
  }
  if (auto failure = engine_.start()) return std::move(*failure);
  sessions_ = std::make_unique<SessionRegistry>(io, engine_.pool(), settings_.limits.session_queue_bytes);
  if (audit_observer_) sessions_->set_observer(&*audit_observer_);
  for (const auto& plugin : plugins_->all()) plugin->instance->set_sessions(sessions_.get());
  Server::Options options{settings_.limits, settings_.spool_dir, settings_.worker_id};
  if (audit_observer_)
    options.on_rejection = [this](const Rejection& rejection) { audit_observer_->rejected(rejection); };
  // A read-only container is no reason not to start: many workers never see a large body.
  if (const std::string why = why_no_spooling(settings_.spool_dir); !why.empty())
    log(LogLevel::warn, why + ": bodies and responses of more than " +
                            std::to_string(settings_.limits.spool_threshold_bytes) +
                            " bytes are refused; give a directory with --spool-dir");
  server_ = std::make_unique<Server>(io, metrics_, std::move(options));
  if (!settings_.jobs_dir.empty()) {
    auto jobs = WorkerJobs::open(settings_, engine_, leadership_, *plugins_, metrics_,
                                 audit_observer_ ? &*audit_observer_ : nullptr);
    if (!jobs) return std::move(jobs).error();
    jobs_ = *std::move(jobs);
  }
  if (auto failure = build_routes()) return std::move(*failure);
  drain_.emplace(control_, engine_, *sessions_, *server_,
                 Drain::Hooks{[this] { return !start_over_; }, [this] { return adoption_.has_value(); },
                              [this] { control_.stop(); }}); // a wait for signals may be pending or about to be
  if (auto failure = serve()) return std::move(*failure);
  const int code = shut_down();
  if (start_failure_) return std::move(*start_failure_);
  return code;
}

bool Worker::start_threads() {
  try {
    for (const auto& thread : io_threads_) thread->start();
    announcer_.start();
    starter_ = std::thread([this] {
      auto failure = plugins_->start();
      if (!failure) {
        failure = make_smoke_calls(engine_, *plugins_, settings_);
        if (failure) plugins_->stop();
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

std::optional<Failure> Worker::serve() {
  signals_.emplace(control_, SIGTERM, SIGINT);
  const auto next_signal = [this](auto& again) -> void {
    signals_->async_wait([this, &again](error_code ec, int signal) {
      if (ec) return;
      on_signal(signal);
      again(again);
    });
  };
  next_signal(next_signal);
  if (!start_threads()) return no_thread();
  // Without a supervisor, or if nobody serves in our stead: health is to be had while plugins start.
  if (!link_ || link_->order().accept_at_once) accept_clients();
  if (!link_ || link_->order().manage_at_once) accept_management();
  if (link_) follow_supervisor();
  if (tokens_) follow_tokens();
  control_.run();
  if (link_) link_->unwatch(); // before the loop goes
  if (!start_over_) {          // a plugin that never finishes starting cannot be stopped in order either
    log(LogLevel::error, "a plugin was still starting at the end of the drain period: ending without it");
    leave(1);
  }
  starter_.join();
  return std::nullopt;
}

void Worker::accept_clients() {
  if (!std::exchange(accepting_, true)) server_->listen(*main_site_);
}

void Worker::accept_management() {
  if (management_site_ && !std::exchange(management_accepting_, true)) server_->listen(*management_site_);
}

void Worker::became_ready() {
  engine_.set_state(EngineState::ready);
  metrics_.start_seconds.Set(std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count());
  if (!link_ || link_->order().number == 1) announce();
  if (link_) return report_ready();
  lead(1); // nobody else is there
  if (settings_.ready_file.empty()) return;
  if (auto failure = write_ready_file(settings_.ready_file, url_, management_url_)) {
    start_failure_ = std::move(failure);
    drain();
  }
}

void Worker::follow_tokens() {
  if (!tokens_timer_) tokens_timer_.emplace(control_.get_executor());
  tokens_timer_->expires_after(std::chrono::seconds(1));
  tokens_timer_->async_wait([this](error_code ec) {
    if (ec) return;
    tokens_->look();
    if (jobs_)
      jobs_->events().close_unwelcome([tokens = tokens_.get()](const Caller& caller) { return tokens->holds(caller); });
    if (sessions_->total() > 0) {
      sessions_->close_unwelcome([tokens = tokens_.get()](const Caller& caller) { return tokens->holds(caller); },
                                 "the token has expired or was revoked");
    }
    follow_tokens();
  });
}

void Worker::announce() {
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
  log(LogLevel::info, "listening on " + url_ + " (ready after " + std::to_string(time.count()) + " ms)" +
                          (management_url_.empty() ? "" : ", management on " + management_url_));
  if (settings_.log_format == LogFormat::console)
    log(LogLevel::info, "try: " + curl_line(management_url_.empty() ? url_ : management_url_));
}

std::string Worker::curl_line(const std::string& url) const {
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

void Worker::report_ready() {
  ReadyReport report{host_version, supervisor_succession, url_, management_url_, {}};
  for (const auto& plugin : plugins_->all()) {
    const PluginLibrary& library = plugin->library;
    report.plugins.push_back(
        {library.manifest.id, library.manifest.version, library.path.string(), plugin->digest, plugin->stamp});
  }
  link_->report(report);
}

void Worker::on_signal(int signal) {
  if (!drain_->begun()) {
    log(LogLevel::info,
        std::string(signal == SIGTERM ? "SIGTERM" : "SIGINT") + ": draining; a second signal ends at once");
    return drain();
  }
  log(LogLevel::warn, "second signal: ending at once");
  leave(128 + signal);
}

void Worker::lead(std::uint64_t term) {
  if (!may_lead_) return follow(); // it is leaving: the supervisor does not know yet
  may_lead_ = false;
  metrics_.leading.Set(1);
  announcer_.change(term, {});
}

// The supervisor hears of it when nobody is at it any more.
void Worker::follow() {
  may_lead_ = false;
  metrics_.leading.Set(0);
  announcer_.change(0, [this] {
    if (link_) link_->report(FollowingReport{});
  });
}

void Worker::leave_lead() {
  may_lead_ = false;
  if (leadership_.leads()) follow();
}

void Worker::retire(std::chrono::milliseconds time) {
  leave_lead();
  server_->divert({});
  mcp_->let_go();
  if (jobs_) jobs_->events().let_go(); // who follows a job goes on with the generation that serves now
  drain_->retire(time, std::chrono::milliseconds(settings_.drain_timeout_ms));
}

void Worker::drain() {
  if (drain_->begun()) return;
  leave_lead();
  if (!link_ && !settings_.ready_file.empty()) std::remove(settings_.ready_file.c_str());
  mcp_->let_go();
  if (jobs_) jobs_->events().let_go();
  drain_->begin(std::chrono::milliseconds(settings_.drain_timeout_ms));
}

int Worker::shut_down() {
  signals_.reset(); // from here on a signal ends the process by itself, whatever a plugin's stop() does
  server_->abandon_all();
  sessions_->end_all();
  const bool all_closed = server_->wait_until_idle(std::chrono::steady_clock::now() + std::chrono::seconds(3));
  if (jobs_) jobs_->finish();
  // Plugin code that is still inside a call would meet freed memory.
  if (!is_quiet()) {
    log(LogLevel::error, "plugin code still runs: ending without stop()");
    leave(1);
  }
  plugins_->stop();
  if (!all_closed) { // a client does not let go of its connection, and the I/O threads hold that
    plugins_->destroy();
    log(LogLevel::info, "stopped");
    leave(0);
  }
  for (const auto& thread : io_threads_) thread->finish(false);
  for (const auto& thread : io_threads_) thread->join();
  server_.reset();
  plugins_->destroy();
  end_audit();
  log(LogLevel::info, "stopped");
  return 0;
}

bool Worker::is_quiet() {
  if (!announcer_.finish(Drain::cancel_grace)) return false;
  if (engine_.in_flight() > 0 || !io_threads_come_round() || sessions_->total() > 0) return false;
  engine_.timers().stop();
  return engine_.pool().stop(Drain::cancel_grace);
}

bool Worker::io_threads_come_round() {
  const auto round = std::make_shared<std::promise<void>>();
  const auto left = std::make_shared<std::atomic<std::size_t>>(io_threads_.size());
  for (const auto& thread : io_threads_) {
    thread->post([round, left] {
      if (left->fetch_sub(1) == 1) round->set_value();
    });
  }
  return round->get_future().wait_for(Drain::cancel_grace) == std::future_status::ready;
}

void Worker::leave(int code) {
  end_audit();
  stop_log();
  _exit(code);
}

} // namespace crank
