#include "engine/engine.hpp"

#include "log/log.hpp"
#include "json/json.hpp"

namespace crank {
namespace {

// A body longer than this is not parsed on an I/O thread, whatever the operation declared.
constexpr std::size_t largest_inline_body = 64 * 1024;

std::string field_list(const std::vector<FieldError>& fields) {
  std::string sentence;
  for (const FieldError& field : fields) {
    if (!sentence.empty()) sentence += "; ";
    sentence += field.pointer.empty() ? "the body" : field.pointer;
    sentence += ' ';
    sentence += field.message;
  }
  return sentence;
}

bool fits_inline(const Invocation& invocation) {
  const auto whole = invocation.body().whole();
  return whole && whole->size() <= largest_inline_body;
}

} // namespace

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
  Problem problem = Problem::of(CRANK_INVALID, "");
  problem.fields = schema->check(*value);
  problem.detail = field_list(problem.fields);
  return problem;
}

Engine::Engine(unsigned pool_threads, CallLedger* ledger) : ledger_(ledger), pool_(pool_threads) {}

std::optional<Problem> Engine::refusal() const {
  const EngineState now = state();
  if (now == EngineState::ready) return std::nullopt;
  Problem problem = Problem::of(CRANK_UNAVAILABLE, now == EngineState::starting ? "the worker is still starting"
                                                                                : "the worker is shutting down");
  problem.retry_after = 1;
  return problem;
}

void Engine::invoke(const std::shared_ptr<Invocation>& invocation) {
  if (const auto problem = refusal()) {
    invocation->fail(*problem);
    return;
  }
  admit(invocation);
}

void Engine::admit(const std::shared_ptr<Invocation>& invocation) {
  in_flight_.fetch_add(1, std::memory_order_acq_rel);
  if (ledger_) {
    const Operation& operation = invocation->operation();
    invocation->record_in(*ledger_,
                          ledger_->admitted(operation.worker().id(), operation.spec().name, invocation->request_id()));
  }
  if (invocation->operation().run_inline() && fits_inline(*invocation)) return run_inline(invocation);
  invocation->holds_slot = true;
  invocation->deadline_timer = watch_deadline(invocation);
  switch (invocation->operation().admit(invocation)) {
  case Operation::Admission::run: return submit(invocation);
  case Operation::Admission::wait: return;
  case Operation::Admission::refuse: break;
  }
  timers_.cancel(invocation->deadline_timer);
  over(*invocation);
  refuse_busy(*invocation);
}

void Engine::run_inline(const std::shared_ptr<Invocation>& invocation) {
  if (const auto problem =
          check_input(invocation->operation(), invocation->content_type(), invocation->body().whole())) {
    over(*invocation);
    invocation->fail(*problem);
    return;
  }
  if (!invocation->operation().enter_inline()) {
    over(*invocation);
    return refuse_busy(*invocation);
  }
  invocation->runs_inline = true;
  static_cast<void>(invocation->begin_call()); // nobody else can have answered it yet
  call(invocation);
  // PENDING. The timer is not cancelled when the answer comes: another thread may be giving it right now.
  if (!invocation->answered()) static_cast<void>(watch_deadline(invocation));
}

void Engine::call(const std::shared_ptr<Invocation>& invocation) {
  Worker& worker = invocation->operation().worker();
  if (!ledger_) return worker.call(invocation);
  ledger_->entered(invocation->ledger_slot());
  worker.call(invocation);
  ledger_->left();
}

void Engine::over(Invocation& invocation) {
  in_flight_.fetch_sub(1, std::memory_order_acq_rel);
  if (ledger_) ledger_->released(invocation.ledger_slot());
}

void Engine::refuse_busy(Invocation& invocation) {
  Problem problem =
      Problem::of(CRANK_BUSY, "too many requests for " + invocation.operation().spec().name + " are waiting already");
  problem.retry_after = invocation.operation().retry_after();
  invocation.fail(problem);
}

void Engine::submit(std::shared_ptr<Invocation> invocation) {
  pool_.submit([this, invocation = std::move(invocation)] { run_pooled(invocation); });
}

void Engine::run_pooled(const std::shared_ptr<Invocation>& invocation) {
  std::optional<Problem> problem;
  if (invocation->cancelled())
    problem = Problem::of(CRANK_CANCELLED, "the caller went away");
  else
    problem = check_input(invocation->operation(), invocation->content_type(), invocation->body().whole());
  if (problem) invocation->fail(*problem);
  if (!invocation->begin_call()) return completed(*invocation); // answered: just now, or by its deadline
  call(invocation);
}

TimerQueue::Handle Engine::watch_deadline(const std::shared_ptr<Invocation>& invocation) {
  // A weak pointer: the timer must not keep the invocation of a caller that was served.
  return timers_.schedule(invocation->deadline(), [this, weak = std::weak_ptr(invocation)] {
    const auto late = weak.lock();
    if (!late) return;
    late->cancel(CancelReason::deadline);
    const bool waiting = late->operation().withdraw(*late);
    if (waiting) over(*late);
    const std::string& name = late->operation().spec().name;
    const std::string allowed = std::to_string(late->operation().spec().limits.timeout_ms) + " ms";
    if (!late->fail(Problem::of(
            CRANK_DEADLINE, name + (waiting ? " found no free slot within " : " did not finish within ") + allowed)))
      return;
    log(LogLevel::warn, late->log_context(),
        "plugin " + late->operation().worker().id() + ": " + name +
            (waiting ? " found no free slot within " : " did not answer within ") + allowed);
  });
}

void Engine::completed(Invocation& invocation) {
  timers_.cancel(invocation.deadline_timer);
  over(invocation);
  if (invocation.runs_inline) invocation.operation().leave_inline();
  if (invocation.holds_slot) free_slot(invocation.operation());
}

void Engine::free_slot(Operation& operation) {
  if (auto next = operation.release()) submit(std::move(next));
}

void Engine::abandon(Invocation& invocation) {
  invocation.cancel(CancelReason::caller_gone);
  if (!invocation.operation().withdraw(invocation)) return;
  timers_.cancel(invocation.deadline_timer);
  over(invocation);
  invocation.fail(Problem::of(CRANK_CANCELLED, "the caller went away"));
}

} // namespace crank
