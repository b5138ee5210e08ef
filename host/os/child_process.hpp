// Runs a piece of the host in a child process, so that foreign code in it can crash, hang or scribble without harm.
// Knows processes and pipes; knows nothing of plugins.
#pragma once

#include "base/problem.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace crank {

struct ChildOutcome {
  enum class End { exited, killed, timed_out };
  End end = End::exited;
  int code = 0;       // exit status, or signal
  std::string report; // what it wrote to the report descriptor
  std::string output; // to stdout; the first 64 KiB
  std::string errors; // to stderr; the first 64 KiB
};

// Forks, runs `body` in the child with a descriptor for its report, and leaves without exit handlers with what it
// returned. The child has a process group of its own, leaves no core file and gets SIGKILL with all of its group after
// `timeout`. Call before other threads exist. The failure is about making the child.
[[nodiscard]] Result<ChildOutcome, Failure> run_in_child(const std::function<int(int report)>& body,
                                                         std::chrono::milliseconds timeout);

// Writes all of `text`; errors are ignored, because the reader is the parent.
void write_report(int report, std::string_view text);

// "was killed by SIGSEGV", "ended with status 0", "did not end within 5 s".
[[nodiscard]] std::string end_of(const ChildOutcome& outcome, std::chrono::milliseconds timeout);

} // namespace crank
