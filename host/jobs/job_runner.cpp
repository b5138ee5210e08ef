#include "jobs/job_runner.hpp"

#include "engine/operation.hpp"
#include "jobs/job_run.hpp"
#include "log/log.hpp"
#include "os/thread.hpp"

#include <utility>

namespace crank {
namespace {

// How soon it is seen that another process accepted a job, or wants one ended.
constexpr std::chrono::milliseconds look_interval{100};
constexpr std::chrono::seconds recover_interval{2}; // a retired generation may end under its jobs at any time
constexpr std::chrono::seconds tidy_interval{60};
constexpr std::chrono::seconds count_interval{1};
constexpr std::chrono::seconds complaint_interval{30};
constexpr std::size_t tidied_at_once = 1000;

} // namespace

JobTime job_clock() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

JobRunner::JobRunner(Engine& engine, JobStore& store, JobOwner& owner, Leadership& leadership, FindOperation find,
                     Options options)
    : engine_(engine), store_(store), owner_(owner), find_(std::move(find)), options_(std::move(options)),
      subscription_(leadership.on_change([this](std::uint64_t term) { lead(term != 0); })) {}

JobRunner::~JobRunner() { stop(); }

bool JobRunner::start() try {
  thread_ = start_thread([this] { run(); });
  return true;
} catch (const std::system_error&) {
  return false;
}

void JobRunner::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

void JobRunner::make_room_soon() {
  more_is_kept_ = true;
  wake();
}

// Another process leads once this has returned.
void JobRunner::lead(bool leads) {
  const std::lock_guard taking(taking_);
  const std::lock_guard lock(mutex_);
  leads_ = leads;
  recovered_ = false;
  woken_ = true;
  changed_.notify_one();
}

void JobRunner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void JobRunner::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const bool stopping = stopping_;
    lock.unlock();
    write_outcomes();
    if (stopping) return;
    take_up();
    pass_on_cancellations();
    make_room();
    tidy();
    count();
    lock.lock();
    changed_.wait_for(lock, look_interval, [this] { return woken_ || stopping_; });
    woken_ = false;
  }
}

void JobRunner::take_up() {
  recover();
  while (take_one()) write_outcomes();
}

void JobRunner::recover() {
  {
    const std::lock_guard lock(mutex_);
    if (!leads_ || (recovered_ && Clock::now() - recovered_at_ < recover_interval)) return;
  }
  recovered_at_ = Clock::now();
  const auto is_alive = [this](std::string_view owner) { return JobOwner::is_alive(options_.directory, owner); };
  const auto recovered = store_.recover(is_alive, job_clock());
  if (!recovered) return complain(recovered.error());
  metrics().ended(name_of(JobState::interrupted), recovered->interrupted);
  metrics().ended(name_of(JobState::cancelled), recovered->cancelled);
  if (recovered->queued_again + recovered->interrupted + recovered->cancelled > 0) {
    log(LogLevel::warn, "jobs of a process that ended: " + std::to_string(recovered->queued_again) + " wait again, " +
                            std::to_string(recovered->interrupted) +
                            " are interrupted, because they may not be repeated or have lost too many processes, " +
                            std::to_string(recovered->cancelled) + " were to be cancelled");
  }
  const std::lock_guard lock(mutex_);
  recovered_ = true;
}

bool JobRunner::take_one() {
  const std::lock_guard taking(taking_);
  {
    const std::lock_guard lock(mutex_);
    if (!leads_ || !recovered_ || stopping_ || engine_.state() != EngineState::ready) return false;
  }
  const auto has_room = [this](std::string_view name) {
    Operation* const operation = find_(name);
    if (!operation) return false; // of a plugin that is not here any more: it may come back
    const std::lock_guard lock(mutex_);
    const auto busy = busy_.find(name);
    return busy == busy_.end() || busy->second < operation->spec().limits.max_concurrency;
  };
  auto claimed = store_.claim(owner_.name(), has_room, job_clock());
  if (!claimed) {
    complain(claimed.error());
    return false;
  }
  if (!*claimed) return false;
  const Job& job = (*claimed)->job;
  if (job.attempt == 1) metrics().waited(std::chrono::duration<double>(*job.started - job.created).count());
  Operation& operation = *find_(job.operation);
  if (const auto& lost = (*claimed)->input.lost) {
    const auto written = store_.fail(job.id, owner_.name(), JobState::failed, *lost, job_clock());
    if (!written) complain(written.error());
    return true;
  }
  auto run = std::make_shared<JobRun>(*this, job, operation.spec().streaming);
  const auto invocation = std::make_shared<Invocation>(
      operation, std::make_shared<JobAttributes>(job, options_.worker_id),
      std::make_unique<JobInput>(std::move((*claimed)->input)), job.content_type, job.request_id, job.traceparent, run);
  run->belongs_to(invocation);
  {
    const std::lock_guard lock(mutex_);
    running_[job.id] = invocation;
    ++busy_[job.operation];
  }
  engine_.invoke_patiently(invocation);
  return true;
}

