// A plugin's shared object: finding it, looking at it before anything of it runs, loading it for good.
// Knows the entry struct and the manifest; knows nothing of calls, doors or configuration.
#pragma once

#include "base/problem.hpp"
#include "manifest/manifest.hpp"

#include <crank/crank.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

// Where `--plugin NAME` is looked for, in this order: the directories of `extra` (option and CRANK_PLUGIN_PATH),
// plugins/ beside the executable, ../lib/crank-host/plugins relative to the executable, the build-time install
// directory, /usr/lib/crank-host/plugins.
[[nodiscard]] std::vector<std::filesystem::path> plugin_search_path(const std::vector<std::string>& extra);

// `name` is a path (it holds a '/') or a name: streaming, libstreaming, libstreaming.so. A failure (exit code 3) lists
// where it looked.
[[nodiscard]] Result<std::filesystem::path, Failure> find_plugin(std::string_view name,
                                                                 const std::vector<std::filesystem::path>& search_path);

// Loaded and checked; never unloaded (TLS destructors, STB_GNU_UNIQUE and GPU runtimes make dlclose a crash).
struct PluginLibrary {
  std::filesystem::path path;
  const crank_entry* entry = nullptr; // static data of the shared object
  Manifest manifest;
  // Functions and data of it that the host or a library of the host's has under the same name, with that library:
  // within the plugin, too, the host's are what is called (ELF's order of look-up). "SSL_read (of libssl.so.3)".
  std::vector<std::string> overridden;
};

inline constexpr std::chrono::seconds default_load_patience{10};

// Loads with RTLD_NOW | RTLD_LOCAL. Call on the main thread, before other threads exist: while constructors of the
// shared object run, a signal guard turns a crash, an abort, an exit() or a hang in them into one line on stderr
// and exit code 3. Every failure says which plugin and what to do, e.g. the missing library's name, or "needs ABI 0.7,
// this host offers 0.1: upgrade crank-host".
[[nodiscard]] Result<PluginLibrary, Failure> load_plugin(const std::filesystem::path& path,
                                                         std::chrono::milliseconds patience = default_load_patience);

// The same without the guard, for a child process whose parent watches how it ends.
[[nodiscard]] Result<PluginLibrary, Failure> load_plugin_unguarded(const std::filesystem::path& path);

} // namespace crank
