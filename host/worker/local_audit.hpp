// The audit log of a process that has no supervisor: it writes the log itself, on the way that a generation's records
// go.
#pragma once

#include "audit/sender.hpp"
#include "audit/writer.hpp"
#include "worker/audit_observer.hpp"

#include <chrono>
#include <memory>

namespace crank {

class LocalAudit {
public:
  // nullptr where the options name no directory. Records that the host has started.
  static Result<std::unique_ptr<LocalAudit>, Failure> open(const AuditOptions& options);

  AuditSender& sender() { return *sender_; }
  AuditCounts counts() { return writer_.counts(); }
  // Everything that was recorded is in the log, and that the host has stopped. After the last event.
  void finish(std::chrono::milliseconds most);

private:
  explicit LocalAudit(std::unique_ptr<AuditLog> log) : writer_(std::move(log)) {}

  AuditWriter writer_;
  std::unique_ptr<AuditSender> sender_;
};

} // namespace crank
