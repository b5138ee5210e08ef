// What a worker has recorded in the audit log: what the engine, the sessions and the HTTP server tell of requests, and
// what becomes of callbacks, as records. Knows the engine and records; knows nothing of who writes them.
#pragma once

#include "audit/sender.hpp"
#include "engine/call_observer.hpp"
#include "http/server.hpp"
#include "jobs/callback_sender.hpp"

namespace crank {

class AuditObserver : public CallObserver {
public:
  // `sender` must outlive it.
  explicit AuditObserver(AuditSender& sender) : sender_(sender) {}

  std::optional<Problem> refusal() const override;
  void answered(const CallFacts& call, const CallOutcome& outcome) noexcept override;
  void denied(const CallFacts& call, const Problem& problem) noexcept override;
  void session_opened(const CallFacts& session) noexcept override;
  void session_closed(const CallFacts& session, int code, double seconds) noexcept override;
  void rejected(const Rejection& rejection) noexcept;
  // One that will not come again.
  void called_back(const CallbackSender::Report& report) noexcept;

private:
  AuditSender& sender_;
};

} // namespace crank
