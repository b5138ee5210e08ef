#include "jobs/callback_sender.hpp"

#include "jobs/callback_payload.hpp"
#include "log/log.hpp"
#include "os/thread.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace crank {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_interval{200}; // how soon it is seen that another process ended a job
constexpr std::chrono::seconds recover_interval{2};
constexpr std::chrono::seconds tidy_interval{1};
constexpr std::chrono::seconds complaint_interval{30};
constexpr unsigned longest_rest = 30; // seconds
constexpr std::chrono::minutes forgiven_after{10};

double any_spread() {
  thread_local std::minstd_rand numbers{
      std::random_device{}()}; // no secret: so that receivers are not all tried at once
  return std::uniform_real_distribution<double>(-1, 1)(numbers);
}

} // namespace

CallbackSender::CallbackSender(JobStore& store, JobOwner& owner, Leadership& leadership, CallbackTransport* transport,
                               Options options)
    : store_(store), owner_(owner), transport_(transport), options_(std::move(options)),
      subscription_(leadership.on_change([this](std::uint64_t term) { lead(term != 0); })) {}

CallbackSender::~CallbackSender() { stop(std::chrono::milliseconds(0)); }

bool CallbackSender::start() try {
  thread_ = start_thread([this] { run(); });
  return true;
} catch (const std::system_error&) {
  return false;
}

void CallbackSender::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

// Another process leads once this has returned: nothing new is begun then. What is in flight is let be by the next
// leader as long as this process lives.
void CallbackSender::lead(bool leads) {
  const std::lock_guard taking(taking_);
  const std::lock_guard lock(mutex_);
  leads_ = leads;
  recovered_ = false;
  woken_ = true;
  changed_.notify_all();
}

void CallbackSender::stop(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, grace, [this] { return in_flight_ == 0; });
  }
  if (transport_) transport_->cancel();
  static_cast<void>(pool_.stop(std::chrono::milliseconds::max()));
  write_ended();
}

void CallbackSender::run() {
  while (true) {
    write_ended();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    recover();
    while (take_one()) {
    }
    tidy();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, look_interval, [this] { return woken_ || stopping_; });
    woken_ = false;
  }
}

void CallbackSender::recover() {
  {
    const std::lock_guard lock(mutex_);
    if (!leads_ || (recovered_ && Clock::now() - recovered_at_ < recover_interval)) return;
  }
  recovered_at_ = Clock::now();
  const auto is_alive = [this](std::string_view owner) { return JobOwner::is_alive(options_.directory, owner); };
  const auto recovered = store_.recover_callbacks(is_alive);
  if (!recovered) return complain(recovered.error());
  if (*recovered > 0)
    log(LogLevel::info,
        "callbacks that a process tried when it ended, and which are tried again: " + std::to_string(*recovered));
  const std::lock_guard lock(mutex_);
  recovered_ = true;
}

bool CallbackSender::may_try(std::string_view destination) {
  const std::lock_guard lock(mutex_);
  const auto known = destinations_.find(destination);
  if (known == destinations_.end()) return true;
  if (known->second.busy || silent_in_flight_ >= most_at_once / 2) return false;
  const auto left = known->second.rests_until - options_.clock();
  return left.count() <= 0 || left > std::chrono::seconds(longest_rest); // or the clock was set back
}

bool CallbackSender::take_one() {
  const std::lock_guard taking(taking_);
  {
    const std::lock_guard lock(mutex_);
    if (!transport_ || !leads_ || !recovered_ || stopping_ || in_flight_ >= most_at_once) return false;
  }
  auto claimed = store_.claim_callback(
      owner_.name(), [this](std::string_view destination) { return may_try(destination); }, options_.clock());
  if (!claimed) {
    complain(claimed.error());
    return false;
  }
  if (!*claimed) return false;
  {
    const std::lock_guard lock(mutex_);
    Destination& destination = destinations_[(*claimed)->destination];
    destination.busy = true;
    destination.silent = destination.failures > 0;
    ++in_flight_;
    if (destination.silent) ++silent_in_flight_;
  }
  const auto attempt = std::make_shared<Attempt>();
  attempt->callback = **std::move(claimed);
  pool_.submit([this, attempt] { make(attempt); });
  return true;
}

