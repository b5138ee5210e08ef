#include "supervision/scoreboard.hpp"

#include <algorithm>
#include <bit>
#include <chrono>

namespace crank {
namespace {

// constinit: a signal handler reads it, so it may need no initialisation. Nested for an inline call within a callback.
constinit thread_local CallLedger::Slot current_slot = CallLedger::none;

CallState state_of(const ScoreboardPage::Call& call) {
  const std::uint32_t state = call.state.load(std::memory_order_acquire);
  return state <= static_cast<std::uint32_t>(CallState::given_up) ? static_cast<CallState>(state) : CallState::free;
}

} // namespace

std::int64_t steady_ms() noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

ScoreboardCounts ScoreboardCounts::since(const ScoreboardCounts& earlier) const {
  ScoreboardCounts difference = *this;
  const auto subtract = [](std::uint64_t& from, std::uint64_t what) { from -= std::min(from, what); };
  subtract(difference.requests, earlier.requests);
  subtract(difference.failures, earlier.failures);
  subtract(difference.refused, earlier.refused);
  for (std::size_t i = 0; i < latency.size(); ++i) subtract(difference.latency[i], earlier.latency[i]);
  return difference;
}

std::uint64_t ScoreboardCounts::latency_below(double share) const {
  std::uint64_t all = 0;
  for (const std::uint64_t count : latency) all += count;
  if (all == 0) return 0;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < latency.size(); ++i) {
    seen += latency[i];
    if (static_cast<double>(seen) >= share * static_cast<double>(all)) return std::uint64_t{1} << i;
  }
  return std::uint64_t{1} << (latency.size() - 1);
}

Result<Scoreboard, Failure> Scoreboard::create() {
  auto memory = SharedMemory::create(sizeof(ScoreboardPage));
  if (!memory) return std::move(memory).error();
  Scoreboard made(*std::move(memory));
  made.page().version = ScoreboardPage::current_version;
  made.page().crash.call_slot = CallLedger::none;
  return made;
}

Result<Scoreboard, Failure> Scoreboard::adopt(Descriptor descriptor) {
  auto memory = SharedMemory::adopt(std::move(descriptor), sizeof(ScoreboardPage));
  if (!memory) return std::move(memory).error();
  Scoreboard adopted(*std::move(memory));
  if (adopted.page().version != ScoreboardPage::current_version)
    return Failure{"the supervisor and this binary are of different versions; use `crank-host upgrade`"};
  return adopted;
}

ScoreboardCounts Scoreboard::counts() const {
  const ScoreboardPage& from = page();
  ScoreboardCounts counts;
  counts.requests = from.requests.load(std::memory_order_relaxed);
  counts.failures = from.failures.load(std::memory_order_relaxed);
  counts.refused = from.refused.load(std::memory_order_relaxed);
  counts.connections = from.connections.load(std::memory_order_relaxed);
  counts.sessions = from.sessions.load(std::memory_order_relaxed);
  counts.running = from.unrecorded_calls.load(std::memory_order_relaxed);
  for (const auto& call : from.calls) {
    const CallState state = state_of(call);
    counts.running += state == CallState::admitted || state == CallState::running;
    counts.late += state == CallState::late || state == CallState::given_up;
    counts.given_up += state == CallState::given_up;
  }
  for (std::size_t i = 0; i < counts.latency.size(); ++i)
    counts.latency[i] = from.latency[i].load(std::memory_order_relaxed);
  return counts;
}

std::vector<RecordedCall> Scoreboard::calls() const {
  std::vector<RecordedCall> calls;
  const std::int64_t now = steady_ms();
  for (const auto& call : page().calls) {
    const CallState state = state_of(call);
    if (state == CallState::free) continue;
    calls.push_back({state, call.plugin.get(), call.operation.get(), call.request_id.get(),
                     now - call.since_ms.load(std::memory_order_relaxed)});
  }
  return calls;
}

