#include "conformance/recording_call.hpp"

#include "abi/text.hpp"
#include "conformance/recording_process.hpp"
#include "json/json.hpp"

#include <algorithm>
#include <cstring>

namespace crank {

std::string status_name(crank_status status) {
  switch (status) {
  case CRANK_OK: return "OK";
  case CRANK_PENDING: return "PENDING";
  case CRANK_BUSY: return "BUSY";
  case CRANK_DEFER: return "DEFER";
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
  if (request_.form) form_.emplace(report_, request_.operation, request_.body, *request_.form);
  fill_table();
}

void RecordingCall::fill_table() {
  crank_call& table = storage_.table;
  table.size = sizeof storage_;
  table.host_data = this;
  table.operation = to_abi(request_.operation);
  table.body = request_.streamed || form_ ? crank_str{nullptr, 0} : to_abi(request_.body);
  table.content_type = to_abi(request_.content_type);
  table.request_id = to_abi("verify");
  table.body_size = request_.body.size();
  table.deadline_ms = 10'000;
  table.read = [](crank_call* call, void* buffer, std::size_t capacity) noexcept {
    return of(call).read(buffer, capacity);
  };
  table.get = [](const crank_call* call, crank_str key, crank_str* out) noexcept {
    return of(call).get(from_abi(key), out);
  };
  table.each = [](const crank_call* call, crank_str prefix, crank_visit visit, void* user) noexcept {
    return of(call).each(from_abi(prefix), visit, user);
  };
  table.set = [](crank_call* call, crank_str key, crank_str value) noexcept { return of(call).set(key, value); };
  table.write = [](crank_call* call, const void* data, std::size_t size) noexcept {
    return of(call).write(data, size);
  };
  table.progress = [](crank_call* call, double fraction, crank_str note) noexcept {
    RecordingCall& self = of(call);
    self.alive("progress()");
    if (!(fraction <= 1))
      self.report_.fail("progress() with the fraction " + std::to_string(fraction) + ", at most 1 is allowed");
    if (!is_readable(note)) self.report_.fail("progress() with a NULL note of " + std::to_string(note.len) + " bytes");
  };
  table.cancelled = [](const crank_call* call) noexcept -> std::int32_t {
    return of(call).request_.cancelled ? CRANK_CANCEL_CALLER : CRANK_CANCEL_NONE;
  };
  table.on_cancel = [](crank_call* call, void (*fired)(void*, std::int32_t) noexcept, void* user) noexcept {
    return of(call).on_cancel(fired, user);
  };
  table.log = [](crank_call* call, std::int32_t level, crank_str) noexcept {
    RecordingCall& self = of(call);
    self.alive("log()");
    if (level < CRANK_LOG_DEBUG || level > CRANK_LOG_ERROR)
      self.report_.fail("log() with the level " + std::to_string(level));
  };
  table.fail = [](crank_call* call, const crank_problem* problem) noexcept { return of(call).fail(problem); };
  table.finish = [](crank_call* call, crank_status status) noexcept { of(call).finish(status); };
}

bool RecordingCall::alive(const char* function) {
  const std::lock_guard lock(mutex_);
  if (!over_ && !finish_status_) return true;
  report_.fail(request_.operation + ": " + function + " after the call had ended");
  return false;
}

RecordingFiles* RecordingCall::files_of(crank_call* call, const char* function, bool& written) {
  RecordingCall& self = of(call);
  if (!self.alive(function) || self.request_.cancelled) return nullptr;
  const std::lock_guard lock(self.mutex_);
  written = !self.writes_.empty();
  return &self.files_;
}

crank_status RecordingCall::run_process(const crank_process_spec* spec, crank_process_result* out) {
  if (!alive("run() of a program") || request_.cancelled) return CRANK_CANCELLED;
  if (!request_.library) return CRANK_UNAVAILABLE;
  return run_recorded_process(report_, request_.operation, *request_.library, spec, out, process_errors_);
}

RecordingForm* RecordingCall::form_of(crank_call* call, const char* function, crank_status& status) {
  RecordingCall& self = of(call);
  status = self.form_ ? CRANK_CANCELLED : CRANK_UNSUPPORTED;
  if (!self.alive(function) || self.request_.cancelled || !self.form_) return nullptr;
  return &*self.form_;
}

bool RecordingCall::takes(crank_call* call, const char* function) {
  return of(call).alive(function) && !of(call).request_.cancelled;
}

void RecordingCall::fault(crank_call* call, const std::string& what) {
  of(call).report_.fail(of(call).request_.operation + ": " + what);
}

const std::string& RecordingCall::body_of(crank_call* call) {
  RecordingCall& self = of(call);
  const std::lock_guard lock(self.mutex_);
  if (self.form_) self.report_.fail(self.request_.operation + ": body_descriptor() where the body is a form");
  if (self.read_offset_ > 0) self.report_.fail(self.request_.operation + ": body_descriptor() after read()");
  self.body_given_ = true;
  return self.request_.body;
}

std::int64_t RecordingCall::read(void* buffer, std::size_t capacity) {
  if (!alive("read()") || request_.cancelled) return CRANK_CANCELLED;
  const std::lock_guard lock(mutex_);
  if (body_given_ || form_) return CRANK_INVALID;
  // In small pieces, as a slow network would give them.
  const std::size_t count = std::min({capacity, request_.body.size() - read_offset_, std::size_t(7)});
  if (count > 0) std::memcpy(buffer, request_.body.data() + read_offset_, count);
  read_offset_ += count;
  return static_cast<std::int64_t>(count);
}

crank_status RecordingCall::get(std::string_view key, crank_str* out) const {
  static const std::string address = "127.0.0.1", kind = "anonymous";
  const std::string* found = nullptr;
  if (key == "method") {
    found = &request_.method;
  } else if (key == "path" || key == "target") {
    found = &request_.path;
  } else if (key == "caller.kind") {
    found = &kind;
  } else if (key == "caller.address") {
    found = &address;
  } else if (key == "header.content-type") {
    found = &request_.content_type;
  } else if (key.substr(0, 5) == "path.") {
    const auto parameter = request_.path_parameters.find(std::string(key.substr(5)));
    if (parameter != request_.path_parameters.end()) found = &parameter->second;
  }
  if (!found) return CRANK_NOT_FOUND;
  *out = to_abi(*found);
  return CRANK_OK;
}

crank_status RecordingCall::each(std::string_view prefix, crank_visit visit, void* user) const {
  const auto begins_so = [prefix](std::string_view key) { return key.substr(0, prefix.size()) == prefix; };
  if (begins_so("header.content-type")) {
    visit(user, to_abi("header.content-type"), to_abi(request_.content_type));
    return CRANK_OK;
  }
  for (const auto& [name, value] : request_.path_parameters) {
    const std::string key = "path." + name;
    if (begins_so(key) && visit(user, to_abi(key), to_abi(value)) != 0) break;
  }
  return prefix.substr(0, 7) == "header." || prefix.substr(0, 6) == "query." || prefix.substr(0, 5) == "path."
             ? CRANK_OK
             : CRANK_INVALID;
}

crank_status RecordingCall::set(crank_str key, crank_str value) {
  if (!alive("set()")) return CRANK_CANCELLED;
  const std::lock_guard lock(mutex_);
  crank_status status = CRANK_INVALID;
  if (writes_.empty() && is_readable(key) && is_readable(value)) status = head_.set(from_abi(key), from_abi(value));
  if (status == CRANK_INVALID)
    report_.fail(request_.operation + ": set(\"" + std::string(from_abi(key)) + "\") " +
                 (writes_.empty() ? "to a value that is none" : "after the first write()"));
  return status;
}

crank_status RecordingCall::on_cancel(void (*fired)(void*, std::int32_t) noexcept, void* user) {
  if (!alive("on_cancel()")) return CRANK_CANCELLED;
  {
    const std::lock_guard lock(mutex_);
    if (fired && listens_) {
      report_.fail(request_.operation + ": on_cancel() while there is another");
      return CRANK_INVALID;
    }
    listens_ = fired && !request_.cancelled;
  }
  if (fired && request_.cancelled) fired(user, CRANK_CANCEL_CALLER);
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

std::string RecordingCall::check_problem(CheckReport& report, const std::string& operation,
                                         const std::vector<DeclaredError>& errors, const crank_problem* problem) {
  const auto fault = [&](const std::string& what) { report.fail(operation + ": fail() " + what); };
  if (!problem || !CRANK_HAS_FIELD(crank_problem, problem, details)) {
    fault(problem ? "with a problem whose size is " + std::to_string(problem->size) : "with NULL");
    return "no problem";
  }
  if (problem->status >= 0 && problem->status != CRANK_BUSY) fault("with the status " + status_name(problem->status));
  bool readable = is_readable(problem->code) && is_readable(problem->text) && is_readable(problem->details) &&
                  (problem->fields || problem->field_count == 0);
  for (std::uint32_t i = 0; readable && i < problem->field_count; ++i)
    readable = is_readable(problem->fields[i].pointer) && is_readable(problem->fields[i].message);
  if (!readable) {
    fault("with a NULL text that has a length");
    return "unreadable";
  }
  if (problem->text.len == 0) fault("without a text for a person");
  const std::string code(from_abi(problem->code));
  const bool declared = code.empty() || std::any_of(errors.begin(), errors.end(),
                                                    [&](const DeclaredError& error) { return error.code == code; });
  if (!declared) fault("with the code " + code + ", which its manifest does not declare");
  for (std::uint32_t i = 0; i < problem->field_count; ++i) {
    const auto pointer = from_abi(problem->fields[i].pointer);
    if (!pointer.empty() && pointer.front() != '/')
      fault("with the field " + std::string(pointer) + ", which is no JSON Pointer");
  }
  if (problem->details.len > 0) {
    const auto details = parse_json(from_abi(problem->details));
    if (!details || !details->is_object()) fault("with details that are no JSON object");
  }
  return (code.empty() ? "no code" : code) + ": " + std::string(from_abi(problem->text));
}

crank_status RecordingCall::fail(const crank_problem* problem) {
  if (!alive("fail()")) return CRANK_CANCELLED;
  std::string text = check_problem(report_, request_.operation, request_.errors, problem);
  const std::lock_guard lock(mutex_);
  failure_text_ = std::move(text);
  return problem ? problem->status : CRANK_INTERNAL;
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
  if (listens_ && answer != CRANK_PENDING)
    report_.fail(request_.operation + ": on_cancel() was not taken back before call() returned");
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
  return head_.media_type.empty() ? std::nullopt : std::optional(head_.media_type);
}

std::string RecordingCall::failure_text() const {
  const std::lock_guard lock(mutex_);
  return failure_text_;
}

} // namespace crank
