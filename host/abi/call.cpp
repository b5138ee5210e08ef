#include "abi/call.hpp"

#include "abi/ask.hpp"
#include "abi/files.hpp"
#include "abi/form.hpp"
#include "abi/problem.hpp"
#include "abi/process.hpp"
#include "abi/text.hpp"
#include "engine/deferred_body.hpp"
#include "log/log.hpp"

#include <array>
#include <utility>

namespace crank {
namespace {

// A response up to this size is sent whole, with a length; a longer one goes out as it is written.
constexpr std::size_t longest_whole_response = 256 * 1024;

// Calls that ended after PENDING wait here for a while, so that a second finish() is recognised instead of corrupting
// memory.
class Retired {
public:
  void add(std::unique_ptr<PluginCall> call) {
    const std::lock_guard lock(mutex_);
    calls_[next_++ % calls_.size()] = std::move(call);
  }

private:
  std::mutex mutex_;
  std::array<std::unique_ptr<PluginCall>, 256> calls_;
  std::size_t next_ = 0;
};

Retired& retired() {
  static Retired calls;
  return calls;
}

} // namespace

PluginCall::PluginCall(std::shared_ptr<Invocation> invocation, Engine& engine, const PluginPrograms& programs)
    : invocation_(std::move(invocation)), plugin_(invocation_->operation().plugin()), engine_(engine),
      is_form_(invocation_->form() != nullptr), programs_(programs) {
  const auto whole = is_form_ ? std::nullopt : invocation_->body().whole();
  table_.size = sizeof table_;
  table_.host_data = this;
  table_.operation = to_abi(invocation_->operation().spec().name);
  table_.body = whole ? crank_str{whole->data() ? whole->data() : "", whole->size()} : crank_str{nullptr, 0};
  table_.content_type = to_abi(invocation_->content_type());
  table_.request_id = to_abi(invocation_->request_id());
  table_.body_size = invocation_->body().size();
  table_.deadline_ms = invocation_->milliseconds_left();
  table_.read = &PluginCall::read;
  table_.get = &PluginCall::get;
  table_.each = &PluginCall::each;
  table_.set = &PluginCall::set;
  table_.write = &PluginCall::write;
  table_.progress = &PluginCall::progress;
  table_.cancelled = &PluginCall::cancelled;
  table_.on_cancel = &PluginCall::on_cancel;
  table_.log = &PluginCall::log_line;
  table_.fail = &PluginCall::fail;
  table_.finish = &PluginCall::finish;
}

PluginCall::~PluginCall() = default;

// ---- what the plugin calls ----

std::int64_t PluginCall::read(crank_call* call, void* buffer, std::size_t capacity) noexcept {
  if (capacity == 0) return 0; // as POSIX read(): not the end, and nothing to wait for
  if (!buffer) return CRANK_INVALID;
  PluginCall& self = of(call);
  if (!self.invocation_) return CRANK_CANCELLED;
  if (self.is_form_) return CRANK_INVALID;                          // see crank.form/1
  if (self.files_ && self.files_->has_body()) return CRANK_INVALID; // it is a file now
  self.read_ = true;
  return self.invocation_->body().read(buffer, capacity);
}

crank_status PluginCall::get(const crank_call* call, crank_str key, crank_str* out) noexcept try {
  if (!is_readable(key) || !out) return CRANK_INVALID;
  if (!of(call).invocation_) return CRANK_CANCELLED;
  if (from_abi(key) == "job.offered") {
    if (!of(call).may_defer()) return CRANK_NOT_FOUND;
    *out = CRANK_STR("true");
    return CRANK_OK;
  }
  return get_attribute(of(call).invocation_->attributes(), from_abi(key), *out);
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginCall::each(const crank_call* call, crank_str prefix, crank_visit visit, void* user) noexcept try {
  if (!is_readable(prefix) || !visit) return CRANK_INVALID;
  if (!of(call).invocation_) return CRANK_CANCELLED;
  return each_attribute(of(call).invocation_->attributes(), from_abi(prefix), visit, user);
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginCall::set(crank_call* call, crank_str key, crank_str value) noexcept try {
  PluginCall& self = of(call);
  if (!is_readable(key) || !is_readable(value) || self.wrote_) return CRANK_INVALID;
  return self.invocation_ ? self.head_.set(from_abi(key), from_abi(value)) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginCall::write(crank_call* call, const void* data, std::size_t len) noexcept try {
  if (!data && len > 0) return CRANK_INVALID;
  return of(call).append({static_cast<const char*>(data), len});
} catch (...) {
  return CRANK_EXHAUSTED;
}

void PluginCall::progress(crank_call* call, double fraction, crank_str note) noexcept try {
  if (const auto invocation = of(call).invocation_) invocation->sink().progress(fraction, from_abi(note));
} catch (...) {
}

std::int32_t PluginCall::cancelled(const crank_call* call) noexcept {
  const auto& invocation = of(call).invocation_;
  return invocation ? static_cast<std::int32_t>(invocation->cancel_reason()) : CRANK_CANCEL_CALLER;
}

crank_status PluginCall::on_cancel(crank_call* call, void (*fired)(void*, std::int32_t) noexcept, void* user) noexcept
    try {
  PluginCall& self = of(call);
  const auto invocation = self.invocation_;
  if (!invocation) return CRANK_CANCELLED;
  if (!fired) {
    invocation->forget_cancel();
    return CRANK_OK;
  }
  // While it may fire, complete() has not come so far as to drop the invocation, or this.
  const bool alone =
      invocation->on_cancel([&self, fired, user](CancelReason reason) { self.fired_cancel(fired, user, reason); });
  return alone ? CRANK_OK : CRANK_INVALID;
} catch (...) {
  return CRANK_EXHAUSTED;
}

void PluginCall::fired_cancel(void (*fired)(void*, std::int32_t), void* user, CancelReason reason) const {
  const PluginInstance& plugin = plugin_; // the callback may finish the call, and this object with it
  try {
    fired(user, static_cast<std::int32_t>(reason));
  } catch (...) {
    log(LogLevel::error, LogContext{plugin.id(), {}, {}},
        "plugin " + plugin.id() + " threw an exception out of on_cancel()");
  }
}

void PluginCall::log_line(crank_call* call, std::int32_t level, crank_str text) noexcept {
  const auto& invocation = of(call).invocation_;
  log(log_level_of(level), invocation ? invocation->log_context() : LogContext{}, from_abi(text));
  try {
    if (invocation) invocation->sink().logged(log_level_of(level), from_abi(text));
  } catch (...) { // there is no memory for it: it is in the log
  }
}

crank_status PluginCall::fail(crank_call* call, const crank_problem* problem) noexcept try {
  PluginCall& self = of(call);
  if (!self.invocation_) return CRANK_CANCELLED;
  self.failure_ = problem_from_abi(problem, &self.invocation_->operation(), self.invocation_->log_context());
  return self.failure_->status;
} catch (...) {
  return CRANK_INTERNAL;
}

void PluginCall::finish(crank_call* call, crank_status status) noexcept try {
  PluginCall& self = of(call);
  State expected = State::running;
  const auto invocation = self.invocation_; // nobody lets go of it before one of us has won
  if (self.state_ == State::running) self.early_status_ = status;
  if (self.state_.compare_exchange_strong(expected, State::finished_early)) { // returned() completes it
    if (invocation) invocation->forget_cancel();
    return;
  }
  expected = State::pending;
  if (!self.state_.compare_exchange_strong(expected, State::finished)) {
    log(LogLevel::error, LogContext{self.plugin_.id(), {}, {}},
        "plugin " + self.plugin_.id() + " called finish() twice on one call; the second was ignored");
    return;
  }
  self.complete(status);
  retired().add(std::unique_ptr<PluginCall>(&self));
} catch (...) {
}

CallFiles* PluginCall::files_of(crank_call* call) {
  PluginCall& self = of(call);
  if (!self.invocation_ || self.invocation_->answered()) return nullptr;
  if (!self.files_) self.files_ = std::make_unique<CallFiles>(*self.invocation_);
  return self.files_.get();
}

CallProcess* PluginCall::process_of(crank_call* call) {
  PluginCall& self = of(call);
  if (!self.invocation_) return nullptr;
  if (!self.process_) self.process_ = std::make_unique<CallProcess>(self.invocation_, self.programs_);
  return self.process_.get();
}

CallForm* PluginCall::form_of(crank_call* call, crank_status& status) {
  PluginCall& self = of(call);
  status = self.is_form_ ? CRANK_CANCELLED : CRANK_UNSUPPORTED;
  if (!self.is_form_ || !self.invocation_ || self.invocation_->answered()) return nullptr;
  if (!self.form_) self.form_ = std::make_unique<CallForm>(*self.invocation_);
  return self.form_.get();
}

std::shared_ptr<Invocation> PluginCall::asking(crank_call* call) {
  const auto invocation = of(call).invocation_;
  return invocation && !invocation->answered() && !invocation->cancelled() ? invocation : nullptr;
}

std::shared_ptr<CallAsks> PluginCall::asks_of(crank_call* call) {
  PluginCall& self = of(call);
  const std::lock_guard lock(self.asks_mutex_);
  if (!self.asks_) self.asks_ = std::make_shared<CallAsks>();
  return self.asks_;
}

void PluginCall::end_asking() {
  std::shared_ptr<CallAsks> asks;
  {
    const std::lock_guard lock(asks_mutex_);
    asks = asks_;
  }
  if (asks) asks->close();
}

void PluginCall::note_write_failure(crank_call* call, crank_status status) {
  PluginCall& self = of(call);
  if (self.write_failure_ == CRANK_OK) self.write_failure_ = status;
}

// ---- the way out ----

crank_status PluginCall::append(std::string_view data) {
  if (!invocation_ || invocation_->answered()) return CRANK_CANCELLED;
  if (head_.without_content()) return CRANK_INVALID;
  const bool first = !std::exchange(wrote_, true);
  crank_status status = CRANK_OK;
  if (invocation_->operation().spec().streaming) {
    if (first) invocation_->sink().begin(take_head());
    status = invocation_->sink().item(data);
  } else {
    output_.append(data);
    if (streaming_out_ || output_.size() > longest_whole_response) status = stream_out();
  }
  if (status != CRANK_OK && write_failure_ == CRANK_OK) write_failure_ = status;
  return status;
}

ReplyHead PluginCall::take_head() {
  if (head_.media_type.empty()) head_.media_type = invocation_->operation().spec().response_type;
  return std::move(head_);
}

crank_status PluginCall::stream_out() {
  if (!std::exchange(streaming_out_, true)) invocation_->sink().begin(take_head());
  return invocation_->sink().data(std::exchange(output_, {}));
}

bool PluginCall::returned(crank_status status) {
  if (status != CRANK_PENDING) {
    state_ = State::finished;
    complete(status);
    return true;
  }
  State expected = State::running;
  if (state_.compare_exchange_strong(expected, State::pending)) return false; // from here on finish() owns this object
  state_ = State::finished;
  complete(early_status_);
  retired().add(std::unique_ptr<PluginCall>(this));
  return false;
}

void PluginCall::threw(std::string_view what) {
  log(LogLevel::error, invocation_->log_context(),
      "plugin " + invocation_->operation().plugin().id() + " threw an exception out of call(): " + std::string(what));
  failure_.reset();
  state_ = State::finished;
  complete(CRANK_INTERNAL);
}

void PluginCall::complete(crank_status status) {
  // Also where it passes on what write() said.
  if (write_failure_ != CRANK_OK && (status == CRANK_OK || (status == write_failure_ && !failure_)))
    status = blame_write();
  const auto invocation = invocation_;
  invocation->forget_cancel();
  end_asking();
  const OperationSpec& spec = invocation->operation().spec();
  if (status == CRANK_DEFER && may_defer()) {
    invocation->defer();
  } else if (status != CRANK_OK) {
    invocation->fail(failure(status));
  } else if (!invocation->answered()) {
    if (streaming_out_ && !output_.empty()) invocation->sink().data(std::move(output_));
    if (spec.streaming && !wrote_) invocation->sink().begin(take_head());
    if (streaming_out_ || spec.streaming) {
      invocation->end();
    } else {
      ReplyHead head = take_head();
      invocation->reply({std::move(head.media_type), std::move(output_), head.status, std::move(head.fields)});
    }
  }
  files_.reset(); // what was not finished goes
  form_.reset();
  invocation_.reset();
  engine_.completed(*invocation);
}

bool PluginCall::may_defer() const {
  return !wrote_ && invocation_->operation().spec().defers && invocation_->sink().takes_deferral() &&
         DeferredBody::is_possible(invocation_->body());
}

// Not all of the plugin's response could be taken.
crank_status PluginCall::blame_write() {
  if (write_failure_ == CRANK_EXHAUSTED) {
    failure_ = Problem::http(500, "LIMIT_EXCEEDED",
                             invocation_->operation().spec().name + " produced a longer response than the host allows");
    failure_->status = CRANK_EXHAUSTED; // for who counts
  } else if (write_failure_ == CRANK_UNAVAILABLE) {
    failure_ = Problem::http(507, "INSUFFICIENT_STORAGE",
                             "the host has no disk space, or no file descriptor left, for the response");
    failure_->status = CRANK_UNAVAILABLE;
  }
  return write_failure_;
}

Problem PluginCall::failure(crank_status status) const {
  // It stopped as asked: the caller is told why it was asked, unless the plugin has a code of its own for that.
  if (status == CRANK_CANCELLED && invocation_->cancelled() && (!failure_ || failure_->code == "CANCELLED"))
    return cancellation(*invocation_);
  if (failure_ && (status < 0 || status == CRANK_BUSY)) return *failure_;
  const std::string& name = invocation_->operation().spec().name;
  const bool known = status == CRANK_BUSY || (status <= CRANK_INVALID && status >= CRANK_INTERNAL);
  if (!known) {
    log(LogLevel::error, invocation_->log_context(),
        "plugin " + invocation_->operation().plugin().id() + ": " + name + " returned the undefined status " +
            std::to_string(status));
    return Problem::of(CRANK_INTERNAL, name + " failed in a way it did not explain");
  }
  if (status == CRANK_INTERNAL) {
    log(LogLevel::error, invocation_->log_context(),
        "plugin " + invocation_->operation().plugin().id() + ": " + name + " failed without a message");
  }
  Problem problem = Problem::of(status, name + " failed");
  if (status == CRANK_BUSY) problem.retry_after = 1;
  return problem;
}

} // namespace crank
