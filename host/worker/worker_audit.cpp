// What a worker has to do with the audit log: a generation hands its records to its supervisor, a single process writes
// the log itself, on the same way.
#include "worker/worker.hpp"

#include "config/sources.hpp"
#include "log/log.hpp"
#include "version.hpp"

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

std::optional<Failure> Worker::prepare_audit() {
  if (link_) {
    Descriptor to = link_->take_audit();
    if (!to) return std::nullopt;
    ScoreboardPage& page = link_->page();
    const auto policy = link_->order().audit == "count" ? AuditWhenFull::count : AuditWhenFull::refuse;
    audit_.emplace(std::move(to), policy, [&page] { return page.audit_blocked.load(std::memory_order_relaxed) != 0; });
    metrics_.set_audit([this, &page]() -> Metrics::Audit {
      return {page.audit_written, page.audit_dropped + audit_->dropped()};
    });
  } else {
    const AuditOptions options = audit_options(settings_);
    if (options.directory.empty()) return std::nullopt;
    auto log = AuditLog::open(options);
    if (!log) return std::move(log).error();
    auto ends = AuditWriter::channel();
    if (!ends) return std::move(ends).error();
    audit_writer_.emplace(*std::move(log));
    if (auto failure = audit_writer_->start({})) return failure;
    audit_writer_->add(record_of_host("started", std::string("crank-host ").append(host_version)));
    audit_writer_->add_source(0, std::move(ends->first));
    audit_.emplace(std::move(ends->second), options.when_full, [this] { return audit_writer_->counts().blocked; });
    metrics_.set_audit([this]() -> Metrics::Audit {
      const AuditCounts counts = audit_writer_->counts();
      return {counts.written, counts.dropped + audit_->dropped()};
    });
  }
  audit_->start();
  audit_observer_.emplace(*audit_);
  engine_.set_observer(&*audit_observer_);
  return std::nullopt;
}

// When nothing happens any more that would have to be recorded.
void Worker::end_audit() {
  if (audit_) audit_->finish(audit_time);
  if (!audit_writer_) return;
  audit_writer_->add(record_of_host("stopped"));
  audit_writer_->finish();
}

} // namespace crank
