#include "worker/local_audit.hpp"

#include "version.hpp"

#include <utility>

namespace crank {
namespace {

AuditRecord record_of_host(std::string_view status, std::string reason = {}) {
  AuditRecord record;
  record.kind = AuditKind::host;
  record.time_us = audit_time_now();
  record.status = status;
  record.reason = std::move(reason);
  return record;
}

} // namespace

Result<std::unique_ptr<LocalAudit>, Failure> LocalAudit::open(const AuditOptions& options) {
  if (options.directory.empty()) return std::unique_ptr<LocalAudit>();
  auto log = AuditLog::open(options);
  if (!log) return std::move(log).error();
  auto ends = AuditWriter::channel();
  if (!ends) return std::move(ends).error();
  std::unique_ptr<LocalAudit> audit(new LocalAudit(*std::move(log)));
  AuditWriter& writer = audit->writer_;
  if (auto failure = writer.start({})) return *std::move(failure);
  writer.add(record_of_host("started", std::string("crank-host ").append(host_version)));
  writer.add_source(0, std::move(ends->first));
  audit->sender_ = std::make_unique<AuditSender>(std::move(ends->second), options.when_full,
                                                 [&writer] { return writer.counts().blocked; });
  return audit;
}

void LocalAudit::finish(std::chrono::milliseconds most) {
  sender_->finish(most);
  writer_.add(record_of_host("stopped"));
  writer_.finish();
}

} // namespace crank
