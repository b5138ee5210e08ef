// The conformance checks of the plugin ABI: what crank.h and its extensions ask of a plugin, one function per promise.
// Works on the C ABI directly with recording tables; knows nothing of the engine, and prints nothing.
#pragma once

#include "conformance/check_report.hpp"
#include "plugin/library.hpp"

#include <chrono>
#include <span>
#include <string_view>

namespace crank {

struct ConformanceCheck {
  std::string_view name;
  // Runs in a process of its own, which ends afterwards.
  void (*run)(const PluginLibrary& library, CheckReport& report);
  std::chrono::milliseconds timeout; // after which the process is killed and the check has failed
  // What must have passed before: a plugin without an instance fails once and not a dozen times.
  enum class Needs { nothing, instance, start } needs;
  // Passing this check shows that there is an instance, or that it starts.
  enum class Shows { nothing, instance, start } shows;
};

// In the order of a report.
[[nodiscard]] std::span<const ConformanceCheck> conformance_checks();

} // namespace crank
