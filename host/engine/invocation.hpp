// One request for an operation, whatever door it came through, and the way back for its answer.
// Knows nothing of the door's protocol or of the plugin ABI's structs.
#pragma once

#include "base/problem.hpp"
#include "base/request.hpp"
#include "engine/artifact.hpp"
#include "engine/call_ledger.hpp"
#include "engine/call_observer.hpp"
#include "engine/kept_file.hpp"
#include "engine/live_calls.hpp"
#include "engine/question.hpp"
#include "engine/reply_head.hpp"
#include "engine/timer_queue.hpp"
#include "forms/form.hpp"
#include "log/log.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace crank {

class Invocation;
class Operation;

struct Reply {
  std::string content_type;
  std::string body;
  int status = 0;                                            // as in ReplyHead
  std::vector<std::pair<std::string, std::string>> fields{}; // as there
};

// The numbers are CRANK_CANCEL_* of crank.h.
enum class CancelReason : int { none = 0, caller_gone = 1, deadline = 2, draining = 3, job_cancelled = 4 };

// The door's end of an invocation. Terminal: exactly one of reply, fail, end; the invocation sees to that. Any thread,
// but reply, begin, data, item and end come from one thread at a time; fail and progress may overlap them.
class ReplySink {
public:
  virtual ~ReplySink() = default;
  virtual void reply(Reply reply) = 0;
  virtual void fail(const Problem& problem) = 0;

  // A response that is longer than one wants to hold: begin, data..., end. The head has a media type.
  virtual void begin(ReplyHead head) = 0;
  // CRANK_OK, CRANK_EXHAUSTED over the limit, CRANK_UNAVAILABLE without disk space, CRANK_CANCELLED without a listener.
  virtual crank_status data(std::string chunk) = 0;
  // One item of a streaming operation, a JSON text. No begin is needed; one that comes before the first item says what
  // the head has beside the media type, which is the door's. Same results as data.
  virtual crank_status item(std::string_view json) = 0;
  virtual void end() = 0;

  virtual void progress(double fraction, std::string_view note) = 0;

  // Files beside the answer, from the thread that begin comes from, before begin, reply, item and end. A file where the
  // door wants it, which goes with the object; a sink that has no place for them takes the system's.
  virtual Result<ScratchFile> make_file() { return ScratchFile::nameless({}); }
  virtual std::uint64_t most_file_bytes() const { return UINT64_MAX; } // of all files of the call
  // What the host keeps for that caller at that address; 501 where it keeps nothing. Waits for the disk.
  virtual Result<KeptFile> open_kept(std::string_view address, const Caller& caller);
  // It belongs to the answer. A sink that cannot show it to anybody lets it go.
  virtual void artifact(Artifact artifact) { static_cast<void>(artifact); }
  // Whether the call may become a job by the plugin's word; deferred() is what comes then, in place of an answer.
  virtual bool takes_deferral() const { return false; }
  virtual void deferred(std::shared_ptr<Invocation> call) { static_cast<void>(call); }
  // The plugin logged a line about the call, which is in the host's log already. It may come after the answer.
  virtual void logged(LogLevel, std::string_view) {}

  // Asks whoever called. CRANK_OK: `answered` is called once, from any thread, also where the call is cancelled; with
  // any other status it is not: CRANK_UNSUPPORTED, CRANK_INVALID, CRANK_EXHAUSTED and CRANK_CANCELLED as crank_ask has
  // them. From any thread.
  virtual crank_status ask(std::vector<Question> questions, Answered answered) {
    static_cast<void>(questions);
    static_cast<void>(answered);
    return CRANK_UNSUPPORTED;
  }
  // The invocation was cancelled, once: what was asked need not be answered any more. From any thread, perhaps after
  // the answer.
  virtual void cancelled(CancelReason) {}
};

class Invocation : public std::enable_shared_from_this<Invocation> {
public:
  using Clock = std::chrono::steady_clock;

  Invocation(Operation& operation, std::shared_ptr<const RequestAttributes> attributes,
             std::unique_ptr<RequestBody> body, std::string content_type, std::string request_id,
             std::string traceparent, std::shared_ptr<ReplySink> sink);
  ~Invocation();

