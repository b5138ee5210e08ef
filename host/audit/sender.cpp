#include "audit/sender.hpp"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/socket.h>

namespace crank {
namespace {

#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0 // macOS: SO_NOSIGPIPE instead
#endif

// Between two sends: what a crash can cost, and what many calls a second have to wake the thread for.
constexpr std::chrono::milliseconds pause{2};

} // namespace

void AuditSender::start() {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void AuditSender::add(const AuditRecord& record) noexcept {
  const std::size_t limit = when_full_ == AuditWhenFull::refuse ? most : enough;
  bool was_empty = false;
  try {
    thread_local std::string encoded; // outside the lock
    encoded.clear();
    append_audit_wire(encoded, record);
    const std::lock_guard lock(mutex_);
    if (lost_ || waiting_.size() + encoded.size() > limit) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    was_empty = waiting_.empty();
    waiting_ += encoded;
    size_.store(waiting_.size(), std::memory_order_relaxed);
  } catch (const std::bad_alloc&) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  if (was_empty) changed_.notify_one();
}

bool AuditSender::refuses() const noexcept {
  return when_full_ == AuditWhenFull::refuse &&
         (size_.load(std::memory_order_relaxed) > enough || lost_.load(std::memory_order_relaxed) || blocked_());
}

void AuditSender::finish(std::chrono::milliseconds time) {
  if (!thread_.joinable()) return;
  end_ = std::chrono::steady_clock::now() + time;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
  ::shutdown(to_.get(), SHUT_WR);
}

void AuditSender::run() {
  std::string batch;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (!ending_) changed_.wait_for(lock, pause, [this] { return ending_; });
    append_dropped();
    if (waiting_.empty() && ending_) return;
    batch.swap(waiting_);
    size_.store(0, std::memory_order_relaxed);
    lock.unlock();
    const bool sent = send(batch);
    batch.clear();
    lock.lock();
    if (!sent) {
      lost_ = true;
      waiting_.clear();
      if (ending_) return;
      changed_.wait(lock, [this] { return ending_; });
      return;
    }
  }
}

// The next that comes through tells how many did not.
void AuditSender::append_dropped() {
  const std::uint64_t count = dropped_.exchange(0, std::memory_order_relaxed);
  if (count == 0) return;
  AuditRecord record;
  record.kind = AuditKind::dropped;
  record.time_us = audit_time_now();
  record.count = count;
  append_audit_wire(waiting_, record);
}

bool AuditSender::send(std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::send(to_.get(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      data.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
    if (std::chrono::steady_clock::now() >= end_.load()) return false;
    pollfd writable{to_.get(), POLLOUT, 0};
    ::poll(&writable, 1, 50); // an end that was set meanwhile has to be seen
  }
  return true;
}

} // namespace crank
