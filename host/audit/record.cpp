#include "audit/record.hpp"

#include "audit/chain.hpp"
#include "base/text.hpp"
#include "log/escape.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <ctime>

namespace crank {
namespace {

constexpr std::array kind_names = {
    std::string_view("call"),           std::string_view("refused"),    std::string_view("session_opened"),
    std::string_view("session_closed"), std::string_view("generation"), std::string_view("host"),
    std::string_view("dropped"),        std::string_view("recovered"),  std::string_view("checkpoint"),
    std::string_view("callback"),
};

// Every text, in the order in which it goes from process to process.
constexpr std::array wire_texts = {
    &AuditRecord::operation, &AuditRecord::plugin,     &AuditRecord::caller,   &AuditRecord::subject,
    &AuditRecord::address,   &AuditRecord::request_id, &AuditRecord::trace_id, &AuditRecord::job_id,
    &AuditRecord::status,    &AuditRecord::code,       &AuditRecord::reason,
};

struct WireHead {
  std::uint32_t size; // of everything, with this
  std::uint8_t kind;
  std::uint8_t version;
  std::uint16_t lengths[wire_texts.size()];
  std::int64_t time_us, http_status, duration_us;
  std::uint64_t count;
};
constexpr std::uint8_t wire_version = 1;

void append_text(std::string& line, std::string_view name, std::string_view text, bool may_name_somebody = true) {
  if (text.empty()) return;
  line.append(",\"").append(name).append("\":\"");
  if (may_name_somebody && text.find('@') != std::string_view::npos)
    line.append("sha256:").append(sha256_hex(text).substr(0, 16));
  else
    append_json_escaped(line, shortened(text, longest_audit_text));
  line += '"';
}

void append_number(std::string& line, std::string_view name, std::int64_t number) {
  line.append(",\"").append(name).append("\":").append(std::to_string(number));
}

std::string three_digits(std::int64_t number) {
  const auto digit = [](std::int64_t value) { return static_cast<char>('0' + value % 10); };
  return {digit(number / 100), digit(number / 10), digit(number)};
}

} // namespace

std::string_view name_of(AuditKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kind_names.size() ? kind_names[index] : std::string_view("unknown");
}

std::int64_t audit_time_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string audit_time_text(std::int64_t time_us) {
  // Most lines are of the second of the one before.
  thread_local std::time_t last_second = -1;
  thread_local std::string up_to_second;
  const auto second = static_cast<std::time_t>(time_us / 1'000'000);
  if (second != last_second) {
    std::tm utc{};
    gmtime_r(&second, &utc);
    char text[64];
    up_to_second.assign(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc));
    last_second = second;
  }
  return up_to_second + "." + three_digits(time_us / 1000 % 1000) + "Z";
}

std::string_view trace_id_of(std::string_view traceparent) {
  return traceparent.size() >= 35 && traceparent[2] == '-' ? traceparent.substr(3, 32) : std::string_view();
}

std::string audit_line_start(const AuditRecord& record, std::uint64_t sequence) {
  std::string line;
  line.reserve(640); // with what the chain puts behind it, for most
  line.append("{\"seq\":").append(std::to_string(sequence));
  append_text(line, "time", audit_time_text(record.time_us));
  append_text(line, "kind", name_of(record.kind));
  if (record.generation != 0) append_number(line, "generation", static_cast<std::int64_t>(record.generation));
  append_text(line, "operation", record.operation);
  append_text(line, "plugin", record.plugin);
  append_text(line, "caller", record.caller);
  append_text(line, "subject", record.subject);
  append_text(line, "address", record.address);
  append_text(line, "request_id", record.request_id);
  append_text(line, "trace_id", record.trace_id);
  append_text(line, "job_id", record.job_id);
  append_text(line, "status", record.status);
  append_text(line, "code", record.code);
  append_text(line, "reason", record.reason, false);
  if (record.http_status != 0) append_number(line, "http_status", record.http_status);
  if (record.duration_us >= 0) {
    append_number(line, "duration_ms", record.duration_us / 1000);
    line.append(".").append(three_digits(record.duration_us % 1000));
  }
  if (record.count != 0) append_number(line, "count", static_cast<std::int64_t>(record.count));
  append_text(line, "signature", record.signature);
  return line;
}

void append_audit_wire(std::string& out, const AuditRecord& record) {
  WireHead head{};
  head.size = sizeof head;
  head.kind = static_cast<std::uint8_t>(record.kind);
  head.version = wire_version;
  head.time_us = record.time_us;
  head.http_status = record.http_status;
  head.duration_us = record.duration_us;
  head.count = record.count;
  for (std::size_t i = 0; i < wire_texts.size(); ++i) {
    // One byte more than what is written, so that the end of a longer one is still found to be none.
    head.lengths[i] = static_cast<std::uint16_t>(std::min((record.*wire_texts[i]).size(), longest_audit_text + 1));
    head.size += head.lengths[i];
  }
  out.append(reinterpret_cast<const char*>(&head), sizeof head);
  for (std::size_t i = 0; i < wire_texts.size(); ++i) out.append(record.*wire_texts[i], 0, head.lengths[i]);
}

AuditWire take_audit_wire(std::string_view& input, AuditRecord& record) {
  WireHead head{};
  if (input.size() < sizeof head) return AuditWire::nothing;
  std::memcpy(&head, input.data(), sizeof head);
  std::size_t size = sizeof head;
  bool fits = head.version == wire_version && head.kind < kind_names.size() &&
              head.kind != static_cast<std::uint8_t>(AuditKind::checkpoint);
  for (const std::uint16_t length : head.lengths) {
    size += length;
    fits = fits && length <= longest_audit_text + 1;
  }
  if (!fits || size != head.size) return AuditWire::broken;
  if (input.size() < size) return AuditWire::nothing;
  record = AuditRecord();
  record.kind = static_cast<AuditKind>(head.kind);
  record.time_us = head.time_us;
  record.http_status = head.http_status;
  record.duration_us = head.duration_us;
  record.count = head.count;
  std::string_view texts = input.substr(sizeof head, size - sizeof head);
  for (std::size_t i = 0; i < wire_texts.size(); ++i) {
    (record.*wire_texts[i]).assign(texts.substr(0, head.lengths[i]));
    texts.remove_prefix(head.lengths[i]);
  }
  input.remove_prefix(size);
  return AuditWire::record;
}

} // namespace crank
