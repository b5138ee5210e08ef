// What a worker has to do with the audit log: a generation hands its records to its supervisor, a single process writes
// the log itself, on the same way.
#include "worker/worker.hpp"

#include "config/sources.hpp"
#include "log/log.hpp"

namespace crank {
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
    auto local = LocalAudit::open(audit_options(settings_));
    if (!local) return std::move(local).error();
    if (!*local) return std::nullopt;
    local_audit_ = *std::move(local);
    metrics_.set_audit([this]() -> Metrics::Audit {
      const AuditCounts counts = local_audit_->counts();
      return {counts.written, counts.dropped + local_audit_->sender().dropped()};
    });
  }
  AuditSender& sender = audit_ ? *audit_ : local_audit_->sender();
  sender.start();
  audit_observer_.emplace(sender);
  engine_.set_observer(&*audit_observer_);
  return std::nullopt;
}

// When nothing happens any more that would have to be recorded.
void Worker::end_audit() {
  if (audit_) audit_->finish(audit_time);
  if (local_audit_) local_audit_->finish(audit_time);
}

} // namespace crank
