// The one process that writes an audit log, and its thread: takes records from whoever has a channel to it, writes
// them in batches, signs every second, and lives with a disk that is full. Knows records and files; knows nothing of
// who the others are.
#pragma once

#include "audit/audit_log.hpp"
#include "os/pipe.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace crank {

struct AuditCounts {
  std::uint64_t written = 0; // events, checkpoints not counted
  std::uint64_t dropped = 0;
  bool blocked = false; // what was recorded last could not be written yet
};

class AuditWriter {
public:
  // The end to read from and the end to record to, both close-on-exec.
  static Result<std::pair<Descriptor, Descriptor>, Failure> channel();

  explicit AuditWriter(std::unique_ptr<AuditLog> log) : log_(std::move(log)) {}
  // Without finish() what waits is lost.
  ~AuditWriter();
  AuditWriter(const AuditWriter&) = delete;
  AuditWriter& operator=(const AuditWriter&) = delete;

  // `blocked_changed` is called on the writer's thread. Fails when the system refuses a pipe or a thread.
  [[nodiscard]] std::optional<Failure> start(std::function<void()> blocked_changed);

  // Records that come from there are of that generation (0: none), until its end. [any thread]
  void add_source(std::uint64_t generation, Descriptor reading, std::string rest = {});
  // One of this process's own. [any thread]
  void add(AuditRecord record);
  AuditCounts counts() const;
  const AuditOptions& options() const { return log_->options(); }
  int lock_descriptor() const { return log_->lock_descriptor(); }

  // Writes what has come and signs it, for another to go on with; nothing is taken any more. What sources were in the
  // middle of is `rest`. False when something could not be written: then it goes on by itself.
  struct Source {
    std::uint64_t generation = 0;
    Descriptor reading;
    std::string rest; // came, but not whole yet
  };
  [[nodiscard]] bool pause();
  // After pause(), until resume().
  const std::vector<Source>& sources() const { return sources_; }
  [[nodiscard]] std::optional<Failure> resume();

  // Writes what has come, signs it and logs the head. Once.
  void finish();

private:
  enum class Wish { go_on, pause, finish };

  void run();
  bool turn(); // false: over
  void wait();
  void take_sources();
  bool read(Source& source);
  void take_records(Source& source);
  void take_own();
  bool write_all();
  void could_not_write();
  void set_blocked(bool blocked);
  void wake();
  void join();

  std::unique_ptr<AuditLog> log_;
  std::function<void()> blocked_changed_;
  Pipe wake_;
  std::thread thread_;

  // The thread's.
  std::vector<Source> sources_;
  std::vector<AuditRecord> pending_;
  std::uint64_t dropped_untold_ = 0;
  std::chrono::steady_clock::time_point unsigned_since_{}, next_try_{};

  mutable std::mutex mutex_; // guards what follows
  std::vector<Source> new_sources_;
  std::vector<AuditRecord> own_;
  std::uint64_t own_dropped_ = 0;
  Wish wish_ = Wish::go_on;

  std::atomic<std::uint64_t> written_{0}, dropped_{0};
  std::atomic<bool> blocked_{false};
};

} // namespace crank
