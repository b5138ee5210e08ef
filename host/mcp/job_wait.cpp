#include "mcp/job_wait.hpp"

#include <cmath>
#include <utility>

namespace crank {
namespace {

std::string description_of(const Job& job) {
  std::string text(name_of(job.state));
  if (job.fraction >= 0) text += ", " + std::to_string(std::lround(job.fraction * 100)) + " %";
  if (!job.note.empty()) text += ": " + job.note;
  return text;
}

} // namespace

JobWait::JobWait(JobWatch& watch, TimerQueue& timers, std::shared_ptr<McpPeer> peer, std::string token,
                 std::optional<std::chrono::milliseconds> most, Done done)
    : watch_(watch), timers_(timers), peer_(std::move(peer)),
      end_(most ? Clock::now() + *most : Clock::time_point::max()), done_(std::move(done)),
      progress_(std::move(token)) {}

std::optional<Problem> JobWait::begin(const Job& job) {
  {
    const std::lock_guard lock(mutex_);
    job_ = job;
  }
  if (is_over(job.state)) {
    end(true);
    return std::nullopt;
  }
  auto subscription =
      watch_.watch(job.id, job.version, [self = shared_from_this()](const Job& now) { self->changed(now); });
  if (!subscription) return subscription.error();
  {
    const std::lock_guard lock(mutex_);
    if (!over_) std::swap(subscription_, *subscription);
  }
  schedule_beat();
  return std::nullopt;
}

void JobWait::changed(const Job& job) {
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    job_ = job;
    if (!is_over(job.state)) return tell();
  }
  end(true);
}

void JobWait::tell() {
  if (!peer_->listens()) return;
  if (auto message = progress_.at(-1, description_of(job_))) peer_->notify(*std::move(message));
}

void JobWait::schedule_beat() {
  const auto next = std::min(end_, Clock::now() + beat);
  timers_.schedule(next, [self = shared_from_this()] { self->beats(); });
}

void JobWait::beats() {
  if (Clock::now() >= end_) return end(true);
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    tell();
  }
  schedule_beat();
}

void JobWait::let_go() { end(true); }

void JobWait::abandon() { end(false); }

void JobWait::end(bool say) {
  JobWatch::Subscription subscription; // ends without the lock, which the callback takes
  Job job;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
    std::swap(subscription, subscription_);
    job = job_;
  }
  if (say)
    done_(job);
  else
    peer_->abandon();
}

} // namespace crank
