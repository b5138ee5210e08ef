#include "conformance/recording_session.hpp"

#include "abi/text.hpp"
#include "base/text.hpp"
#include "conformance/recording_call.hpp"

#include <algorithm>

namespace crank {

RecordingSession::RecordingSession(CheckReport& report, const crank_plugin_session& callbacks, std::string operation,
                                   bool events, std::vector<DeclaredError> errors)
    : report_(report), callbacks_(callbacks), operation_(std::move(operation)), events_(events),
      errors_(std::move(errors)) {
  fill_table();
}

void RecordingSession::fill_table() {
  crank_session& table = storage_.table;
  table.size = sizeof storage_;
  table.host_data = this;
  table.operation = to_abi(operation_);
  table.request_id = to_abi("verify");
  table.body = {nullptr, 0};
  table.get = [](const crank_session*, crank_str key, crank_str* out) noexcept -> crank_status {
    if (from_abi(key) != "caller.address") return CRANK_NOT_FOUND;
    *out = to_abi("127.0.0.1");
    return CRANK_OK;
  };
  table.each = [](const crank_session*, crank_str, crank_visit, void*) noexcept -> crank_status { return CRANK_OK; };
  table.set = [](crank_session* session, crank_str key, crank_str value) noexcept {
    return of(session).set(key, value);
  };
  table.send = [](crank_session* session, const crank_message* message) noexcept {
    return of(session).send(message, "send()");
  };
  table.join = [](crank_session* session, crank_str name) noexcept { return of(session).topic(name, true); };
  table.leave = [](crank_session* session, crank_str name) noexcept { return of(session).topic(name, false); };
  table.wake_after = [](crank_session* session, std::uint64_t) noexcept -> crank_status {
    RecordingSession& self = of(session);
    const std::lock_guard lock(self.mutex_);
    if (self.state_ == State::ended) return CRANK_CANCELLED;
    self.wake_asked_ = true;
    return CRANK_OK;
  };
  table.close = [](crank_session* session, std::int32_t code, crank_str) noexcept {
    RecordingSession& self = of(session);
    const std::lock_guard lock(self.mutex_);
    if (code < 1000 || code > 4999)
      self.report_.fail(self.operation_ + ": close() with the code " + std::to_string(code));
    self.close_asked_ = true;
  };
  table.log = [](crank_session*, std::int32_t, crank_str) noexcept {};
  table.fail = [](crank_session* session, const crank_problem* problem) noexcept { return of(session).fail(problem); };
  table.retain = [](crank_session* session) noexcept {
    const std::lock_guard lock(of(session).mutex_);
    ++of(session).retained_;
  };
  table.release = [](crank_session* session) noexcept {
    RecordingSession& self = of(session);
    const std::lock_guard lock(self.mutex_);
    if (--self.retained_ < 0) self.report_.fail(self.operation_ + ": release() more often than retain()");
  };
}

crank_status RecordingSession::set(crank_str key, crank_str value) {
  const std::lock_guard lock(mutex_);
  std::string_view name = from_abi(key);
  if (state_ != State::opening) {
    report_.fail(operation_ + ": set() outside opened()");
    return CRANK_INVALID;
  }
  if (take_prefix(name, "header.")) return head_.set_field(name, from_abi(value));
  if (name != "subprotocol") return CRANK_UNSUPPORTED;
  return value.len == 0 ? CRANK_OK : CRANK_INVALID; // this client offers none
}

crank_status RecordingSession::fail(const crank_problem* problem) {
  std::string text = RecordingCall::check_problem(report_, operation_, errors_, problem);
  const std::lock_guard lock(mutex_);
  if (state_ != State::opening) report_.fail(operation_ + ": fail() outside opened()");
  failure_text_ = std::move(text);
  return problem ? problem->status : CRANK_INTERNAL;
}

crank_status RecordingSession::topic(crank_str name, bool join) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::ended) return CRANK_CANCELLED;
  if (join) {
    topics_.emplace(from_abi(name));
  } else {
    topics_.erase(std::string(from_abi(name)));
  }
  return CRANK_OK;
}

crank_status RecordingSession::send(const crank_message* message, const char* function) {
  const std::lock_guard lock(mutex_);
  constexpr std::size_t least = offsetof(crank_message, id) + sizeof(crank_message::id);
  if (message->size < least) {
    report_.fail(operation_ + ": " + function + " with a message whose size is " + std::to_string(message->size));
    return CRANK_INVALID;
  }
  if (message->kind != CRANK_TEXT && (events_ || message->kind != CRANK_BINARY)) {
    report_.fail(operation_ + ": " + function + " with a message of kind " + std::to_string(message->kind));
  }
  if (message->reserved != 0)
    report_.fail(operation_ + ": " + function + " with a message whose reserved member is not 0");
  if (state_ == State::ended || close_asked_) return CRANK_CANCELLED;
  ++sent_;
  return CRANK_OK;
}

crank_status RecordingSession::open(crank_plugin* plugin) {
  {
    const std::lock_guard lock(mutex_);
    state_ = State::opening;
  }
  const crank_status status = callbacks_.opened(plugin, &storage_.table);
  const std::lock_guard lock(mutex_);
  state_ = status == CRANK_OK ? State::open : State::ended;
  if (!is_known_status(status) || status == CRANK_PENDING)
    report_.fail(operation_ + ": opened() answered " + status_name(status));
  return status;
}

void RecordingSession::message(crank_plugin* plugin, std::int32_t kind, std::string_view data) {
  crank_message message{};
  message.size = sizeof message;
  message.kind = kind;
  message.data = {data.data(), data.size()};
  if (open() && CRANK_HAS(crank_plugin_session, &callbacks_, message))
    callbacks_.message(plugin, &storage_.table, &message);
}

void RecordingSession::writable(crank_plugin* plugin) {
  if (open() && CRANK_HAS(crank_plugin_session, &callbacks_, writable)) callbacks_.writable(plugin, &storage_.table);
}

bool RecordingSession::wake_if_asked(crank_plugin* plugin) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::open || close_asked_ || !std::exchange(wake_asked_, false)) return false;
  }
  if (!CRANK_HAS(crank_plugin_session, &callbacks_, wake)) {
    report_.fail(operation_ + ": wake_after() by a plugin whose wake() is NULL");
    return false;
  }
  callbacks_.wake(plugin, &storage_.table);
  return true;
}

void RecordingSession::close(crank_plugin* plugin, std::int32_t code) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::open) return;
    state_ = State::ended;
  }
  callbacks_.closed(plugin, &storage_.table, code, to_abi(""));
}

bool RecordingSession::joined(std::string_view topic) const {
  const std::lock_guard lock(mutex_);
  return state_ != State::ended && topics_.find(topic) != topics_.end();
}

bool RecordingSession::open() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::open && !close_asked_;
}

std::size_t RecordingSession::sent() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

int RecordingSession::retained() const {
  const std::lock_guard lock(mutex_);
  return retained_;
}

std::string RecordingSession::failure_text() const {
  const std::lock_guard lock(mutex_);
  return failure_text_;
}

} // namespace crank
