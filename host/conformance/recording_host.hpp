// The host as a plugin sees it, for conformance checks: log, timers, publication. Implements the tables over the C ABI
// directly.
#pragma once

#include "conformance/check_report.hpp"
#include "conformance/recording_session.hpp"

#include <crank/crank.h>
#include <crank/ext/session.h>
#include <crank/ext/timer.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace crank {

class RecordingHost {
public:
  struct Options {
    bool extensions = true;                // else extension() knows nothing
    std::size_t size = sizeof(crank_host); // what the table claims
  };

  explicit RecordingHost(CheckReport& report) : RecordingHost(report, Options()) {}
  RecordingHost(CheckReport& report, Options options);
  RecordingHost(const RecordingHost&) = delete;
  RecordingHost& operator=(const RecordingHost&) = delete;

  const crank_host* table() const { return &storage_.table; }
  std::string last_log() const;

  // Sessions that publish() reaches; the host does not own them.
  void add(RecordingSession& session);
  void remove(RecordingSession& session);

  // Timers fire, on a thread of their own, between these two.
  void started();
  void stopped();
  // Fires every timer that is not cancelled once, as if it were due.
  void fire_timers();

private:
  using Clock = std::chrono::steady_clock;
  struct Timer {
    void (*fire)(void*) noexcept;
    void* user;
    Clock::time_point due;
    std::chrono::milliseconds period; // 0: once
    bool over = false;                // cancelled, or fired for the last time
  };

  static RecordingHost& of(const crank_host* host) { return *static_cast<RecordingHost*>(host->host_data); }
  void fill_tables(Options options);
  const void* extension(std::string_view id) const;
  crank_status schedule(const crank_timer_spec* spec, std::uint64_t* id);
  crank_status cancel(std::uint64_t id);
  void fire_those_due_at(Clock::time_point now);
  crank_status publish(std::string_view topic, const crank_message* message);

  struct {
    crank_host table;
    void* later_members[8];
  } storage_{};
  crank_timers timers_table_{};
  crank_sessions sessions_table_{};
  CheckReport& report_;
  const bool extensions_;

  mutable std::mutex mutex_;
  std::recursive_mutex firing_; // held while timers fire: cancel() waits for it, except inside fire()
  std::deque<Timer> timers_;    // index: the id less one; for good, so that ids are never used again
  std::vector<RecordingSession*> sessions_;
  std::string last_log_;
  std::atomic<bool> running_{false};
  std::thread timer_thread_;
};

} // namespace crank