void CallbackSender::make(const std::shared_ptr<Attempt>& attempt) {
  const ClaimedCallback& callback = attempt->callback;
  try {
    attempt->answer = transport_->post({callback.url, callback.message_id, callback_body(callback.job)});
  } catch (const std::exception& problem) { // memory, most likely
    attempt->answer.error = std::string("it could not be sent: ").append(problem.what());
  }
  attempt->ended = options_.clock();
  over(attempt);
}

void CallbackSender::over(const std::shared_ptr<Attempt>& attempt) {
  const std::lock_guard lock(mutex_);
  const auto found = destinations_.find(attempt->callback.destination);
  Destination& destination = found->second;
  --in_flight_;
  if (std::exchange(destination.silent, false)) --silent_in_flight_;
  destination.busy = false;
  if (attempt->answer.status != 0) {
    destinations_.erase(found);
  } else {
    destination.failures = std::min(destination.failures + 1, longest_rest);
    destination.rests_until = attempt->ended + std::chrono::seconds(destination.failures);
  }
  if (!attempt->answer.given_up) ended_.push_back(attempt);
  woken_ = true;
  changed_.notify_all();
}

// What cannot be written waits, in its order; what cannot be written at the end is tried again by the next process.
void CallbackSender::write_ended() {
  while (true) {
    std::shared_ptr<Attempt> next;
    {
      const std::lock_guard lock(mutex_);
      if (ended_.empty()) return;
      next = ended_.front();
    }
    if (!write(*next)) return;
    const std::lock_guard lock(mutex_);
    ended_.erase(ended_.begin());
  }
}

bool CallbackSender::write(const Attempt& attempt) {
  const ClaimedCallback& callback = attempt.callback;
  CallbackOutcome outcome = outcome_of(attempt.answer);
  const std::string error = error_of(attempt.answer);
  std::optional<JobTime> next;
  if (outcome == CallbackOutcome::again)
    next = next_attempt(callback.attempt, callback.due, attempt.ended, attempt.answer, any_spread());
  if (!next && outcome == CallbackOutcome::again) outcome = CallbackOutcome::abandoned;
  const auto written = outcome == CallbackOutcome::delivered
                           ? store_.callback_delivered(callback.job.id, owner_.name())
                           : store_.callback_failed(callback.job.id, owner_.name(), error, next);
  if (!written) {
    complain(written.error());
    return false;
  }
  if (!*written) {
    log(LogLevel::warn, "what became of the callback of job " + callback.job.id + " came too late");
    return true;
  }
  const std::string what = "callback of job " + callback.job.id + " to " + callback.job.callback->place;
  if (outcome == CallbackOutcome::abandoned)
    log(LogLevel::warn, what + " is given up after attempt " + std::to_string(callback.attempt) + ": " + error);
  else if (log_enabled(LogLevel::debug))
    log(LogLevel::debug,
        what + ", attempt " + std::to_string(callback.attempt) + ": " + (error.empty() ? "delivered" : error));
  if (options_.report) options_.report({callback.job, outcome, callback.attempt, attempt.answer.status});
  return true;
}

void CallbackSender::tidy() {
  const JobTime today = options_.clock();
  {
    const std::lock_guard lock(mutex_);
    if (!leads_ || Clock::now() - tidied_at_ < tidy_interval) return;
    tidied_at_ = Clock::now();
    std::erase_if(destinations_,
                  [&](const auto& one) { return !one.second.busy && one.second.rests_until + forgiven_after < today; });
  }
  if (!transport_) {
    const auto abandoned = store_.abandon_callbacks(today - callback_time, "callbacks are turned off here");
    if (!abandoned) return complain(abandoned.error());
    if (*abandoned > 0)
      log(LogLevel::warn, "callbacks given up because they are turned off: " + std::to_string(*abandoned));
  }
  const auto pending = store_.pending_callbacks();
  if (!pending) return complain(pending.error());
  if (options_.pending) options_.pending(*pending);
}

void CallbackSender::complain(const Problem& problem) {
  const auto now = Clock::now();
  if (complained_ != Clock::time_point{} && now - complained_ < complaint_interval) return;
  complained_ = now;
  log(LogLevel::error, "callbacks: " + problem.detail);
}

} // namespace crank
