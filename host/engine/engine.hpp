// The one path of every invocation: is the worker there, is the input right, is there room, call, answer in time.
// Knows operations and workers; knows nothing of doors' protocols or of the plugin ABI.
#pragma once

#include "engine/call_ledger.hpp"
#include "engine/invocation.hpp"
#include "engine/operation.hpp"
#include "engine/session.hpp"
#include "engine/timer_queue.hpp"
#include "engine/worker_pool.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace crank {

// A loaded plugin as the engine sees it. Calls may come from any pool or I/O thread, concurrently.
class Worker {
public:
  virtual ~Worker() = default;
  virtual const std::string& id() const = 0;
  // Answers the invocation now or later; calls Engine::completed exactly once when the plugin is done with it.
  virtual void call(const std::shared_ptr<Invocation>& invocation) = 0;
  virtual SessionCallbacks& sessions() = 0;
};

enum class EngineState { starting, ready, draining };

class Engine {
public:
  // `ledger`, if any, must outlive the engine.
  explicit Engine(unsigned pool_threads, CallLedger* ledger = nullptr);

  // Starts an invocation; its answer comes through its sink, possibly before this returns. [any thread]
  void invoke(const std::shared_ptr<Invocation>& invocation);
  // The same for a call of the host's own, which may come before the engine is ready.
  void invoke_early(const std::shared_ptr<Invocation>& invocation) { admit(invocation); }
  // The plugin is done with it: its slot is free. [any thread]
  void completed(Invocation& invocation);
  // The caller went away. [any thread]
  void abandon(Invocation& invocation);

  EngineState state() const { return state_.load(std::memory_order_acquire); }
  void set_state(EngineState state) { state_.store(state, std::memory_order_release); }

  // What a caller is told while the engine does not take work; nullopt when it does.
  std::optional<Problem> refusal() const;

  // Invocations between admission and completion.
  std::uint64_t in_flight() const { return in_flight_.load(std::memory_order_acquire); }

  WorkerPool& pool() { return pool_; }
  TimerQueue& timers() { return timers_; }

private:
  void admit(const std::shared_ptr<Invocation>& invocation);
  void run_inline(const std::shared_ptr<Invocation>& invocation);
  void run_pooled(const std::shared_ptr<Invocation>& invocation);
  void submit(std::shared_ptr<Invocation> invocation);
  void call(const std::shared_ptr<Invocation>& invocation);
  // Counts it out.
  void over(Invocation& invocation);
  void refuse_busy(Invocation& invocation);
  [[nodiscard]] TimerQueue::Handle watch_deadline(const std::shared_ptr<Invocation>& invocation);
  void free_slot(Operation& operation);

  CallLedger* const ledger_;
  std::atomic<EngineState> state_{EngineState::starting};
  std::atomic<std::uint64_t> in_flight_{0};
  WorkerPool pool_;
  TimerQueue timers_;
};

// The input of an invocation against the operation's schema: nullopt when it passes or is not to be checked.
std::optional<Problem> check_input(const Operation& operation, std::string_view media_type,
                                   std::optional<std::string_view> body);

} // namespace crank
