// crank_session and crank_sessions: the ABI's view of sessions.
#pragma once

#include "sessions/session.hpp"

#include <crank/ext/session.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace crank {

// The companion of a Session. Lives as long as the session, or longer while the plugin retains it.
class PluginSession : public std::enable_shared_from_this<PluginSession> {
public:
  explicit PluginSession(Session& session);

  // Makes it, or finds the one that is there.
  static PluginSession& attach(Session& session);

  crank_session* table() { return &table_; }
  // The problem that opened() recorded with fail(), or the one that belongs to its status.
  Problem refusal(crank_status status) const;
  // The request's body ends with opened(), and what can be said about the answer.
  void opening_over();

private:
  static PluginSession& of(const crank_session* session) { return *static_cast<PluginSession*>(session->host_data); }

  static crank_status get(const crank_session* session, crank_str key, crank_str* out) noexcept;
  static crank_status each(const crank_session* session, crank_str prefix, crank_visit visit, void* user) noexcept;
  static crank_status set(crank_session* session, crank_str key, crank_str value) noexcept;
  static crank_status send(crank_session* session, const crank_message* message) noexcept;
  static crank_status join(crank_session* session, crank_str topic) noexcept;
  static crank_status leave(crank_session* session, crank_str topic) noexcept;
  static crank_status wake_after(crank_session* session, std::uint64_t delay_ms) noexcept;
  static void close(crank_session* session, std::int32_t code, crank_str reason) noexcept;
  static void log_line(crank_session* session, std::int32_t level, crank_str text) noexcept;
  static crank_status fail(crank_session* session, const crank_problem* problem) noexcept;
  static void retain(crank_session* session) noexcept;
  static void release(crank_session* session) noexcept;

  LogContext log_context() const { return {plugin_, request_id_, traceparent_, caller_}; }

  crank_session table_{};
  std::weak_ptr<Session> session_;
  // Copies: a retained one outlives its session.
  const std::string plugin_;
  const std::string operation_;
  const std::string request_id_;
  const std::string traceparent_;
  const std::string caller_;
  std::optional<Problem> problem_;
  bool opening_ = true; // opened() has not returned
  std::atomic<std::uint32_t> retained_{0};
  std::shared_ptr<PluginSession> self_; // while retained
  std::mutex retain_mutex_;
};

// nullopt when the message is not one (a NULL part, an unknown kind).
std::optional<Message> message_from_abi(const crank_message* message);
crank_message message_to_abi(const Message& message);

} // namespace crank
