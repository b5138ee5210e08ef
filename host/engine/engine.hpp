// The one path of every invocation: does the worker take work, is the input right, is there room, call, answer in time.
// Knows operations and plugins; knows nothing of doors' protocols or of the plugin ABI.
//
// What holds an invocation moves along the upper line; each step has one winner.
//
//   admit ─┬─ runs inline ───────────────────────────────────┐
//          ├─ slot ─► pool queue ─► begin_call ─► plugin ─────┼─► completed ─► over
//          ├─ waits (Operation) ─► release ─► pool queue      │
//          │      └─ withdraw ────────────────────────────────┼─────────────► over
//          └─ refused ────────────────────────────────────────┴─────────────► over
//
// Patient ones are never refused, and released when nobody else waits.
//
// Whether it has an answer is a second thing (Invocation::Stage): the first of plugin, deadline, disconnect and drain
// to give one wins, and none of them ends the invocation but completed, withdraw or a refusal. cancel() may come at any
// time, from any thread: it says why to the plugin, and takes the invocation out if it still waits for a slot
// (Operation's mutex decides between it and release). One that has a slot but no thread yet is answered by the thread
// that gets to it. over() is the last that touches engine, operation or invocation: when in_flight() is 0, none of them
// is in use any more.
#pragma once

#include "engine/call_ledger.hpp"
#include "engine/invocation.hpp"
#include "engine/live_calls.hpp"
#include "engine/operation.hpp"
#include "engine/thread_pool.hpp"
#include "engine/timer_queue.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace crank {

class SessionCallbacks;

// A loaded plugin as the engine sees it; crank::Plugin is what authors derive from in C++. Calls may come from any pool
// or I/O thread, concurrently.
class PluginInstance {
public:
  virtual ~PluginInstance() = default;
  virtual const std::string& id() const = 0;
  // Answers the invocation now or later; calls Engine::completed exactly once when the plugin is done with it.
  virtual void call(const std::shared_ptr<Invocation>& invocation) = 0;
  virtual SessionCallbacks& sessions() = 0;
};

// Who may use what, once and for every door.
class AccessPolicy {
public:
  virtual ~AccessPolicy() = default;
  // What a caller is told who may not use the operation; nullopt: it may. [any thread]
  virtual std::optional<Problem> refusal(const Caller& caller, const Operation& operation) const = 0;
};

enum class EngineState { starting, ready, draining };

class Engine {
public:
  // `ledger`, if any, must outlive the engine.
  explicit Engine(unsigned pool_threads, CallLedger* ledger = nullptr);
  // Nothing fires any more; then the pool ends what it has.
  ~Engine() { timers_.stop(); }

  // Starts an invocation; its answer comes through its sink, possibly before this returns. [any thread]
  void invoke(const std::shared_ptr<Invocation>& invocation);
  // The same for who has time: instead of being refused it waits for a slot, behind all others, without a deadline
  // until it has one, and always for a pool thread. As many as the submitter allows. One that still waits is told when
  // draining begins. [any thread]
  void invoke_patiently(const std::shared_ptr<Invocation>& invocation);
  // The same as invoke() for a call of the host's own, which may come before the engine is ready.
  void invoke_early(const std::shared_ptr<Invocation>& invocation);
  // The plugin is done with it: its slot is free. [any thread]
  void completed(Invocation& invocation);
  // Whoever waits for it has gone: cancels it, and ends it if it still waits. [any thread]
  void abandon(Invocation& invocation, CancelReason reason = CancelReason::caller_gone) { cancel(invocation, reason); }
  // Tells every invocation that the drain period is over; one that still waits is answered. Again does no harm. [any
  // thread]
  void cancel_all();
  // Answers in the place of those that do not return in spite of it, and names their operations. [any thread]
  std::vector<std::string> answer_all();
  // The same for one. What runs for it still holds its slot until it returns. [any thread]
  void give_up(Invocation& invocation);

  // Makes the first thread of each kind, so that what is admitted later never waits for one. A failure (exit code 1) is
  // one line.
  [[nodiscard]] std::optional<Failure> start();

  EngineState state() const { return state_.load(std::memory_order_acquire); }
  void set_state(EngineState state);

  // From now on decides about callers; without one, whom a door lets in may use everything. It must outlive the engine.
  // Before there are callers.
  void set_access(const AccessPolicy* access) { access_ = access; }
  // From now on hears what becomes of requests, and may say that none can begin. It must outlive the engine. Before
  // there are callers.
  void set_observer(CallObserver* observer) { observer_ = observer; }
  // What a caller is told who cannot use the operation: it may not, or the engine does not take work now. Doors ask
  // before they look at more of a request than its head, and invoke() asks again. [any thread]
  std::optional<Problem> refusal(const CallFacts& call) const;

  // Invocations between admission and completion.
  std::uint64_t in_flight() const { return in_flight_.load(std::memory_order_acquire); }

  ThreadPool& pool() { return pool_; }
  TimerQueue& timers() { return timers_; }

private:
  std::optional<Problem> refusal_of_accepted(const CallFacts& call) const;
  void admit(const std::shared_ptr<Invocation>& invocation);
  void count_in(const std::shared_ptr<Invocation>& invocation);
  void run_inline(const std::shared_ptr<Invocation>& invocation);
  void run_pooled(const std::shared_ptr<Invocation>& invocation);
  void submit(std::shared_ptr<Invocation> invocation);
  void call(const std::shared_ptr<Invocation>& invocation);
  // True when it had not begun to run, and is over.
  bool cancel(Invocation& invocation, CancelReason reason);
  // Counts it out.
  void over(Invocation& invocation);
  void withdraw_patient();
  void refuse_busy(Invocation& invocation);
  [[nodiscard]] TimerQueue::Handle watch_deadline(const std::shared_ptr<Invocation>& invocation);
  void free_slot(Operation& operation);

  std::optional<Problem> not_now() const;

  CallLedger* const ledger_;
  const AccessPolicy* access_ = nullptr;
  CallObserver* observer_ = nullptr;
  std::atomic<EngineState> state_{EngineState::starting};
  std::atomic<std::uint64_t> in_flight_{0};
  LiveCalls live_;
  TimerQueue timers_; // before the pool: a call that ends while the pool goes takes its deadline back
  ThreadPool pool_;
};

// What the caller of a cancelled invocation is told, by the reason.
Problem cancellation(const Invocation& invocation);

// Its body against what its operation declared; a form is kept with it. nullopt when it passes or is not to be checked.
std::optional<Problem> read_input(Invocation& invocation);

// The input of an invocation against the operation's schema: nullopt when it passes or is not to be checked.
std::optional<Problem> check_input(const Operation& operation, std::string_view media_type,
                                   std::optional<std::string_view> body);

} // namespace crank