std::optional<RecordedCrash> Scoreboard::crash() const {
  const auto& from = page().crash;
  RecordedCrash crash;
  crash.signal = from.signal.load(std::memory_order_acquire);
  if (crash.signal == 0) return std::nullopt;
  crash.address = from.address;
  if (from.call_slot < ScoreboardPage::most_calls) {
    const auto& call = page().calls[from.call_slot];
    crash.plugin = call.plugin.get();
    crash.operation = call.operation.get();
    crash.request_id = call.request_id.get();
  } else {
    crash.plugin = from.thread_plugin.get();
  }
  const std::uint32_t frames =
      std::min<std::uint32_t>(from.frames.load(std::memory_order_acquire), ScoreboardPage::most_frames);
  for (std::uint32_t i = 0; i < frames; ++i) crash.frames.push_back(from.frame[i].get());
  return crash;
}

std::int64_t Scoreboard::slowest_beat() const {
  const std::uint32_t threads = std::min<std::uint32_t>(page().threads.load(), ScoreboardPage::most_threads);
  std::int64_t slowest = 0;
  for (std::uint32_t i = 0; i < threads; ++i) {
    const std::int64_t beat = page().beat_ms[i].load(std::memory_order_relaxed);
    if (beat != 0 && (slowest == 0 || beat < slowest)) slowest = beat;
  }
  return slowest;
}

// ---- the generation's side ----

CallLedger::Slot ScoreboardLedger::admitted(std::string_view plugin, std::string_view operation,
                                            std::string_view request_id) noexcept {
  const unsigned first = next_.fetch_add(1, std::memory_order_relaxed);
  for (unsigned i = 0; i < ScoreboardPage::most_calls; ++i) {
    const Slot slot = (first + i) % ScoreboardPage::most_calls;
    auto& call = page_.calls[slot];
    std::uint32_t free = static_cast<std::uint32_t>(CallState::free);
    if (call.state.load(std::memory_order_relaxed) != free) continue;
    if (!call.state.compare_exchange_strong(free, static_cast<std::uint32_t>(CallState::admitted),
                                            std::memory_order_acq_rel))
      continue;
    call.plugin.set(plugin);
    call.operation.set(operation);
    call.request_id.set(request_id);
    call.since_ms.store(steady_ms(), std::memory_order_relaxed);
    return slot;
  }
  page_.unrecorded_calls.fetch_add(1, std::memory_order_relaxed);
  return none;
}

void ScoreboardLedger::entered(Slot slot) noexcept {
  current_slot = slot;
  if (slot == none) return;
  std::uint32_t admitted = static_cast<std::uint32_t>(CallState::admitted);
  page_.calls[slot].state.compare_exchange_strong(admitted, static_cast<std::uint32_t>(CallState::running));
}

void ScoreboardLedger::left() noexcept { current_slot = none; }

void ScoreboardLedger::answered(Slot slot, crank_status outcome, double seconds) noexcept {
  page_.requests.fetch_add(1, std::memory_order_relaxed);
  if (outcome == CRANK_INTERNAL || outcome == CRANK_DEADLINE || outcome == CRANK_UNAVAILABLE)
    page_.failures.fetch_add(1, std::memory_order_relaxed);
  if (outcome == CRANK_BUSY) page_.refused.fetch_add(1, std::memory_order_relaxed);
  const double microseconds = std::clamp(seconds * 1e6, 0.0, 1e12);
  const auto latency_class = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(microseconds)));
  page_.latency[std::min(latency_class, ScoreboardPage::latency_classes - 1)].fetch_add(1, std::memory_order_relaxed);
  if (slot == none) return;
  // Not if it has been released meanwhile: the plugin may end at the very moment in which its deadline answers for it.
  auto& state = page_.calls[slot].state;
  for (const CallState before : {CallState::running, CallState::admitted}) {
    std::uint32_t expected = static_cast<std::uint32_t>(before);
    if (state.compare_exchange_strong(expected, static_cast<std::uint32_t>(CallState::late))) return;
  }
}

void ScoreboardLedger::given_up(Slot slot) noexcept {
  if (slot == none) return;
  std::uint32_t late = static_cast<std::uint32_t>(CallState::late); // it may be released at this very moment
  page_.calls[slot].state.compare_exchange_strong(late, static_cast<std::uint32_t>(CallState::given_up));
}

void ScoreboardLedger::released(Slot slot) noexcept {
  if (slot == none)
    page_.unrecorded_calls.fetch_sub(1, std::memory_order_relaxed);
  else
    page_.calls[slot].state.store(static_cast<std::uint32_t>(CallState::free), std::memory_order_release);
}

CallLedger::Slot ScoreboardLedger::current() noexcept { return current_slot; }

} // namespace crank