  Operation& operation() const { return operation_; }
  const RequestAttributes& attributes() const { return *attributes_; }
  const Caller& caller() const { return attributes_->caller(); }
  RequestBody& body() const { return *body_; }
  const std::string& content_type() const { return content_type_; }
  // Its body as the form that its operation declared, or nullptr. The engine sets it, before the plugin is called and
  // on that thread.
  const Form* form() const { return form_ ? &*form_ : nullptr; }
  void set_form(Form form) { form_ = std::move(form); }
  const std::string& request_id() const { return request_id_; }
  const std::string& traceparent() const { return traceparent_; }
  ReplySink& sink() const { return *sink_; }
  LogContext log_context() const;

  Clock::time_point started() const { return started_.load(std::memory_order_relaxed); }
  Clock::time_point deadline() const { return started() + time_; }
  // Its time begins now, not when it was made: it has waited for its turn without one. [any thread]
  void begin_time() { started_.store(Clock::now(), std::memory_order_relaxed); }
  std::uint64_t milliseconds_left() const;

  // Where the answer is to be written down. Set once, by the engine, before another thread can see the invocation.
  void record_in(CallLedger& ledger, CallLedger::Slot slot) {
    ledger_ = &ledger;
    ledger_slot_ = slot;
  }
  CallLedger::Slot ledger_slot() const { return ledger_slot_; }
  // Who is told of the answer, or nullptr. As above.
  void observe_by(CallObserver* observer);
  CallFacts facts() const { return {operation_, caller(), request_id_, traceparent_, job_id_}; }

  // The plugin is about to be called: from here on it counts as active. False when it was answered meanwhile: then it
  // must not be.
  bool begin_call();
  bool begun() const { return begun_.load(std::memory_order_acquire); }

  // The first of these wins and is what the caller sees; true for the winner. Counts the invocation. [any thread]
  bool reply(Reply reply);
  bool fail(const Problem& problem);
  bool end();
  bool defer();
  bool answered() const { return stage_.load(std::memory_order_acquire) == Stage::answered; }

  // Asks the plugin to stop; a body that streams is aborted. [any thread]
  void cancel(CancelReason reason);
  bool cancelled() const { return cancel_reason_.load(std::memory_order_acquire) != CancelReason::none; }
  CancelReason cancel_reason() const { return cancel_reason_.load(std::memory_order_acquire); }

  // Calls `fired` once when it is cancelled, on the thread that does it; at once where it is already. One at a time:
  // false while there is another. [any thread]
  using CancelCallback = std::function<void(CancelReason)>;
  bool on_cancel(CancelCallback fired);
  // On return the callback does not run and will not, unless this is called from inside it. [any thread]
  void forget_cancel();

  // The engine's notes; set before another thread can see the invocation.
  TimerQueue::Handle deadline_timer;
  bool holds_slot = false; // of its operation, or waits for one
  bool runs_inline = false;
  bool patient = false; // its time begins when it gets a slot
  LiveCallLink live;

private:
  bool win(crank_status outcome, std::string_view code, int http_status);
  void fire_cancel(std::unique_lock<std::mutex>& lock);

  Operation& operation_;
  std::shared_ptr<const RequestAttributes> attributes_;
  std::unique_ptr<RequestBody> body_;
  std::string content_type_; // with its parameters where the operation has a form, else without
  std::optional<Form> form_;
  std::string request_id_;
  std::string traceparent_;
  std::shared_ptr<ReplySink> sink_;
  std::atomic<Clock::time_point> started_;
  const std::chrono::milliseconds time_;
  CallLedger* ledger_ = nullptr;
  CallObserver* observer_ = nullptr;
  std::string_view job_id_; // of attributes_
  CallLedger::Slot ledger_slot_ = CallLedger::none;
  enum class Stage { waiting, called, answered };
  std::atomic<Stage> stage_{Stage::waiting};
  std::atomic<bool> begun_{false}; // the plugin was called, whatever came of it
  std::atomic<CancelReason> cancel_reason_{CancelReason::none};

  std::atomic<bool> listens_{false}; // somebody called on_cancel, ever
  std::mutex cancel_mutex_;          // guards what follows
  std::condition_variable cancel_idle_;
  CancelCallback cancel_callback_;
  std::thread::id cancel_runner_; // the thread that is inside the callback, if any
};

} // namespace crank
