// `crank-host verify PLUGIN`: runs the conformance checks, each in a process of its own, and prints a report.
// Knows processes and the report; the promises themselves are in conformance.hpp.
#pragma once

#include "conformance/check_report.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace crank {

struct VerifiedCheck {
  std::string name;
  std::vector<CheckLine> lines; // pass, fail and info; a crash or a hang is a fail
};

// Call before other threads exist: it forks.
[[nodiscard]] std::vector<VerifiedCheck> verify_plugin(const std::filesystem::path& path);

// Prints the report on stdout. 0 when nothing failed, else 3.
int run_verify(const std::filesystem::path& path);

} // namespace crank
