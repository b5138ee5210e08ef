#include "abi/session_bridge.hpp"

#include "engine/engine.hpp"
#include "log/log.hpp"

namespace crank {
namespace {

crank_str abi_string(std::string_view text) { return {text.data(), text.size()}; }

std::string copy(const crank_str& text) { return text.ptr ? std::string(text.ptr, text.len) : std::string(); }

bool has_text(const crank_str& text) { return text.ptr || text.len == 0; }

} // namespace

std::optional<Message> message_from_abi(const crank_message* message) {
  if (!message || message->size < offsetof(crank_message, event)) return std::nullopt;
  if ((message->kind != CRANK_TEXT && message->kind != CRANK_BINARY) || !has_text(message->data)) return std::nullopt;
  Message copied{message->kind, copy(message->data), {}, {}};
  if (message->size >= offsetof(crank_message, id) && has_text(message->event)) copied.event = copy(message->event);
  if (message->size >= sizeof(crank_message) && has_text(message->id)) copied.id = copy(message->id);
  return copied;
}

crank_message message_to_abi(const Message& message) {
  return {sizeof(crank_message),     message.kind,          0, abi_string(message.data),
          abi_string(message.event), abi_string(message.id)};
}

PluginSession::PluginSession(Session& session)
    : session_(session.weak_from_this()), plugin_(session.operation().plugin().id()),
      operation_(session.operation().spec().name), request_id_(session.request().request_id),
      traceparent_(session.request().traceparent) {
  const auto whole = session.request().body ? session.request().body->whole() : std::nullopt;
  table_.size = sizeof table_;
  table_.host_data = this;
  table_.operation = abi_string(operation_);
  table_.request_id = abi_string(request_id_);
  table_.body = whole ? abi_string(*whole) : crank_str{nullptr, 0};
  table_.get = &PluginSession::get;
  table_.send = &PluginSession::send;
  table_.join = &PluginSession::join;
  table_.leave = &PluginSession::leave;
  table_.wake_after = &PluginSession::wake_after;
  table_.close = &PluginSession::close;
  table_.log = &PluginSession::log_line;
  table_.fail = &PluginSession::fail;
  table_.retain = &PluginSession::retain;
  table_.release = &PluginSession::release;
}

PluginSession& PluginSession::attach(Session& session) {
  if (!session.companion) session.companion = std::make_shared<PluginSession>(session);
  return *static_cast<PluginSession*>(session.companion.get());
}

Problem PluginSession::refusal(crank_status status) const {
  if (problem_) return *problem_;
  if (status < 0 || status == CRANK_BUSY) return Problem::of(status, "the worker refused the session");
  return Problem::of(CRANK_INTERNAL, "the worker refused the session in a way it did not explain");
}

void PluginSession::opening_over() { table_.body = {nullptr, 0}; }

// ---- what the plugin calls; a retained session may be gone by then ----

crank_status PluginSession::get(const crank_session* session, const char* key, crank_str* out) noexcept try {
  if (!key || !out) return CRANK_INVALID;
  const auto live = of(session).session_.lock();
  if (!live) return CRANK_CANCELLED;
  const auto value = live->request().attributes->get(key);
  if (!value) return CRANK_NOT_FOUND;
  *out = abi_string(*value);
  return CRANK_OK;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginSession::send(crank_session* session, const crank_message* message) noexcept try {
  auto copied = message_from_abi(message);
  if (!copied) return CRANK_INVALID;
  const auto live = of(session).session_.lock();
  if (!live) return CRANK_CANCELLED;
  if (copied->kind != CRANK_TEXT && live->operation().spec().kind == OperationKind::events) return CRANK_UNSUPPORTED;
  return live->send(std::move(*copied));
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginSession::join(crank_session* session, const char* topic, std::size_t len) noexcept try {
  if (!topic) return CRANK_INVALID;
  const auto live = of(session).session_.lock();
  return live ? live->join(std::string(topic, len)) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginSession::leave(crank_session* session, const char* topic, std::size_t len) noexcept try {
  if (!topic) return CRANK_INVALID;
  const auto live = of(session).session_.lock();
  return live ? live->leave(std::string(topic, len)) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginSession::wake_after(crank_session* session, std::uint64_t delay_ms) noexcept try {
  const auto live = of(session).session_.lock();
  return live ? live->wake_after(delay_ms) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_EXHAUSTED;
}

void PluginSession::close(crank_session* session, std::int32_t code, const char* reason, std::size_t len) noexcept try {
  // 1004 to 1006 and 1015 must not appear on the wire (RFC 6455 7.4.1).
  const bool usable =
      (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
  const auto live = of(session).session_.lock();
  if (live) live->close(usable ? code : CRANK_CLOSE_INTERNAL, reason ? std::string(reason, len) : std::string());
} catch (...) {
}

void PluginSession::log_line(crank_session* session, std::int32_t level, const char* text, std::size_t len) noexcept {
  const PluginSession& self = of(session);
  log(log_level_of(level), LogContext{self.plugin_, self.request_id_, self.traceparent_},
      text ? std::string_view(text, len) : std::string_view());
}

crank_status PluginSession::fail(crank_session* session, crank_status status, const char* code, const char* text,
                                 std::size_t len) noexcept try {
  const crank_status effective = status < 0 || status == CRANK_BUSY ? status : CRANK_INTERNAL;
  Problem problem = Problem::of(effective, text ? std::string(text, len) : std::string());
  const auto live = of(session).session_.lock();
  if (const DeclaredError* declared = live && code ? live->operation().declared_error(code) : nullptr) {
    problem.code = declared->code;
    problem.http_status = declared->http_status;
    problem.retryable = declared->retryable;
  }
  of(session).problem_ = std::move(problem);
  return effective;
} catch (...) {
  return CRANK_INTERNAL;
}

void PluginSession::retain(crank_session* session) noexcept {
  PluginSession& self = of(session);
  const std::lock_guard lock(self.retain_mutex_);
  if (self.retained_.fetch_add(1) == 0) self.self_ = self.shared_from_this();
}

void PluginSession::release(crank_session* session) noexcept {
  PluginSession& self = of(session);
  std::shared_ptr<PluginSession> last; // declared before the lock, so that it goes after it
  const std::lock_guard lock(self.retain_mutex_);
  if (self.retained_.load() == 0) {
    log(LogLevel::error, "a plugin released a session more often than it retained it");
    return;
  }
  if (self.retained_.fetch_sub(1) == 1) last = std::move(self.self_);
}

} // namespace crank
