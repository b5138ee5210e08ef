#include "commands/audit.hpp"

#include "audit/reader.hpp"
#include "audit/verifier.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <iostream>
#include <thread>

namespace crank {
namespace {

namespace json = boost::json;

json::object report_json(const AuditReport& report) {
  if (report.fault) {
    const AuditFault& fault = *report.fault;
    return {{"ok", false}, {"fault", fault.what}, {"file", fault.file}, {"line", fault.line}, {"detail", fault.detail}};
  }
  json::array notes;
  for (const std::string& note : report.notes) notes.push_back(json::string(note));
  return {{"ok", true},
          {"files", report.files},
          {"lines", report.lines},
          {"head", point_text(report.last)},
          {"signed_to", report.signed_to.sequence},
          {"notes", std::move(notes)}};
}

std::string plain(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json_text(value);
}

// For people: without what only a verifier looks at.
std::string readable(const std::string& line) {
  const auto value = parse_json(line);
  if (!value || !value->is_object()) return line;
  std::string text;
  for (const auto& member : value->get_object()) {
    const std::string_view name(member.key().data(), member.key().size());
    if (name == "prev" || name == "hash" || name == "signature") continue;
    if (!text.empty()) text += "  ";
    if (name != "seq" && name != "time" && name != "kind") text.append(name).append("=");
    text += plain(member.value());
  }
  return text;
}

constexpr std::size_t lines_of_tail = 10;
constexpr std::chrono::milliseconds look_time{100};

} // namespace

Result<int, Failure> run_audit_verify(const CommandLine& command) {
  std::optional<ChainPoint> at_least;
  if (!command.at_least.empty()) {
    at_least = parse_point(command.at_least);
    if (!at_least)
      return Failure{
          "--at-least: expected SEQUENCE:HASH as the host logs it, e.g. 4711:9f86d0..., not " + command.at_least, 2};
  }
  const auto report = verify_audit_log(command.audit_directory, command.public_key, at_least);
  if (!report) return report.error();
  if (command.json)
    std::cout << json_text(report_json(*report)) << '\n';
  else if (!report->fault)
    std::cout << "fine: " << report->lines << " lines in " << report->files << " files, up to "
              << point_text(report->last) << '\n';
  if (!command.json) {
    for (const std::string& note : report->notes) std::cout << "note: " << note << '\n';
  }
  if (!report->fault) return 0;
  if (command.json) return 1;
  return Failure{fault_text(*report->fault), 1};
}

Result<int, Failure> run_audit_tail(const CommandLine& command) {
  auto reader = AuditReader::open(command.audit_directory, lines_of_tail);
  if (!reader) return std::move(reader).error();
  for (;;) {
    while (const auto line = reader->next()) std::cout << (command.json ? *line : readable(*line)) << '\n';
    if (!std::cout.flush()) return command.follow ? 0 : 1;
    if (!command.follow) return 0;
    std::this_thread::sleep_for(look_time);
  }
}

} // namespace crank
