#include "commands/describe.hpp"

#include "log/log.hpp"
#include "os/child_process.hpp"
#include "plugin/library.hpp"
#include "plugin/object_file.hpp"
#include "programs/program_files.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

#include <iostream>
#include <unistd.h>

namespace crank {
namespace {

namespace json = boost::json;

json::object description_of(const PluginLibrary& library) {
  json::object description{{"plugin", library.path.string()},
                           {"abi", json::object{{"major", library.entry->abi_major},
                                                {"minor", library.entry->abi_minor},
                                                {"needs_minor", library.entry->needs_minor}}}};
  const auto file = inspect_object_file(library.path);
  if (file && file->exports) {
    json::array names;
    for (const ObjectSymbol& symbol : *file->exports) names.push_back(json::string(symbol.name));
    description["exports"] = std::move(names);
  }
  if (!library.manifest.ignored.empty()) description["ignored"] = json::value_from(library.manifest.ignored);
  json::array programs;
  const auto folder = program_folder(library.path, library.manifest);
  for (const ProgramSpec& program : library.manifest.programs) {
    json::object one{{"name", program.name}, {"file", (folder / program.name).string()}};
    if (const auto fault = program_fault(folder, program)) one["fault"] = *fault;
    programs.push_back(std::move(one));
  }
  if (!programs.empty()) description["programs"] = std::move(programs);
  description["manifest"] = library.manifest.source;
  return description;
}

// In the child. A report that begins with '{' is the description, any other is the failure.
int load_and_report(const std::filesystem::path& path, int report) {
  open_log(STDERR_FILENO); // the parent's descriptor is not for what the child says
  const auto library = load_plugin_unguarded(path);
  if (!library) {
    write_report(report, library.error().message);
    return library.error().exit_code;
  }
  write_report(report, json_text(description_of(*library)));
  return 0;
}

std::string what_happened(const ChildOutcome& outcome, std::chrono::milliseconds timeout) {
  switch (outcome.end) {
  case ChildOutcome::End::killed:
    return "crashes while it is loaded (it " + end_of(outcome, timeout) + " in a constructor): mend or rebuild it";
  case ChildOutcome::End::timed_out: return "hangs while it is loaded (it " + end_of(outcome, timeout) + "): mend it";
  case ChildOutcome::End::exited: break;
  }
  return "calls exit() while it is loaded (it " + end_of(outcome, timeout) + "): mend it";
}

} // namespace

Result<json::value, Failure> describe_plugin(const std::filesystem::path& path, std::chrono::milliseconds timeout) {
  auto outcome = run_in_child([&path](int report) { return load_and_report(path, report); }, timeout);
  if (!outcome) return std::move(outcome).error();
  std::cerr << outcome->output << outcome->errors;
  if (outcome->report.empty() || outcome->end != ChildOutcome::End::exited) {
    return Failure{"plugin " + path.string() + " " + what_happened(*outcome, timeout), 3};
  }
  if (outcome->report.front() != '{') return Failure{outcome->report, outcome->code};
  auto description = parse_json(outcome->report);
  if (!description) return Failure{"plugin " + path.string() + " cannot be described: " + description.error(), 3};
  return *std::move(description);
}

int run_describe(const std::filesystem::path& path) {
  const auto description = describe_plugin(path);
  if (!description) {
    std::cerr << "crank-host: " << description.error().message << '\n';
    return description.error().exit_code;
  }
  std::cout << pretty_json(*description) << '\n';
  return 0;
}

} // namespace crank
