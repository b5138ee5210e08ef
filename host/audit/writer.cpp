#include "audit/writer.hpp"

#include "base/refusal.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace crank {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds checkpoint_time{1000}, retry_time{250};
constexpr std::uint64_t checkpoint_lines = 10'000; // each costs a few waits for the disk
constexpr std::size_t most_own = 1024;             // waiting
constexpr std::size_t read_at_once = 64 * 1024;    // of one source
constexpr std::size_t most_pending = 8192;         // then nobody is listened to

int milliseconds_until(Clock::time_point time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

} // namespace

Result<std::pair<Descriptor, Descriptor>, Failure> AuditWriter::channel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
    return Failure{std::string("cannot make a socket pair for the audit log: ") + std::strerror(errno)};
  for (const int end : ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
#if defined(SO_NOSIGPIPE)
    const int on = 1;
    ::setsockopt(end, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  }
  return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

AuditWriter::~AuditWriter() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    wish_ = Wish::finish;
  }
  join();
}

std::optional<Failure> AuditWriter::start(std::function<void()> blocked_changed) {
  blocked_changed_ = std::move(blocked_changed);
  wake_ = Pipe::make();
  if (!wake_) return Failure{std::string("cannot make a pipe for the audit log: ") + std::strerror(errno)};
  for (const int end : {wake_.reading.get(), wake_.writing.get()}) ::fcntl(end, F_SETFL, O_NONBLOCK);
  return resume();
}

std::optional<Failure> AuditWriter::resume() {
  {
    const std::lock_guard lock(mutex_);
    wish_ = Wish::go_on;
  }
  // Signals are for the main thread.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::optional<Failure> failure;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    failure = no_thread();
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return failure;
}

void AuditWriter::add_source(std::uint64_t generation, Descriptor reading, std::string rest) {
  ::fcntl(reading.get(), F_SETFL, ::fcntl(reading.get(), F_GETFL) | O_NONBLOCK);
  {
    const std::lock_guard lock(mutex_);
    new_sources_.push_back({generation, std::move(reading), std::move(rest)});
  }
  wake();
}

void AuditWriter::add(AuditRecord record) {
  {
    const std::lock_guard lock(mutex_);
    if (own_.size() < most_own)
      own_.push_back(std::move(record));
    else
      ++own_dropped_;
  }
  wake();
}

AuditCounts AuditWriter::counts() const {
  return {written_.load(std::memory_order_relaxed), dropped_.load(std::memory_order_relaxed), blocked_.load()};
}

bool AuditWriter::pause() {
  {
    const std::lock_guard lock(mutex_);
    wish_ = Wish::pause;
  }
  join();
  if (pending_.empty() && !blocked_) return true;
  if (const auto failure = resume()) log(LogLevel::error, "the audit log is written no more: " + failure->message);
  return false;
}

void AuditWriter::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    wish_ = Wish::finish;
  }
  join();
  if (!pending_.empty()) {
    log(LogLevel::error, "the audit log ends without its last " + std::to_string(pending_.size()) +
                             " events, which could not be written: " + log_->problem());
  }
  if (log_->head().sequence > 0) log(LogLevel::info, "the audit log's head is " + point_text(log_->head()));
}

void AuditWriter::wake() {
  const char byte = 0;
  const ssize_t ignored = ::write(wake_.writing.get(), &byte, 1); // a full pipe wakes as well
  static_cast<void>(ignored);
}

void AuditWriter::join() {
  wake();
  thread_.join();
}

// ---- the thread ----

void AuditWriter::run() {
  while (turn()) wait();
}

bool AuditWriter::turn() {
  Wish wish;
  {
    const std::lock_guard lock(mutex_);
    wish = wish_;
    std::move(new_sources_.begin(), new_sources_.end(), std::back_inserter(sources_));
    new_sources_.clear();
  }
  if (wish != Wish::go_on) { // what those who have ended left behind; who goes on may have more without end
    for (int rounds = 0; rounds < 1000 && write_all(); ++rounds) {
      take_sources();
      if (pending_.empty()) break;
    }
  }
  take_own();
  if (Clock::now() >= next_try_ || wish != Wish::go_on) write_all();
  if (wish == Wish::go_on) {
    take_sources();
    return true;
  }
  if (!blocked_ && !log_->checkpoint()) could_not_write();
  return false;
}

