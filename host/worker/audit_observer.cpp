#include "worker/audit_observer.hpp"

#include "engine/engine.hpp"
#include "metrics/metrics.hpp"

#include <new>

namespace crank {
namespace {

AuditRecord record_of(AuditKind kind, const Caller& caller, std::string_view request_id, std::string_view traceparent) {
  AuditRecord record;
  record.kind = kind;
  record.time_us = audit_time_now();
  record.caller = caller.attribute("kind").value_or("");
  record.subject = caller.subject;
  record.address = caller.address;
  record.request_id = request_id;
  record.trace_id = trace_id_of(traceparent);
  return record;
}

AuditRecord record_of(AuditKind kind, const CallFacts& facts) {
  AuditRecord record = record_of(kind, facts.caller, facts.request_id, facts.traceparent);
  record.operation = facts.operation.spec().name;
  record.plugin = facts.operation.plugin().id();
  record.job_id = facts.job_id;
  return record;
}

std::int64_t microseconds(double seconds) { return static_cast<std::int64_t>(seconds * 1e6); }

} // namespace

std::optional<Problem> AuditObserver::refusal() const {
  if (!sender_.refuses()) return std::nullopt;
  Problem problem =
      Problem::of(CRANK_UNAVAILABLE, "the audit log cannot be written now, and nothing is done here that it "
                                     "does not record");
  problem.code = "AUDIT_UNAVAILABLE";
  problem.retry_after = 1;
  return problem;
}

void AuditObserver::answered(const CallFacts& call, const CallOutcome& outcome) noexcept try {
  AuditRecord record = record_of(AuditKind::call, call);
  record.status = status_label(outcome.status);
  record.code = outcome.code;
  if (call.caller.kind != CallerKind::local) record.http_status = outcome.http_status;
  record.duration_us = microseconds(outcome.seconds);
  sender_.add(record);
} catch (const std::bad_alloc&) {
  sender_.lose();
}

void AuditObserver::denied(const CallFacts& call, const Problem& problem) noexcept try {
  AuditRecord record = record_of(AuditKind::refused, call);
  record.status = "access";
  record.code = problem.code;
  record.http_status = problem.http_status;
  sender_.add(record);
} catch (const std::bad_alloc&) {
  sender_.lose();
}

void AuditObserver::session_opened(const CallFacts& session) noexcept try {
  sender_.add(record_of(AuditKind::session_opened, session));
} catch (const std::bad_alloc&) {
  sender_.lose();
}

void AuditObserver::session_closed(const CallFacts& session, int code, double seconds) noexcept try {
  AuditRecord record = record_of(AuditKind::session_closed, session);
  record.code = std::to_string(code);
  record.duration_us = microseconds(seconds);
  sender_.add(record);
} catch (const std::bad_alloc&) {
  sender_.lose();
}

void AuditObserver::called_back(const CallbackSender::Report& report) noexcept try {
  const Job& job = report.job;
  AuditRecord record = record_of(AuditKind::callback, job.caller, job.request_id, job.traceparent);
  record.operation = job.operation;
  record.job_id = job.id;
  record.status = name_of(report.outcome);
  record.reason = job.callback->place;
  record.http_status = report.status;
  record.count = report.attempt;
  sender_.add(record);
} catch (const std::bad_alloc&) {
  sender_.lose();
}

void AuditObserver::rejected(const Rejection& rejection) noexcept try {
  AuditRecord record = record_of(AuditKind::refused, rejection.caller, rejection.request_id, rejection.traceparent);
  record.status = rejection.what;
  record.code = rejection.code;
  record.reason = rejection.reason;
  record.http_status = rejection.status;
  sender_.add(record);
} catch (const std::bad_alloc&) {
  sender_.lose();
}

} // namespace crank
