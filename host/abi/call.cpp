#include "abi/call.hpp"

#include "log/log.hpp"

#include <array>
#include <utility>

namespace crank {
namespace {

// A response up to this size is sent whole, with a length; a longer one goes out as it is written.
constexpr std::size_t longest_whole_response = 256 * 1024;

crank_str abi_string(std::string_view text) { return {text.data(), text.size()}; }

std::string_view view(const char* text, std::size_t len) {
  return text ? std::string_view(text, len) : std::string_view();
}

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

PluginCall::PluginCall(std::shared_ptr<Invocation> invocation, Engine& engine)
    : invocation_(std::move(invocation)), plugin_(invocation_->operation().plugin()), engine_(engine) {
  const auto whole = invocation_->body().whole();
  table_.size = sizeof table_;
  table_.host_data = this;
  table_.operation = abi_string(invocation_->operation().spec().name);
  table_.body = whole ? crank_str{whole->data() ? whole->data() : "", whole->size()} : crank_str{nullptr, 0};
  table_.content_type = abi_string(invocation_->content_type());
  table_.request_id = abi_string(invocation_->request_id());
  table_.body_size = invocation_->body().size();
  table_.deadline_ms = invocation_->milliseconds_left();
  table_.read = &PluginCall::read;
  table_.get = &PluginCall::get;
  table_.begin = &PluginCall::begin;
  table_.write = &PluginCall::write;
  table_.progress = &PluginCall::progress;
  table_.cancelled = &PluginCall::cancelled;
  table_.log = &PluginCall::log_line;
  table_.fail = &PluginCall::fail;
  table_.finish = &PluginCall::finish;
}

// ---- what the plugin calls ----

std::int64_t PluginCall::read(crank_call* call, void* buffer, std::size_t capacity) noexcept {
  if (capacity == 0) return 0; // as POSIX read(): not the end, and nothing to wait for
  if (!buffer) return CRANK_INVALID;
  const auto& invocation = of(call).invocation_;
  return invocation ? invocation->body().read(buffer, capacity) : CRANK_CANCELLED;
}

crank_status PluginCall::get(const crank_call* call, const char* key, crank_str* out) noexcept try {
  if (!key || !out) return CRANK_INVALID;
  if (!of(call).invocation_) return CRANK_CANCELLED;
  const auto value = of(call).invocation_->attributes().get(key);
  if (!value) return CRANK_NOT_FOUND;
  *out = abi_string(*value);
  return CRANK_OK;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginCall::begin(crank_call* call, const char* media_type, std::size_t len) noexcept try {
  PluginCall& self = of(call);
  const std::string_view type = view(media_type, len);
  // The text goes into a header: nothing that could end the line.
  if (self.wrote_ || type.empty() || type.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return CRANK_INVALID;
  self.media_type_ = type;
  return CRANK_OK;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginCall::write(crank_call* call, const void* data, std::size_t len) noexcept try {
  if (!data && len > 0) return CRANK_INVALID;
  return of(call).append({static_cast<const char*>(data), len});
} catch (...) {
  return CRANK_EXHAUSTED;
}

void PluginCall::progress(crank_call* call, double fraction, const char* note, std::size_t len) noexcept try {
  if (const auto invocation = of(call).invocation_) invocation->sink().progress(fraction, view(note, len));
} catch (...) {
}

std::int32_t PluginCall::cancelled(const crank_call* call) noexcept {
  const auto& invocation = of(call).invocation_;
  return !invocation || invocation->cancelled() ? 1 : 0;
}

void PluginCall::log_line(crank_call* call, std::int32_t level, const char* text, std::size_t len) noexcept {
  const auto& invocation = of(call).invocation_;
  log(log_level_of(level), invocation ? invocation->log_context() : LogContext{}, view(text, len));
}

crank_status PluginCall::fail(crank_call* call, crank_status status, const char* code, const char* text,
                              std::size_t len) noexcept try {
  PluginCall& self = of(call);
  if (!self.invocation_) return CRANK_CANCELLED;
  const crank_status effective = status < 0 || status == CRANK_BUSY ? status : CRANK_INTERNAL;
  Problem problem = Problem::of(effective, std::string(view(text, len)));
  if (code) {
    const DeclaredError* declared = self.invocation_->operation().declared_error(code);
    if (declared) {
      problem.code = declared->code;
      problem.http_status = declared->http_status;
      problem.retryable = declared->retryable;
    } else {
      log(LogLevel::warn, self.invocation_->log_context(),
          self.invocation_->operation().spec().name + " failed with a code its manifest does not declare: " + code);
    }
  }
  self.failure_ = std::move(problem);
  return effective;
} catch (...) {
  return CRANK_INTERNAL;
}

void PluginCall::finish(crank_call* call, crank_status status) noexcept try {
  PluginCall& self = of(call);
  State expected = State::running;
  if (self.state_ == State::running) self.early_status_ = status;
  if (self.state_.compare_exchange_strong(expected, State::finished_early)) return; // returned() completes it
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

// ---- the way out ----

crank_status PluginCall::append(std::string_view data) {
  if (!invocation_ || invocation_->answered()) return CRANK_CANCELLED;
  wrote_ = true;
  crank_status status = CRANK_OK;
  if (invocation_->operation().spec().streaming) {
    status = invocation_->sink().item(data);
  } else {
    output_.append(data);
    if (streaming_out_ || output_.size() > longest_whole_response) status = stream_out();
  }
  if (status != CRANK_OK && write_failure_ == CRANK_OK) write_failure_ = status;
  return status;
}

crank_status PluginCall::stream_out() {
  if (!std::exchange(streaming_out_, true)) {
    invocation_->sink().begin(media_type_.empty() ? invocation_->operation().spec().response_type : media_type_);
  }
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
  if (status == CRANK_OK && write_failure_ != CRANK_OK) status = blame_write();
  const auto invocation = invocation_;
  const OperationSpec& spec = invocation->operation().spec();
  if (status != CRANK_OK) {
    invocation->fail(failure(status));
  } else if (!invocation->answered()) {
    if (streaming_out_ && !output_.empty()) invocation->sink().data(std::move(output_));
    if (streaming_out_ || spec.streaming)
      invocation->end();
    else
      invocation->reply({media_type_.empty() ? spec.response_type : std::move(media_type_), std::move(output_)});
  }
  invocation_.reset();
  engine_.completed(*invocation);
}

// The plugin says that all went well, but not all of its response could be taken.
crank_status PluginCall::blame_write() {
  if (write_failure_ == CRANK_EXHAUSTED) {
    failure_ = Problem::http(500, "LIMIT_EXCEEDED",
                             invocation_->operation().spec().name + " produced a longer response than the host allows");
  } else if (write_failure_ == CRANK_UNAVAILABLE) {
    failure_ = Problem::http(507, "INSUFFICIENT_STORAGE",
                             "the host has no disk space, or no file descriptor left, for the response");
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
