#include "commands/verify.hpp"

#include "conformance/conformance.hpp"
#include "conformance/process_traces.hpp"
#include "log/log.hpp"
#include "mcp/tool_schema.hpp"
#include "os/child_process.hpp"
#include "os/confinement.hpp"
#include "plugin/library.hpp"
#include "plugin/object_file.hpp"
#include "programs/program_files.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <optional>
#include <unistd.h>

namespace crank {
namespace {

constexpr std::chrono::milliseconds load_time{5'000};

// Load failures begin with the plugin's path, which the report has in its head already.
std::string without_path(const std::string& message, const std::filesystem::path& path) {
  const std::string head = "plugin " + path.string() + " ";
  return message.compare(0, head.size(), head) == 0 ? message.substr(head.size()) : message;
}

// In the child: the process as it was before the plugin was loaded.
std::optional<ProcessTraces> untouched;

std::string first_line(const std::string& text) { return text.substr(0, std::min(text.find('\n'), std::size_t(120))); }

// The same line once, with its count.
void fold_repeated(std::vector<CheckLine>& lines) {
  std::vector<CheckLine> folded;
  std::vector<unsigned> counts;
  for (CheckLine& line : lines) {
    const auto same =
        std::find_if(folded.begin(), folded.end(), [&line](const CheckLine& known) { return known.text == line.text; });
    if (same != folded.end()) {
      ++counts[static_cast<std::size_t>(same - folded.begin())];
      continue;
    }
    folded.push_back(std::move(line));
    counts.push_back(1);
  }
  for (std::size_t i = 0; i < folded.size(); ++i) {
    if (counts[i] > 1) folded[i].text += " (" + std::to_string(counts[i]) + " times)";
  }
  lines = std::move(folded);
}

// Runs one check in a child and turns how that ended into lines.
VerifiedCheck run_check(const std::filesystem::path& path, std::string_view name, std::chrono::milliseconds timeout,
                        void (*check)(const PluginLibrary&, CheckReport&)) {
  VerifiedCheck result{std::string(name), {}};
  const auto outcome = run_in_child(
      [&](int descriptor) {
        open_log(STDERR_FILENO); // the parent's descriptor is not for what the child says
        CheckReport report(descriptor);
        report.step("loading");
        untouched.emplace(ProcessTraces::taken());
        const auto library = load_plugin_unguarded(path);
        if (!library) {
          report.fail(without_path(library.error().message, path));
        } else {
          check(*library, report);
        }
        report.step("done");
        return 0;
      },
      timeout);
  if (!outcome) return {std::string(name), {{CheckLine::Kind::fail, outcome.error().message}}};
  std::string step = "loading";
  for (CheckLine& line : read_check_lines(outcome->report)) {
    if (line.kind == CheckLine::Kind::step) {
      step = std::move(line.text);
    } else {
      result.lines.push_back(std::move(line));
    }
  }
  fold_repeated(result.lines);
  if (outcome->end != ChildOutcome::End::exited || step != "done") {
    const bool aborted = outcome->end == ChildOutcome::End::killed && outcome->code == SIGABRT;
    const std::string how =
        end_of(*outcome, timeout) + (aborted ? " (abort(), or an exception that left a function)" : "");
    const std::string said = outcome->errors.empty() ? "" : "; stderr: " + first_line(outcome->errors);
    result.lines.push_back({CheckLine::Kind::fail, "the process " + how + " during: " + step + said});
  }
  if (!outcome->output.empty())
    result.lines.push_back({CheckLine::Kind::fail, "the plugin writes to stdout: " + first_line(outcome->output)});
  return result;
}

VerifiedCheck check_exports(const std::filesystem::path& path) {
  VerifiedCheck result{"exported symbols", {}};
  const auto file = inspect_object_file(path);
  if (!file) {
    result.lines.push_back({CheckLine::Kind::fail, file.error()});
  } else if (!file->exports) {
    result.lines.push_back({CheckLine::Kind::info, "this kind of file does not tell its exports here; see `nm -gU`"});
  } else {
    std::vector<std::string> others;
    for (const ObjectSymbol& symbol : *file->exports) {
      if (symbol.name != "crank_entry_v0") others.push_back(symbol.name);
    }
    if (others.empty()) {
      result.lines.push_back({CheckLine::Kind::pass, "crank_entry_v0 is the only one"});
    } else {
      result.lines.push_back({CheckLine::Kind::fail,
                              std::to_string(others.size()) + " more than crank_entry_v0 are exported, such as " +
                                  others.front() + ": link with a version script, or build with -fvisibility=hidden"});
    }
  }
  return result;
}

void report_manifest(const PluginLibrary& library, CheckReport& report) {
  const Manifest& manifest = library.manifest;
  report.pass("loads, and its manifest is sound: " + manifest.id + " " + manifest.version + ", " +
              std::to_string(manifest.capabilities.size()) + " capabilities, " +
              std::to_string(manifest.routes.size()) + " routes");
  for (const std::string& change : ProcessTraces::taken().changes_since(*untouched))
    report.fail(change + " while it was loaded");
  const crank_entry& entry = *library.entry;
  if (entry.needs_minor > entry.abi_minor)
    report.fail("needs_minor is above abi_minor, the minor it was compiled with");
  if (entry.abi_minor > CRANK_ABI_MINOR) report.info("compiled with a later ABI minor than this host's");
  for (const CapabilitySpec& capability : manifest.capabilities) {
    const OperationSpec& operation = capability.operation;
    if (operation.output_schema == boost::json::value(boost::json::object()))
      report.info(operation.name + " has no output_schema");
  }
  const auto folder = program_folder(library.path, manifest);
  for (const ProgramSpec& program : manifest.programs) {
    if (const auto fault = program_fault(folder, program)) report.fail(*fault);
  }
  for (const std::string& lack : manifest.programs.empty() ? std::vector<std::string>() : Confinement::lacking())
    report.info("this system has no " + lack);
  for (const std::string& fault : tool_faults(manifest)) report.info("as an MCP tool, " + fault);
}

bool has(const VerifiedCheck& check, CheckLine::Kind kind) {
  return std::any_of(check.lines.begin(), check.lines.end(),
                     [kind](const CheckLine& line) { return line.kind == kind; });
}

std::string why_not_checked(bool has_instance) {
  return has_instance ? "not checked, because the plugin does not start"
                      : "not checked, because there is no sound instance";
}

} // namespace

std::vector<VerifiedCheck> verify_plugin(const std::filesystem::path& path) {
  std::vector<VerifiedCheck> checks;
  checks.push_back(run_check(path, "loading", load_time, report_manifest));
  checks.push_back(check_exports(path));
  if (!has(checks.front(), CheckLine::Kind::pass)) return checks;
  using Needs = ConformanceCheck::Needs;
  using Shows = ConformanceCheck::Shows;
  bool has_instance = false;
  bool starts = false;
  for (const ConformanceCheck& check : conformance_checks()) {
    const bool possible = check.needs == Needs::nothing || (check.needs == Needs::instance ? has_instance : starts);
    if (!possible) {
      checks.push_back({std::string(check.name), {{CheckLine::Kind::info, why_not_checked(has_instance)}}});
      continue;
    }
    checks.push_back(run_check(path, check.name, check.timeout, check.run));
    const bool passed = has(checks.back(), CheckLine::Kind::pass) && !has(checks.back(), CheckLine::Kind::fail);
    has_instance |= passed && check.shows == Shows::instance;
    starts |= passed && check.shows == Shows::start;
  }
  return checks;
}

int run_verify(const std::filesystem::path& path) {
  std::cout << "crank-host verify " << path.string() << '\n';
  std::size_t passed = 0;
  std::size_t failures = 0;
  std::size_t open = 0;
  for (const VerifiedCheck& check : verify_plugin(path)) {
    for (const CheckLine& line : check.lines) {
      const char* word = line.kind == CheckLine::Kind::pass   ? "PASS"
                         : line.kind == CheckLine::Kind::fail ? "FAIL"
                                                              : "INFO";
      std::cout << word << "  " << check.name << ": " << line.text << '\n';
    }
    ++(has(check, CheckLine::Kind::fail) ? failures : has(check, CheckLine::Kind::pass) ? passed : open);
  }
  std::cout << passed << " checks passed, " << failures << " failed, " << open << " without a verdict\n";
  return failures == 0 ? 0 : 3;
}

} // namespace crank
