#include "engine/invocation.hpp"

#include "engine/engine.hpp"
#include "engine/operation.hpp"

namespace crank {

Result<KeptFile> ReplySink::open_kept(std::string_view, const Caller&) {
  return Problem::of(CRANK_UNSUPPORTED, "this host keeps no files: it needs jobs_dir");
}

Invocation::Invocation(Operation& operation, std::shared_ptr<const RequestAttributes> attributes,
                       std::unique_ptr<RequestBody> body, std::string content_type, std::string request_id,
                       std::string traceparent, std::shared_ptr<ReplySink> sink)
    : operation_(operation), attributes_(std::move(attributes)), body_(std::move(body)),
      content_type_(std::move(content_type)), request_id_(std::move(request_id)), traceparent_(std::move(traceparent)),
      sink_(std::move(sink)), started_(Clock::now()), time_(operation.spec().limits.timeout_ms) {}

Invocation::~Invocation() {
  // Whoever dropped it without an answer has a bug; the caller must not wait for ever because of it.
  if (!answered()) fail(Problem::of(CRANK_INTERNAL, "the request was dropped inside the host"));
}

LogContext Invocation::log_context() const {
  return LogContext{operation_.plugin().id(), request_id_, traceparent_, caller().subject};
}

std::uint64_t Invocation::milliseconds_left() const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline() - Clock::now()).count();
  return left > 0 ? static_cast<std::uint64_t>(left) : 0;
}

// Attributes are for one thread at a time, and the answer may come on any: what it will be told by is looked up now.
void Invocation::observe_by(CallObserver* observer) {
  observer_ = observer;
  if (observer_) job_id_ = attributes_->get("job.id").value_or(std::string_view());
}

bool Invocation::begin_call() {
  Stage waiting = Stage::waiting;
  if (!stage_.compare_exchange_strong(waiting, Stage::called, std::memory_order_acq_rel)) return false;
  begun_.store(true, std::memory_order_release);
  operation_.metrics().started();
  return true;
}

bool Invocation::win(crank_status outcome, std::string_view code, int http_status) {
  const Stage before = stage_.exchange(Stage::answered, std::memory_order_acq_rel);
  if (before == Stage::answered) return false;
  OperationMetrics& metrics = operation_.metrics();
  const double seconds = std::chrono::duration<double>(Clock::now() - started()).count();
  if (ledger_) ledger_->answered(ledger_slot_, outcome, seconds);
  if (observer_) observer_->answered(facts(), {outcome, code, http_status, seconds});
  if (before == Stage::called)
    metrics.finished(outcome, seconds);
  else
    metrics.refused(outcome);
  return true;
}

bool Invocation::reply(Reply reply) {
  if (!win(CRANK_OK, {}, reply.status != 0 ? reply.status : operation_.spec().success_status)) return false;
  sink_->reply(std::move(reply));
  return true;
}

bool Invocation::fail(const Problem& problem) {
  if (!win(problem.status, problem.code, problem.http_status)) return false;
  sink_->fail(problem);
  return true;
}

bool Invocation::end() {
  if (!win(CRANK_OK, {}, 0)) return false; // its head has long been sent
  sink_->end();
  return true;
}

bool Invocation::defer() {
  constexpr int accepted = 202; // by the caller's door, which may still refuse it
  if (!win(CRANK_DEFER, {}, accepted)) return false;
  sink_->deferred(shared_from_this());
  return true;
}

void Invocation::cancel(CancelReason reason) {
  CancelReason none = CancelReason::none;
  if (!cancel_reason_.compare_exchange_strong(none, reason, std::memory_order_acq_rel)) return;
  body_->abort(reason == CancelReason::deadline ? CRANK_DEADLINE : CRANK_CANCELLED);
  {
    std::unique_lock lock(cancel_mutex_);
    fire_cancel(lock);
  }
  sink_->cancelled(reason);
}

// Either the callback was there before the reason, and cancel() finds it, or on_cancel() finds the reason: both look
// under the lock.
bool Invocation::on_cancel(CancelCallback fired) {
  listens_ = true;
  std::unique_lock lock(cancel_mutex_);
  if (cancel_callback_ || cancel_runner_ != std::thread::id()) return false;
  cancel_callback_ = std::move(fired);
  if (cancelled()) fire_cancel(lock);
  return true;
}

void Invocation::fire_cancel(std::unique_lock<std::mutex>& lock) {
  const CancelCallback fired = std::exchange(cancel_callback_, nullptr);
  if (!fired) return;
  cancel_runner_ = std::this_thread::get_id();
  lock.unlock();
  fired(cancel_reason());
  lock.lock();
  cancel_runner_ = {};
  cancel_idle_.notify_all();
}

void Invocation::forget_cancel() {
  if (!listens_) return;
  std::unique_lock lock(cancel_mutex_);
  cancel_callback_ = nullptr;
  if (cancel_runner_ == std::this_thread::get_id()) return;
  cancel_idle_.wait(lock, [this] { return cancel_runner_ == std::thread::id(); });
}

} // namespace crank
