// `crank-host describe PLUGIN`: what a plugin says about itself, without taking a risk for this process.
// Knows loading and manifests; knows nothing of calls.
#pragma once

#include "base/problem.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <filesystem>

namespace crank {

// Loads the plugin in a child process and returns {"plugin": path, "abi": {"major", "minor", "needs_minor"}, "exports":
// [names], "manifest": {...}}; "exports" is absent where they cannot be told. A crash, a hang or an exit() in its
// constructors is a failure like any other (exit code 3). What it prints goes to stderr. Call before other threads
// exist.
[[nodiscard]] Result<boost::json::value, Failure>
describe_plugin(const std::filesystem::path& path, std::chrono::milliseconds timeout = std::chrono::seconds(5));

// Prints the description as JSON on stdout, or the failure as one line on stderr. Returns the exit code.
int run_describe(const std::filesystem::path& path);

} // namespace crank
