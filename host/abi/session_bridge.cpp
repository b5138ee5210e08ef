#include "abi/session_bridge.hpp"

#include "abi/problem.hpp"
#include "abi/text.hpp"
#include "base/text.hpp"
#include "engine/engine.hpp"
#include "log/log.hpp"

namespace crank {
namespace {

std::string copy(crank_str text) { return std::string(from_abi(text)); }

} // namespace

std::optional<Message> message_from_abi(const crank_message* message) {
  if (!message || message->size < offsetof(crank_message, event)) return std::nullopt;
  if ((message->kind != CRANK_TEXT && message->kind != CRANK_BINARY) || !is_readable(message->data))
    return std::nullopt;
  Message copied{message->kind, copy(message->data), {}, {}};
  if (message->size >= offsetof(crank_message, id) && is_readable(message->event)) copied.event = copy(message->event);
  if (message->size >= sizeof(crank_message) && is_readable(message->id)) copied.id = copy(message->id);
  return copied;
}

crank_message message_to_abi(const Message& message) {
  return {sizeof(crank_message), message.kind, 0, to_abi(message.data), to_abi(message.event), to_abi(message.id)};
}

PluginSession::PluginSession(Session& session)
    : session_(session.weak_from_this()), plugin_(session.operation().plugin().id()),
      operation_(session.operation().spec().name), request_id_(session.request().request_id),
      traceparent_(session.request().traceparent), caller_(session.request().attributes->caller().subject) {
  const auto whole = session.request().body ? session.request().body->whole() : std::nullopt;
  table_.size = sizeof table_;
  table_.host_data = this;
  table_.operation = to_abi(operation_);
  table_.request_id = to_abi(request_id_);
  table_.body = whole ? to_abi(*whole) : crank_str{nullptr, 0};
  table_.get = &PluginSession::get;
  table_.each = &PluginSession::each;
  table_.set = &PluginSession::set;
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

void PluginSession::opening_over() {
  table_.body = {nullptr, 0};
  opening_ = false;
}

// ---- what the plugin calls; a retained session may be gone by then ----

crank_status PluginSession::get(const crank_session* session, crank_str key, crank_str* out) noexcept try {
  if (!is_readable(key) || !out) return CRANK_INVALID;
  const auto live = of(session).session_.lock();
  if (!live) return CRANK_CANCELLED;
  if (live->acceptance.subprotocol && from_abi(key) == "subprotocol") { // the plugin's own choice, inside opened()
    *out = to_abi(*live->acceptance.subprotocol);
    return live->acceptance.subprotocol->empty() ? CRANK_NOT_FOUND : CRANK_OK;
  }
  return get_attribute(*live->request().attributes, from_abi(key), *out);
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginSession::each(const crank_session* session, crank_str prefix, crank_visit visit, void* user) noexcept
    try {
  if (!is_readable(prefix) || !visit) return CRANK_INVALID;
  const auto live = of(session).session_.lock();
  return live ? each_attribute(*live->request().attributes, from_abi(prefix), visit, user) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginSession::set(crank_session* session, crank_str key, crank_str value) noexcept try {
  if (!is_readable(key) || !is_readable(value) || !of(session).opening_) return CRANK_INVALID;
  const auto live = of(session).session_.lock();
  if (!live) return CRANK_CANCELLED;
  std::string_view name = from_abi(key);
  if (take_prefix(name, "header.")) return live->acceptance.head.set_field(name, from_abi(value));
  if (name != "subprotocol") return CRANK_UNSUPPORTED;
  if (value.len > 0 && !live->offers(from_abi(value))) return CRANK_INVALID; // RFC 6455 4.2.2
  live->acceptance.subprotocol = copy(value);
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

crank_status PluginSession::join(crank_session* session, crank_str topic) noexcept try {
  if (!is_readable(topic)) return CRANK_INVALID;
  const auto live = of(session).session_.lock();
  return live ? live->join(copy(topic)) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginSession::leave(crank_session* session, crank_str topic) noexcept try {
  if (!is_readable(topic)) return CRANK_INVALID;
  const auto live = of(session).session_.lock();
  return live ? live->leave(copy(topic)) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status PluginSession::wake_after(crank_session* session, std::uint64_t delay_ms) noexcept try {
  const auto live = of(session).session_.lock();
  return live ? live->wake_after(delay_ms) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_EXHAUSTED;
}

void PluginSession::close(crank_session* session, std::int32_t code, crank_str reason) noexcept try {
  // 1004 to 1006 and 1015 must not appear on the wire (RFC 6455 7.4.1).
  const bool usable =
      (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
  const auto live = of(session).session_.lock();
  if (live) live->close(usable ? code : CRANK_CLOSE_INTERNAL, copy(reason));
} catch (...) {
}

void PluginSession::log_line(crank_session* session, std::int32_t level, crank_str text) noexcept {
  log(log_level_of(level), of(session).log_context(), from_abi(text));
}

crank_status PluginSession::fail(crank_session* session, const crank_problem* problem) noexcept try {
  PluginSession& self = of(session);
  const auto live = self.session_.lock();
  self.problem_ = problem_from_abi(problem, live ? &live->operation() : nullptr, self.log_context());
  return self.problem_->status;
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
