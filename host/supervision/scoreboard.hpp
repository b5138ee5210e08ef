// What a generation shows its supervisor, in memory that both have mapped: it needs no message and no cooperation, so
// it can be read of a generation that hangs, and after the death of one that crashed. The generation writes, plugin
// code can scribble over it, so the supervisor believes nothing: every text is bounded, every number only shown or
// compared.
#pragma once

#include "engine/call_ledger.hpp"
#include "os/shared_memory.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace crank {

// A text in shared memory; cut to fit, always terminated.
template <std::size_t Size>
struct SharedText {
  char bytes[Size];

  void set(std::string_view text) noexcept {
    const std::size_t count = std::min(text.size(), Size - 1);
    text.copy(bytes, count);
    bytes[count] = '\0';
  }
  std::string get() const {
    std::size_t length = 0;
    while (length < Size && bytes[length] != '\0') ++length;
    return {bytes, length};
  }
};

enum class CallState : std::uint32_t {
  free,
  admitted,
  running,
  late /* answered, but the plugin is still at it */,
  given_up /* late, and it was asked to stop */
};

// Everything as it lies in memory; zero is a valid beginning. Both sides are the same program, or refuse each other's
// version.
struct ScoreboardPage {
  static constexpr std::uint32_t current_version = 2;
  static constexpr std::size_t most_threads = 64;
  static constexpr std::size_t most_calls = 256;
  static constexpr std::size_t most_frames = 24;
  static constexpr std::size_t latency_classes = 40; // class n: below 2^n microseconds

  struct Call {
    std::atomic<std::uint32_t> state; // CallState
    SharedText<44> plugin;
    SharedText<80> operation;
    SharedText<68> request_id;
    std::atomic<std::int64_t> since_ms; // steady clock
  };
  struct Crash {
    std::atomic<std::int32_t> signal;  // 0: none; written last of what every report has
    std::uint64_t address;             // si_addr
    std::uint32_t call_slot;           // CallLedger::none: no call on that thread
    SharedText<44> thread_plugin;      // whose code the thread was running, if no call
    std::atomic<std::uint32_t> frames; // so far
    SharedText<256> frame[most_frames];
  };

  std::atomic<std::uint32_t> version;

  // The generation's.
  std::atomic<std::uint32_t> threads; // I/O threads
  std::atomic<std::uint32_t> pool_threads;
  std::atomic<std::int64_t> beat_ms[most_threads]; // steady clock, when the thread last came round
  std::atomic<std::uint64_t> requests;             // answered
  std::atomic<std::uint64_t> failures;             // of them: internal error, deadline, unavailable
  std::atomic<std::uint64_t> refused;              // of them: busy
  std::atomic<std::uint64_t> unrecorded_calls;     // running now, but no slot was free
  std::atomic<std::uint64_t> connections;          // open
  std::atomic<std::uint64_t> sessions;             // open
  std::atomic<std::uint64_t> latency[latency_classes];
  Call calls[most_calls];
  Crash crash;
  SharedText<1024> last_words; // what it had to say when it ended itself while loading

  // The supervisor's, for the generation's /metrics.
  std::atomic<std::uint64_t> generation;
  std::atomic<std::uint64_t> crashes;
  std::atomic<std::uint64_t> swaps;
  std::atomic<std::uint64_t> failed_swaps;
  std::atomic<std::uint64_t> recycled;      // for memory or because they hung
  std::atomic<std::uint32_t> audit_blocked; // the audit log cannot be written now
  std::atomic<std::uint64_t> audit_written; // events of all generations
  std::atomic<std::uint64_t> audit_dropped;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "lock-free atomics work across processes");

// A call as the supervisor reads it.
struct RecordedCall {
  CallState state;
  std::string plugin, operation, request_id;
  std::int64_t milliseconds; // since it was admitted
};

struct RecordedCrash {
  int signal = 0;
  std::uint64_t address = 0;
  std::string plugin, operation, request_id; // of the thread that crashed; empty: not in a plugin's call
  std::vector<std::string> frames;
};

// What counts of a generation, at one moment.
struct ScoreboardCounts {
  std::uint64_t requests = 0, failures = 0, refused = 0, running = 0, late = 0, given_up = 0, connections = 0,
                sessions = 0;
  std::array<std::uint64_t, ScoreboardPage::latency_classes> latency{};

  // What happened between `earlier` and now; the present values (running, late, connections, sessions) are kept.
  ScoreboardCounts since(const ScoreboardCounts& earlier) const;
  // The latency in microseconds that a share of the answers (0.95) stayed below, as the upper bound of a power of two;
  // 0: no answers.
  std::uint64_t latency_below(double share) const;
};

class Scoreboard {
public:
  static Result<Scoreboard, Failure> create();
  // Fails when the page is of another version.
  static Result<Scoreboard, Failure> adopt(Descriptor descriptor);

  ScoreboardPage& page() { return *static_cast<ScoreboardPage*>(memory_.data()); }
  const ScoreboardPage& page() const { return *static_cast<const ScoreboardPage*>(memory_.data()); }
  int descriptor() const { return memory_.descriptor(); }

  ScoreboardCounts counts() const;
  std::vector<RecordedCall> calls() const;
  std::optional<RecordedCrash> crash() const;
  // When the I/O thread that has been away the longest last came round, in whatever unit and truth the generation
  // writes there: it moves on while all of them come round. 0 before the first beat of any.
  std::int64_t slowest_beat() const;

private:
  explicit Scoreboard(SharedMemory memory) : memory_(std::move(memory)) {}

  SharedMemory memory_;
};

// Milliseconds of the steady clock, which all processes of a machine share.
[[nodiscard]] std::int64_t steady_ms() noexcept;

// The engine's reports, written to the page.
class ScoreboardLedger : public CallLedger {
public:
  // `page` must outlive it.
  explicit ScoreboardLedger(ScoreboardPage& page) : page_(page) {}

  Slot admitted(std::string_view plugin, std::string_view operation, std::string_view request_id) noexcept override;
  void entered(Slot slot) noexcept override;
  void left() noexcept override;
  void answered(Slot slot, crank_status outcome, double seconds) noexcept override;
  void given_up(Slot slot) noexcept override;
  void released(Slot slot) noexcept override;

  // The slot whose call runs on this thread. Async-signal-safe.
  static Slot current() noexcept;

private:
  ScoreboardPage& page_;
  std::atomic<unsigned> next_{0};
};

} // namespace crank
