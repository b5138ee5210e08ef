#include "conformance/recording_call.hpp"

#include <algorithm>
#include <cstring>

namespace crank {

std::string status_name(crank_status status) {
  switch (status) {
  case CRANK_OK: return "OK";
  case CRANK_PENDING: return "PENDING";
  case CRANK_BUSY: return "BUSY";
  case CRANK_INVALID: return "INVALID";
  case CRANK_NOT_FOUND: return "NOT_FOUND";
  case CRANK_CANCELLED: return "CANCELLED";
  case CRANK_DEADLINE: return "DEADLINE";
  case CRANK_EXHAUSTED: return "EXHAUSTED";
  case CRANK_UNAVAILABLE: return "UNAVAILABLE";
  case CRANK_UNSUPPORTED: return "UNSUPPORTED";
  case CRANK_INTERNAL: return "INTERNAL";
  default: return std::to_string(status) + ", which is no status";
  }
}

bool is_known_status(crank_status status) { return status >= CRANK_INTERNAL && status <= CRANK_BUSY; }

RecordingCall::RecordingCall(CheckReport& report, Request request) : report_(report), request_(std::move(request)) {
  fill_table();
}

void RecordingCall::fill_table() {
  const auto view = [](const std::string& text) { return crank_str{text.data(), text.size()}; };
  crank_call& table = storage_.table;
  table.size = sizeof storage_;
  table.host_data = this;
  table.operation = view(request_.operation);
  table.body = request_.streamed ? crank_str{nullptr, 0} : view(request_.body);
  table.content_type = view(request_.content_type);
  table.request_id = {"verify", 6};
  table.body_size = request_.body.size();
  table.deadline_ms = 10'000;
  table.read = [](crank_call* call, void* buffer, std::size_t capacity) noexcept {
    return of(call).read(buffer, capacity);
  };
  table.get = [](const crank_call* call, const char* key, crank_str* out) noexcept { return of(call).get(key, out); };
  table.begin = [](crank_call* call, const char* type, std::size_t size) noexcept -> crank_status {
    RecordingCall& self = of(call);
    if (!self.alive("begin()")) return CRANK_CANCELLED;
    const std::lock_guard lock(self.mutex_);
    if (!self.writes_.empty()) return CRANK_INVALID;
    self.media_type_ = std::string(type, size);
    return CRANK_OK;
  };
  table.write = [](crank_call* call, const void* data, std::size_t size) noexcept {
    return of(call).write(data, size);
  };
  table.progress = [](crank_call* call, double fraction, const char* note, std::size_t size) noexcept {
    RecordingCall& self = of(call);
    self.alive("progress()");
    if (!(fraction <= 1))
      self.report_.fail("progress() with the fraction " + std::to_string(fraction) + ", at most 1 is allowed");
    if (!note && size > 0) self.report_.fail("progress() with a NULL note of " + std::to_string(size) + " bytes");
  };
  table.cancelled = [](const crank_call* call) noexcept -> std::int32_t { return of(call).request_.cancelled ? 1 : 0; };
  table.log = [](crank_call* call, std::int32_t level, const char*, std::size_t) noexcept {
    RecordingCall& self = of(call);
    self.alive("log()");
    if (level < CRANK_LOG_DEBUG || level > CRANK_LOG_ERROR)
      self.report_.fail("log() with the level " + std::to_string(level));
  };
  table.fail = [](crank_call* call, crank_status status, const char* code, const char* text,
                  std::size_t size) noexcept { return of(call).fail(status, code, text, size); };
  table.finish = [](crank_call* call, crank_status status) noexcept { of(call).finish(status); };
}

bool RecordingCall::alive(const char* function) {
  const std::lock_guard lock(mutex_);
  if (!over_ && !finish_status_) return true;
  report_.fail(request_.operation + ": " + function + " after the call had ended");
  return false;
}

std::int64_t RecordingCall::read(void* buffer, std::size_t capacity) {
  if (!alive("read()") || request_.cancelled) return CRANK_CANCELLED;
  const std::lock_guard lock(mutex_);
  // In small pieces, as a slow network would give them.
  const std::size_t count = std::min({capacity, request_.body.size() - read_offset_, std::size_t(7)});
  if (count > 0) std::memcpy(buffer, request_.body.data() + read_offset_, count);
  read_offset_ += count;
  return static_cast<std::int64_t>(count);
}

crank_status RecordingCall::get(std::string_view key, crank_str* out) const {
  static const std::string remote = "127.0.0.1";
  const std::string* found = nullptr;
  if (key == "method") {
    found = &request_.method;
  } else if (key == "path" || key == "target") {
    found = &request_.path;
  } else if (key == "remote") {
    found = &remote;
  } else if (key == "header.content-type") {
    found = &request_.content_type;
  } else if (key.substr(0, 5) == "path.") {
    const auto parameter = request_.path_parameters.find(std::string(key.substr(5)));
    if (parameter != request_.path_parameters.end()) found = &parameter->second;
  }
  if (!found) return CRANK_NOT_FOUND;
  *out = {found->data(), found->size()};
  return CRANK_OK;
}

crank_status RecordingCall::write(const void* data, std::size_t size) {
  if (!alive("write()") || request_.cancelled) return CRANK_CANCELLED;
  if (!data && size > 0) {
    report_.fail(request_.operation + ": write() with a NULL pointer and " + std::to_string(size) + " bytes");
    return CRANK_INVALID;
  }
  constexpr std::size_t most_bytes = 64 * 1024 * 1024;
  const std::lock_guard lock(mutex_);
  std::size_t sum = size;
  for (const std::string& written : writes_) sum += written.size();
  if (sum > most_bytes) return CRANK_EXHAUSTED;
  writes_.emplace_back(static_cast<const char*>(data), size);
  return CRANK_OK;
}

crank_status RecordingCall::fail(crank_status status, const char* code, const char* text, std::size_t size) {
  if (!alive("fail()")) return status;
  if (status >= 0 && status != CRANK_BUSY)
    report_.fail(request_.operation + ": fail() with the status " + status_name(status));
  if (!text && size > 0) {
    report_.fail(request_.operation + ": fail() with a NULL text of " + std::to_string(size) + " bytes");
    return status;
  }
  if (size == 0) report_.fail(request_.operation + ": fail() without a text for a person");
  const bool declared = !code || std::any_of(request_.errors.begin(), request_.errors.end(),
                                             [code](const DeclaredError& error) { return error.code == code; });
  if (!declared)
    report_.fail(request_.operation + ": fail() with the code " + code + ", which its manifest does not declare");
  const std::lock_guard lock(mutex_);
  failure_text_ = std::string(code ? code : "no code") + ": " + std::string(text ? text : "", size);
  return status;
}

void RecordingCall::finish(crank_status status) {
  const std::lock_guard lock(mutex_);
  if (finish_status_ || over_) {
    report_.fail(request_.operation + ": finish() for a call that had ended");
    return;
  }
  if (!is_known_status(status) || status == CRANK_PENDING)
    report_.fail(request_.operation + ": finish() with " + status_name(status));
  finish_status_ = status;
  finished_.notify_all();
}

RecordingCall::Outcome RecordingCall::run(crank_plugin* plugin, std::chrono::milliseconds timeout) {
  const auto began = std::chrono::steady_clock::now();
  const crank_status answer = plugin->call(plugin, &storage_.table);
  std::unique_lock lock(mutex_);
  Outcome outcome{true, answer, {}};
  if (answer == CRANK_PENDING) {
    outcome.ended = finished_.wait_for(lock, timeout, [this] { return finish_status_.has_value(); });
    outcome.status = finish_status_.value_or(CRANK_PENDING);
  } else if (finish_status_) {
    report_.fail(request_.operation + ": finish() although call() answered " + status_name(answer) +
                 " and not PENDING");
  }
  over_ = true;
  outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (!is_known_status(outcome.status))
    report_.fail(request_.operation + ": call() answered " + status_name(outcome.status));
  return outcome;
}

std::vector<std::string> RecordingCall::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

std::optional<std::string> RecordingCall::media_type() const {
  const std::lock_guard lock(mutex_);
  return media_type_;
}

std::string RecordingCall::failure_text() const {
  const std::lock_guard lock(mutex_);
  return failure_text_;
}

} // namespace crank
