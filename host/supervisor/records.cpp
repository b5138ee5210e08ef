// What a supervisor does for the audit log: has what it decides recorded, hands out the writer's channels, and shows
// generations whether it can write.
#include "supervisor/supervisor.hpp"

#include "version.hpp"

#include <boost/asio/post.hpp>

namespace crank {
namespace {

AuditRecord record_of(AuditKind kind, std::string_view status, std::string reason) {
  AuditRecord record;
  record.kind = kind;
  record.time_us = audit_time_now();
  record.status = status;
  record.reason = std::move(reason);
  return record;
}

} // namespace

std::optional<Failure> Supervisor::start_audit() {
  if (!options_.audit) return std::nullopt;
  if (auto failure = options_.audit->start([this] { asio::post(loop_, [this] { show_audit(); }); })) return failure;
  record_host(predecessor_ ? "upgraded" : "started", std::string("crank-host ").append(host_version));
  return std::nullopt;
}

std::string Supervisor::audit_policy() const {
  if (!options_.audit) return {};
  return options_.audit->options().when_full == AuditWhenFull::refuse ? "refuse" : "count";
}

void Supervisor::record_host(std::string_view status, std::string reason) {
  if (options_.audit) options_.audit->add(record_of(AuditKind::host, status, std::move(reason)));
}

void Supervisor::record_generation(std::uint64_t number, std::string_view status, std::string reason) {
  if (!options_.audit) return;
  AuditRecord record = record_of(AuditKind::generation, status, std::move(reason));
  record.generation = number;
  options_.audit->add(std::move(record));
}

// What it was at when it ended: nobody got an answer, and nobody else can tell of it.
void Supervisor::record_lost_calls(const GenerationProcess& generation) {
  if (!options_.audit) return;
  for (const RecordedCall& call : generation.scoreboard.calls()) {
    if (call.state >= CallState::late) continue; // it was answered
    AuditRecord record = record_of(AuditKind::call, "lost", {});
    record.generation = generation.number;
    record.operation = call.operation;
    record.plugin = call.plugin;
    record.request_id = call.request_id;
    record.duration_us = std::max<std::int64_t>(call.milliseconds, 0) * 1000;
    options_.audit->add(std::move(record));
  }
}

void Supervisor::connect_audit(GenerationProcess& generation, std::string rest) {
  if (options_.audit && generation.audit)
    options_.audit->add_source(generation.number, std::move(generation.audit), std::move(rest));
  generation.audit.reset();
  show_audit(generation);
}

void Supervisor::show_audit(GenerationProcess& generation) {
  if (!options_.audit) return;
  const AuditCounts counts = options_.audit->counts();
  ScoreboardPage& page = generation.scoreboard.page();
  page.audit_blocked = counts.blocked;
  page.audit_written = counts.written;
  page.audit_dropped = counts.dropped;
}

void Supervisor::show_audit() {
  for (const auto& [number, generation] : processes_) show_audit(*generation);
}

} // namespace crank