void AuditWriter::wait() {
  const bool listens = pending_.size() < most_pending && !(blocked_ && options().when_full == AuditWhenFull::refuse);
  std::vector<pollfd> watched{{wake_.reading.get(), POLLIN, 0}};
  if (listens) {
    for (const Source& source : sources_) watched.push_back({source.reading.get(), POLLIN, 0});
  }
  int timeout = -1;
  if (blocked_)
    timeout = milliseconds_until(next_try_);
  else if (!pending_.empty())
    timeout = 0;
  else if (!log_->signed_up_to_date())
    timeout = milliseconds_until(unsigned_since_ + checkpoint_time);
  static_cast<void>(::poll(watched.data(), static_cast<nfds_t>(watched.size()), timeout));
  std::array<char, 256> ignored;
  while (::read(wake_.reading.get(), ignored.data(), ignored.size()) > 0) {
  }
}

void AuditWriter::take_sources() {
  if (blocked_ && options().when_full == AuditWhenFull::refuse) return;
  std::erase_if(sources_, [this](Source& source) { return pending_.size() < most_pending && !read(source); });
}

// False at its end.
bool AuditWriter::read(Source& source) {
  std::array<char, read_at_once> data;
  ssize_t count = 0;
  do count = ::recv(source.reading.get(), data.data(), data.size(), MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
  source.rest.append(data.data(), static_cast<std::size_t>(count));
  take_records(source);
  return count > 0 && source.reading;
}

void AuditWriter::take_records(Source& source) {
  std::string_view rest = source.rest;
  for (AuditRecord record;;) {
    const AuditWire taken = take_audit_wire(rest, record);
    if (taken == AuditWire::record) {
      record.generation = source.generation;
      if (record.kind == AuditKind::dropped) dropped_.fetch_add(record.count, std::memory_order_relaxed);
      pending_.push_back(std::move(record));
      continue;
    }
    if (taken == AuditWire::broken) { // plugin code shares the other end
      log(LogLevel::error, "generation " + std::to_string(source.generation) +
                               " sent something that is no audit record: nothing more is taken from it");
      rest = {};
      source.reading.reset();
    }
    break;
  }
  source.rest.erase(0, source.rest.size() - rest.size());
}

void AuditWriter::take_own() {
  const std::lock_guard lock(mutex_);
  std::move(own_.begin(), own_.end(), std::back_inserter(pending_));
  own_.clear();
  dropped_untold_ += own_dropped_;
  dropped_.fetch_add(std::exchange(own_dropped_, 0), std::memory_order_relaxed);
}

// False when nothing can be written now.
bool AuditWriter::write_all() {
  if (auto recovery = log_->take_recovery()) pending_.insert(pending_.begin(), std::move(*recovery));
  if (dropped_untold_ > 0) {
    AuditRecord record;
    record.kind = AuditKind::dropped;
    record.time_us = audit_time_now();
    record.count = dropped_untold_;
    pending_.insert(pending_.begin(), std::move(record));
  }
  const bool had_signed = log_->signed_up_to_date();
  if (!log_->append(pending_)) {
    if (dropped_untold_ > 0) pending_.erase(pending_.begin());
    could_not_write();
    return false;
  }
  if (had_signed && !pending_.empty()) unsigned_since_ = Clock::now();
  written_.fetch_add(pending_.size(), std::memory_order_relaxed);
  pending_.clear();
  dropped_untold_ = 0;
  const bool due = log_->head().sequence == 0 || log_->unsigned_lines() >= checkpoint_lines ||
                   Clock::now() >= unsigned_since_ + checkpoint_time;
  if (!log_->signed_up_to_date() && (due || blocked_) && !log_->checkpoint()) {
    could_not_write();
    return false;
  }
  set_blocked(false);
  return true;
}

void AuditWriter::could_not_write() {
  next_try_ = Clock::now() + retry_time;
  if (options().when_full == AuditWhenFull::count) {
    std::uint64_t lost = 0;
    for (const AuditRecord& record : pending_) lost += record.kind == AuditKind::dropped ? record.count : 1;
    std::uint64_t told = 0; // those have been counted
    for (const AuditRecord& record : pending_) told += record.kind == AuditKind::dropped ? record.count : 0;
    pending_.clear();
    dropped_untold_ += lost;
    dropped_.fetch_add(lost - told, std::memory_order_relaxed);
  }
  set_blocked(true);
}

void AuditWriter::set_blocked(bool blocked) {
  if (blocked_.exchange(blocked) == blocked) return;
  const bool refuse = options().when_full == AuditWhenFull::refuse;
  if (blocked) {
    log(LogLevel::error, "the audit log cannot be written: " + log_->problem() + "; " +
                             (refuse ? "new work is refused until it can" : "what happens meanwhile is only counted"));
  } else {
    next_try_ = {};
    log(LogLevel::info, "the audit log can be written again");
  }
  if (blocked_changed_) blocked_changed_();
}

} // namespace crank
