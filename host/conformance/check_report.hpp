// The lines that conformance checks write in their child process, and how the parent reads them.
// Knows nothing of what is checked.
#pragma once

#include "os/child_process.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

struct CheckLine {
  enum class Kind { step = 'S', pass = 'P', fail = 'F', info = 'I' };
  Kind kind = Kind::info;
  std::string text;
};

// In the child. Thread-safe; every line is written at once, so that it survives what comes next.
class CheckReport {
public:
  explicit CheckReport(int descriptor) : descriptor_(descriptor) {}

  // What is tried now: named in the report should the process not survive it.
  void step(std::string_view text) { line(CheckLine::Kind::step, text); }
  void pass(std::string_view text) { line(CheckLine::Kind::pass, text); }
  void info(std::string_view text) { line(CheckLine::Kind::info, text); }
  void fail(std::string_view text) {
    failures_.fetch_add(1);
    line(CheckLine::Kind::fail, text);
  }
  // Passes unless something failed since `failures_before`.
  void pass_unless_failed(int failures_before, std::string_view text) {
    if (failures() == failures_before) pass(text);
  }
  int failures() const { return failures_.load(); }

private:
  void line(CheckLine::Kind kind, std::string_view text) {
    std::string whole{static_cast<char>(kind)};
    for (const char c : text.substr(0, 2000)) whole += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    whole += '\n';
    const std::lock_guard lock(mutex_);
    write_report(descriptor_, whole);
  }

  const int descriptor_;
  std::atomic<int> failures_{0};
  std::mutex mutex_;
};

// In the parent. A last line without its end is left out.
inline std::vector<CheckLine> read_check_lines(std::string_view report) {
  std::vector<CheckLine> lines;
  for (auto end = report.find('\n'); end != std::string_view::npos; end = report.find('\n')) {
    if (end > 0)
      lines.push_back({static_cast<CheckLine::Kind>(report.front()), std::string(report.substr(1, end - 1))});
    report.remove_prefix(end + 1);
  }
  return lines;
}

} // namespace crank
