#include "jobs/job_watch.hpp"

#include "log/log.hpp"
#include "os/thread.hpp"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <utility>

namespace crank {
namespace {

constexpr std::chrono::seconds complaint_interval{30};

} // namespace

struct JobWatch::Subscriber {
  std::string id;
  std::uint64_t seen = 0;         // the watch's thread's
  std::atomic<bool> over = false; // set by it
  std::atomic<bool> ended = false;

  std::recursive_mutex mutex; // held while it is called; guards what follows
  Callback callback;
  bool calling = false;

  void tell(const Job& job) {
    if (job.version <= seen) return;
    seen = job.version;
    over = is_over(job.state);
    const std::lock_guard lock(mutex);
    if (ended) return;
    calling = true;
    callback(job);
    calling = false;
    if (ended) callback = nullptr;
  }

  void end() {
    const std::lock_guard lock(mutex);
    ended = true;
    if (!calling) callback = nullptr; // else it is what runs
  }
};

JobWatch::Subscription& JobWatch::Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) end();
  subscriber_ = std::move(other.subscriber_);
  return *this;
}

void JobWatch::Subscription::end() {
  if (const auto subscriber = std::exchange(subscriber_, nullptr)) subscriber->end();
}

bool JobWatch::start() try {
  thread_ = start_thread([this] { run(); });
  return true;
} catch (const std::system_error&) {
  return false;
}

void JobWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

Result<JobWatch::Subscription> JobWatch::watch(std::string_view id, std::uint64_t since, Callback callback) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->id = id;
  subscriber->seen = since;
  subscriber->callback = std::move(callback);
  const std::lock_guard lock(mutex_);
  if (subscribers_.size() >= most && living().size() >= most) {
    Problem problem = Problem::of(CRANK_BUSY, "too many clients watch jobs of this worker: ask for their state");
    problem.retry_after = 5;
    return problem;
  }
  subscribers_.push_back(subscriber);
  fresh_.push_back(subscriber);
  changed_.notify_one();
  return Subscription(std::move(subscriber));
}

// Without those whose subscription is over, and those whose job is.
JobWatch::Subscribers JobWatch::living() {
  Subscribers living;
  std::vector<std::weak_ptr<Subscriber>> kept;
  for (const auto& weak : subscribers_) {
    auto subscriber = weak.lock();
    if (!subscriber || subscriber->ended || subscriber->over) continue; // the thread may still hold one that ended
    kept.push_back(weak);
    living.push_back(std::move(subscriber));
  }
  subscribers_ = std::move(kept);
  return living;
}

void JobWatch::run() {
  auto next = Clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Subscribers subscribers;
    if (Clock::now() >= next) {
      fresh_.clear();
      subscribers = living();
      next = Clock::now() + interval;
    } else {
      subscribers = std::exchange(fresh_, {});
    }
    if (!subscribers.empty()) {
      lock.unlock();
      look(subscribers);
      subscribers.clear();
      lock.lock();
      continue;
    }
    const auto woken = [this] { return stopping_ || !fresh_.empty(); };
    if (subscribers_.empty())
      changed_.wait(lock, woken);
    else
      changed_.wait_until(lock, next, woken);
  }
}

void JobWatch::look(const Subscribers& subscribers) {
  std::unordered_multimap<std::string_view, Subscriber*> by_id;
  std::unordered_map<std::string_view, std::uint64_t> seen;
  for (const auto& subscriber : subscribers) {
    by_id.emplace(subscriber->id, subscriber.get());
    const auto [known, first] = seen.emplace(subscriber->id, subscriber->seen);
    if (!first) known->second = std::min(known->second, subscriber->seen);
  }
  auto jobs = store_.changed({seen.begin(), seen.end()});
  if (!jobs) {
    const auto now = Clock::now();
    if (complained_ != Clock::time_point{} && now - complained_ < complaint_interval) return;
    complained_ = now;
    return log(LogLevel::error, "jobs cannot be watched: " + jobs.error().detail);
  }
  std::vector<Job> told = std::move(jobs->jobs);
  for (std::string& id : jobs->gone) { // who waits for its end must not wait for ever
    Job& job = told.emplace_back();
    job.id = std::move(id);
    job.state = JobState::interrupted;
    job.problem = Problem::http(410, "GONE", "the job is over, and was forgotten meanwhile");
    job.version = UINT64_MAX;
  }
  for (const Job& job : told) {
    const auto [first, last] = by_id.equal_range(job.id);
    for (auto one = first; one != last; ++one) one->second->tell(job);
  }
}

} // namespace crank