void JobRunner::pass_on_cancellations() {
  look_for_returned();
  {
    const std::lock_guard lock(mutex_);
    if (running_.empty()) return cancelled_.clear();
  }
  const auto ids = store_.cancel_requests(owner_.name());
  if (!ids) return complain(ids.error());
  std::map<std::string, Clock::time_point> cancelled;
  for (const std::string& id : *ids) {
    std::shared_ptr<Invocation> invocation;
    {
      const std::lock_guard lock(mutex_);
      const auto found = running_.find(id);
      if (found != running_.end()) invocation = found->second.lock();
    }
    if (!invocation) continue;
    if (!invocation->cancelled()) engine_.abandon(*invocation, CancelReason::job_cancelled);
    if (invocation->cancel_reason() != CancelReason::job_cancelled) continue;
    const auto now = Clock::now();
    const auto known = cancelled_.find(id);
    const auto since = known == cancelled_.end() ? now : known->second;
    if (now - since < options_.cancel_grace)
      cancelled.emplace(id, since);
    else
      give_up(id, *invocation);
  }
  cancelled_ = std::move(cancelled);
}

// Its caller is told that it is over; what runs on counts as busy, so that no job is taken up to wait behind it.
void JobRunner::give_up(const std::string& id, Invocation& invocation) {
  {
    const std::lock_guard lock(mutex_);
    if (running_.erase(id) == 0) return; // it has just answered
    given_up_.push_back({invocation.weak_from_this(), invocation.operation().spec().name});
  }
  engine_.give_up(invocation);
}

void JobRunner::look_for_returned() {
  const std::lock_guard lock(mutex_);
  std::erase_if(given_up_, [this](const GivenUp& one) {
    if (!one.invocation.expired()) return false;
    const auto busy = busy_.find(one.operation);
    if (--busy->second == 0) busy_.erase(busy);
    return true;
  });
}

void JobRunner::over(const std::string& id, const std::string& operation, std::function<Result<bool>()> write) {
  const std::lock_guard lock(mutex_);
  if (running_.erase(id) > 0) {
    const auto busy = busy_.find(operation);
    if (--busy->second == 0) busy_.erase(busy);
  }
  outcomes_.push_back({id, std::move(write)});
  woken_ = true;
  changed_.notify_one();
}

void JobRunner::later(std::function<Result<bool>()> write) {
  const std::lock_guard lock(mutex_);
  notes_.push_back(std::move(write)); // written at the next look: nobody waits for it
}

// What cannot be written waits, in its order; what cannot be written at the end is found by who recovers.
void JobRunner::write_outcomes() {
  std::vector<std::function<Result<bool>()>> notes;
  {
    const std::lock_guard lock(mutex_);
    notes.swap(notes_);
  }
  for (const auto& note : notes) static_cast<void>(note());
  while (true) {
    Outcome next;
    {
      const std::lock_guard lock(mutex_);
      if (outcomes_.empty()) return;
      next = outcomes_.front();
    }
    const auto written = next.write();
    if (!written) return complain(written.error());
    more_is_kept_ = true;
    if (!*written)
      log(LogLevel::warn, "what became of job " + next.id + " came too late: it is not this process' any more");
    const std::lock_guard lock(mutex_);
    outcomes_.erase(outcomes_.begin());
  }
}

// What ended may leave more than is to be kept.
void JobRunner::make_room() {
  if (!more_is_kept_.exchange(false)) return;
  const auto forgotten = store_.forget_beyond(options_.kept_bytes, tidied_at_once);
  if (!forgotten) return complain(forgotten.error());
  more_is_kept_ = *forgotten == tidied_at_once;
}

void JobRunner::tidy() {
  const auto now = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    if (!leads_ || now - tidied_ < tidy_interval) return;
  }
  more_is_kept_ = true; // by another process, perhaps
  const JobTime today = job_clock();
  const auto old = store_.forget(today - options_.keep, today, tidied_at_once);
  if (!old) return complain(old.error());
  store_.sweep([this](std::string_view owner) { return JobOwner::is_alive(options_.directory, owner); });
  if (*old < tidied_at_once) tidied_ = now;
}

// For /metrics, which must not wait for a disk.
void JobRunner::count() {
  const auto now = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    if (!leads_) return metrics().follow();
    if (now - counted_ < count_interval) return;
  }
  counted_ = now;
  if (const auto counts = store_.count()) metrics().in_store(counts->queued, counts->running);
}

Result<bool> JobRunner::counted(Result<bool> written, JobState state) {
  if (written && *written && is_over(state)) metrics().ended(name_of(state));
  return written;
}

void JobRunner::complain(const Problem& problem) {
  const auto now = Clock::now();
  if (complained_ != Clock::time_point{} && now - complained_ < complaint_interval) return;
  complained_ = now;
  log(LogLevel::error, "jobs: " + problem.detail);
}

} // namespace crank
