#include "engine/engine.hpp"

#include "base/refusal.hpp"
#include "log/log.hpp"
#include "json/json.hpp"

#include <algorithm>

namespace crank {
namespace {

// A body longer than this is not parsed on an I/O thread, whatever the operation declared.
constexpr std::size_t largest_inline_body = 64 * 1024;

Problem shutting_down() {
  Problem problem = Problem::of(CRANK_UNAVAILABLE, "the worker is shutting down");
  problem.retry_after = 1;
  return problem;
}

bool fits_inline(const Invocation& invocation) {
  const auto whole = invocation.body().whole();
  return whole && whole->size() <= largest_inline_body;
}

} // namespace

std::optional<Problem> read_input(Invocation& invocation) {
  const auto& form = invocation.operation().spec().form;
  if (!form) return check_input(invocation.operation(), invocation.content_type(), invocation.body().whole());
  auto read = read_form(*form, invocation.content_type(), invocation.body());
  if (!read) return std::move(read).error();
  invocation.set_form(*std::move(read));
  return std::nullopt;
}

std::optional<Problem> check_input(const Operation& operation, std::string_view media_type,
                                   std::optional<std::string_view> body) {
  const Schema* schema = operation.schema();
  if (!schema || operation.spec().body == BodyMode::stream) return std::nullopt;
  if (!media_type.empty() && media_type != "application/json") return std::nullopt;
  if (!body) return Problem::http(413, "LIMIT_EXCEEDED", "the body is too long for JSON input");
  if (body->empty()) return Problem::http(400, "INVALID_JSON", "the body is empty; a JSON object is expected");
  const auto value = parse_json(*body);
  if (!value) return Problem::http(400, "INVALID_JSON", "the body is " + value.error());
  if (schema->accepts(*value)) return std::nullopt;
  return Problem::of_fields(schema->check(*value));
}

Problem cancellation(const Invocation& invocation) {
  const OperationSpec& spec = invocation.operation().spec();
  switch (invocation.cancel_reason()) {
  case CancelReason::deadline:
    return Problem::of(CRANK_DEADLINE,
                       spec.name + " did not finish within " + std::to_string(spec.limits.timeout_ms) + " ms");
  case CancelReason::draining: return shutting_down();
  case CancelReason::job_cancelled: return Problem::of(CRANK_CANCELLED, "the job was cancelled");
  default: return Problem::of(CRANK_CANCELLED, "the caller went away");
  }
}

Engine::Engine(unsigned pool_threads, CallLedger* ledger) : ledger_(ledger), pool_(pool_threads) {}

std::optional<Problem> Engine::refusal(const CallFacts& call) const {
  if (auto problem = refusal_of_accepted(call)) return problem;
  return observer_ ? observer_->refusal() : std::nullopt;
}

// The caller has been promised that it is done.
std::optional<Problem> Engine::refusal_of_accepted(const CallFacts& call) const {
  if (access_) {
    if (auto problem = access_->refusal(call.caller, call.operation)) {
      if (observer_) observer_->denied(call, *problem);
      return problem;
    }
  }
  return not_now();
}

std::optional<Problem> Engine::not_now() const {
  const EngineState now = state();
  if (now == EngineState::ready) return std::nullopt;
  Problem problem = shutting_down();
  if (now == EngineState::starting) problem.detail = "the worker is still starting";
  return problem;
}

std::optional<Failure> Engine::start() {
  if (pool_.start() && timers_.start()) return std::nullopt;
  return no_thread();
}

void Engine::invoke(const std::shared_ptr<Invocation>& invocation) {
  invocation->observe_by(observer_);
  if (const auto problem = refusal(invocation->facts())) {
    invocation->fail(*problem);
    return;
  }
  admit(invocation);
}

void Engine::invoke_early(const std::shared_ptr<Invocation>& invocation) {
  invocation->observe_by(observer_);
  admit(invocation);
}

void Engine::invoke_patiently(const std::shared_ptr<Invocation>& invocation) {
  invocation->observe_by(observer_);
  if (const auto problem = refusal_of_accepted(invocation->facts())) {
    invocation->fail(*problem);
    return;
  }
  invocation->holds_slot = invocation->patient = true;
  count_in(invocation);
  if (invocation->operation().admit_patiently(invocation) == Operation::Admission::run) submit(invocation);
  // Draining may have begun between the question and the place in the queue.
  if (state() == EngineState::draining) withdraw_patient();
}

void Engine::set_state(EngineState state) {
  state_.store(state, std::memory_order_release);
  if (state == EngineState::draining) withdraw_patient();
}

void Engine::withdraw_patient() {
  for (const auto& invocation : live_.all()) {
    if (!invocation->patient || !invocation->operation().withdraw(*invocation)) continue;
    invocation->cancel(CancelReason::draining);
    invocation->fail(cancellation(*invocation));
    over(*invocation);
  }
}

void Engine::count_in(const std::shared_ptr<Invocation>& invocation) {
  in_flight_.fetch_add(1, std::memory_order_acq_rel);
  live_.add(*invocation);
  if (ledger_) {
    const Operation& operation = invocation->operation();
    invocation->record_in(*ledger_,
                          ledger_->admitted(operation.plugin().id(), operation.spec().name, invocation->request_id()));
  }
}

void Engine::admit(const std::shared_ptr<Invocation>& invocation) {
  count_in(invocation);
  if (invocation->operation().run_inline() && fits_inline(*invocation)) return run_inline(invocation);
  invocation->holds_slot = true;
  invocation->deadline_timer = watch_deadline(invocation);
  switch (invocation->operation().admit(invocation)) {
  case Operation::Admission::run: return submit(invocation);
  case Operation::Admission::wait: return;
  case Operation::Admission::refuse: break;
  }
  timers_.cancel(invocation->deadline_timer);
  refuse_busy(*invocation);
  over(*invocation);
}

void Engine::run_inline(const std::shared_ptr<Invocation>& invocation) {
  if (const auto problem = read_input(*invocation)) {
    invocation->fail(*problem);
    return over(*invocation);
  }
  if (!invocation->operation().enter_inline()) {
    refuse_busy(*invocation);
    return over(*invocation);
  }
  invocation->runs_inline = true;
  static_cast<void>(invocation->begin_call()); // nobody else can have answered it yet
  call(invocation);
  // PENDING. The timer is not cancelled when the answer comes: another thread may be giving it right now.
  if (!invocation->answered()) static_cast<void>(watch_deadline(invocation));
}

void Engine::call(const std::shared_ptr<Invocation>& invocation) {
  PluginInstance& plugin = invocation->operation().plugin();
  if (!ledger_) return plugin.call(invocation);
  ledger_->entered(invocation->ledger_slot());
  plugin.call(invocation);
  ledger_->left();
}

void Engine::over(Invocation& invocation) {
  live_.remove(invocation);
  if (ledger_) ledger_->released(invocation.ledger_slot());
  in_flight_.fetch_sub(1, std::memory_order_acq_rel); // the last: who sees 0 may take everything down
}

void Engine::refuse_busy(Invocation& invocation) {
  Problem problem =
      Problem::of(CRANK_BUSY, "too many requests for " + invocation.operation().spec().name + " are waiting already");
  problem.retry_after = invocation.operation().retry_after();
  invocation.fail(problem);
}

void Engine::submit(std::shared_ptr<Invocation> invocation) {
  if (invocation->patient) {
    invocation->begin_time();
    invocation->deadline_timer = watch_deadline(invocation);
  }
  const bool client_paced = invocation->operation().spec().body == BodyMode::stream;
  auto task = [this, invocation = std::move(invocation)] { run_pooled(invocation); };
  client_paced ? pool_.submit_client_paced(std::move(task)) : pool_.submit(std::move(task));
}

void Engine::run_pooled(const std::shared_ptr<Invocation>& invocation) {
  std::optional<Problem> problem;
  if (invocation->cancelled())
    problem = cancellation(*invocation);
  else
    problem = read_input(*invocation);
  if (problem) invocation->fail(*problem);
  if (!invocation->begin_call()) return completed(*invocation); // answered: just now, or by its deadline
  call(invocation);
}

TimerQueue::Handle Engine::watch_deadline(const std::shared_ptr<Invocation>& invocation) {
  // A weak pointer: the timer must not keep the invocation of a caller that was served.
  return timers_.schedule(invocation->deadline(), [this, weak = std::weak_ptr(invocation)] {
    const auto late = weak.lock();
    if (!late) return;
    const bool waiting = cancel(*late, CancelReason::deadline);
    const std::string& name = late->operation().spec().name;
    const std::string allowed = std::to_string(late->operation().spec().limits.timeout_ms) + " ms";
    if (!late->fail(Problem::of(
            CRANK_DEADLINE, name + (waiting ? " found no free slot within " : " did not finish within ") + allowed)))
      return;
    log(LogLevel::warn, late->log_context(),
        "plugin " + late->operation().plugin().id() + ": " + name +
            (waiting ? " found no free slot within " : " did not answer within ") + allowed);
  });
}

void Engine::completed(Invocation& invocation) {
  timers_.cancel(invocation.deadline_timer);
  if (invocation.runs_inline) invocation.operation().leave_inline();
  if (invocation.holds_slot) free_slot(invocation.operation());
  over(invocation);
}

void Engine::free_slot(Operation& operation) {
  if (auto next = operation.release()) submit(std::move(next));
}

bool Engine::cancel(Invocation& invocation, CancelReason reason) {
  invocation.cancel(reason);
  if (!invocation.operation().withdraw(invocation)) return false;
  timers_.cancel(invocation.deadline_timer);
  if (reason != CancelReason::deadline) invocation.fail(cancellation(invocation)); // the deadline has words of its own
  over(invocation);
  return true;
}

void Engine::cancel_all() {
  for (const auto& invocation : live_.all()) cancel(*invocation, CancelReason::draining);
}

void Engine::give_up(Invocation& invocation) {
  if (!invocation.fail(cancellation(invocation))) return;
  if (ledger_) ledger_->given_up(invocation.ledger_slot());
  log(LogLevel::warn, invocation.log_context(),
      "plugin " + invocation.operation().plugin().id() + ": " + invocation.operation().spec().name +
          " goes on although it was cancelled");
}

std::vector<std::string> Engine::answer_all() {
  std::vector<std::string> names;
  for (const auto& invocation : live_.all()) {
    const std::string& name = invocation->operation().spec().name;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    invocation->fail(cancellation(*invocation));
  }
  return names;
}

} // namespace crank
