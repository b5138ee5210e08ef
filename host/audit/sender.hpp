// Hands the records of a process to its audit writer, without ever making the one wait who records: they queue up in
// memory, and a thread sends them. Knows a descriptor; knows nothing of who reads there.
#pragma once

#include "audit/options.hpp"
#include "audit/record.hpp"
#include "os/descriptor.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace crank {

class AuditSender {
public:
  // A process has no more than this waiting, some 80,000 calls, so that a busy moment is no full disk. New work is
  // refused above the first (or what comes is dropped and counted, as the operator chose), and above the second even
  // what is still running goes unrecorded.
  static constexpr std::size_t enough = 16 * 1024 * 1024, most = 2 * enough; // bytes

  // `blocked`: whether the writer cannot write now. [any thread]
  AuditSender(Descriptor to, AuditWhenFull when_full, std::function<bool()> blocked)
      : to_(std::move(to)), when_full_(when_full), blocked_(std::move(blocked)) {}
  // Waits for nothing.
  ~AuditSender() { finish({}); }
  AuditSender(const AuditSender&) = delete;
  AuditSender& operator=(const AuditSender&) = delete;

  // Throws std::system_error when there is no thread to be had.
  void start();
  // [any thread, as those below but finish]
  void add(const AuditRecord& record) noexcept;
  // An event that could not even be put into words is counted as dropped.
  void lose() noexcept { dropped_.fetch_add(1, std::memory_order_relaxed); }
  // Whether no new work may begin, because what it does could not be recorded.
  bool refuses() const noexcept;
  // What nobody could be told of yet.
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
  // Sends what is left, for so long at most. Nothing may be recorded any more.
  void finish(std::chrono::milliseconds time);

private:
  void run();
  bool send(std::string_view data);
  void append_dropped();

  const Descriptor to_;
  const AuditWhenFull when_full_;
  const std::function<bool()> blocked_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  bool ending_ = false;
  std::atomic<std::size_t> size_{0}; // of what waits
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> lost_{false}; // nobody reads any more
  std::atomic<std::chrono::steady_clock::time_point> end_{std::chrono::steady_clock::time_point::max()};
  std::thread thread_;
};

} // namespace crank
