// What the audit log says of one event: who did what, and how it ended. No payload, no header, no query, no mail
// address. Knows its line and its form between two processes; knows nothing of chains, files or who records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

// The numbers go from process to process: append only.
enum class AuditKind : std::uint8_t {
  call,           // an invocation was answered
  refused,        // a security decision: somebody may not
  session_opened, // the plugin accepted
  session_closed,
  generation, // of a supervisor: what became of a generation
  host,       // of a supervisor or single process: started, reload, upgrade, stopped
  dropped,    // `count` events before this one could not be written
  recovered,  // the log did not end in order: `count` bytes of a half-written line were cut off
  checkpoint, // the signature over everything before; the writer's own
  callback,   // a job's callback was delivered or abandoned, after `count` attempts
};
[[nodiscard]] std::string_view name_of(AuditKind kind);

struct AuditRecord {
  AuditKind kind = AuditKind::call;
  std::int64_t time_us = 0;             // since the epoch
  std::uint64_t generation = 0;         // 0: none
  std::string operation, plugin;        // what was asked for
  std::string caller, subject, address; // who asks: kind, name, where from
  std::string request_id, trace_id, job_id;
  std::string status;            // how it ended: a word of status_label(), or of the kind
  std::string code;              // of the problem
  std::string reason;            // of what a supervisor does
  std::int64_t http_status = 0;  // 0: none
  std::int64_t duration_us = -1; // below 0: none
  std::uint64_t count = 0;       // 0: none
  std::string signature;         // of a checkpoint
};

[[nodiscard]] std::int64_t audit_time_now(); // microseconds since the epoch
// "2026-11-26T14:44:25.123Z"
[[nodiscard]] std::string audit_time_text(std::int64_t time_us);
// The trace id of a traceparent (W3C Trace Context), empty where it is none.
[[nodiscard]] std::string_view trace_id_of(std::string_view traceparent);

// The line's beginning: an open JSON object with the members in the order above, without those that are empty. UTF-8
// without control characters, and no text longer than longest_text. A text with an @ may be a mail address: it is
// written as "sha256:" and the first 16 digits of its digest, so that the same caller is still the same.
[[nodiscard]] std::string audit_line_start(const AuditRecord& record, std::uint64_t sequence);
inline constexpr std::size_t longest_audit_text = 256; // bytes

// The form in which one process hands records to another. Appends to `out`.
void append_audit_wire(std::string& out, const AuditRecord& record);
// Takes one record off the front of `input`. nothing: it is not complete yet; broken: what is there is no record.
enum class AuditWire { record, nothing, broken };
[[nodiscard]] AuditWire take_audit_wire(std::string_view& input, AuditRecord& record);

} // namespace crank
