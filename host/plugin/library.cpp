// Looks at the file first, so that most plugins that do not fit are refused before an instruction of them runs.
#include "plugin/library.hpp"

#include "plugin/load_guard.hpp"
#include "plugin/object_file.hpp"
#include "version.hpp"

// The build defines BOOST_DLL_USE_STD_FS, so that Boost.Filesystem need not be linked.
#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>

#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <optional>
#include <system_error>

namespace crank {
namespace {

namespace fs = std::filesystem;
namespace dll = boost::dll;

constexpr const char* entry_symbol = "crank_entry_v0";
constexpr std::size_t frozen_head_size = 24; // of crank_entry, in every major
// Before 1.0 a minor may break what was: what older plugins call is not there any more (plugin_api/CHANGELOG.md).
constexpr std::uint32_t oldest_minor = 2;

Failure refused(const fs::path& path, std::string_view what) {
  return {"plugin " + path.string() + " " + std::string(what), 3};
}

bool is_name_of_library(std::string_view name) {
  const auto ends_with = [name](std::string_view suffix) {
    return name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix;
  };
  return ends_with(".so") || ends_with(".dylib");
}

// streaming, libstreaming and libstreaming.so all mean the same file. On macOS Meson and others still make .so files.
std::vector<std::string> file_names(std::string_view name) {
  const std::string given(name);
  if (is_name_of_library(name)) return {given};
  std::vector<std::string> names;
  std::vector<std::string> suffixes = {dll::shared_library::suffix().string()};
  if (suffixes.front() != ".so") suffixes.emplace_back(".so");
  for (const std::string& suffix : suffixes) {
    if (name.substr(0, 3) != "lib") names.push_back("lib" + given + suffix);
    names.push_back(given + suffix);
  }
  return names;
}

std::string listed(const std::vector<fs::path>& paths) {
  std::string list;
  for (const fs::path& path : paths) list += (list.empty() ? "" : ", ") + path.string();
  return list;
}

std::string abi_number(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

// Reads nothing but the head, whose layout is the same in every major.
std::optional<std::string> head_fault(const unsigned char* bytes) {
  struct {
    std::uint32_t magic, abi_major, abi_minor, needs_minor;
    std::uint64_t size;
  } head{};
  static_assert(sizeof head == frozen_head_size);
  std::memcpy(&head, bytes, sizeof head);
  if (head.magic != CRANK_MAGIC)
    return "is not a crank plugin: its crank_entry_v0 does not begin with the magic number";
  if (head.abi_major != CRANK_ABI_MAJOR) {
    return "was built for ABI " + abi_number(head.abi_major, head.abi_minor) + ", this host offers " +
           abi_number(CRANK_ABI_MAJOR, CRANK_ABI_MINOR) + ": " +
           (head.abi_major > CRANK_ABI_MAJOR ? "upgrade crank-host" : "rebuild the plugin");
  }
  if (head.abi_minor < oldest_minor) {
    return "was built for ABI " + abi_number(head.abi_major, head.abi_minor) + ", this host offers " +
           abi_number(CRANK_ABI_MAJOR, CRANK_ABI_MINOR) + " and nothing before " +
           abi_number(CRANK_ABI_MAJOR, oldest_minor) +
           ": rebuild the plugin (plugin_api/CHANGELOG.md says what changed)";
  }
  if (head.needs_minor > CRANK_ABI_MINOR) {
    return "needs ABI " + abi_number(head.abi_major, head.needs_minor) + ", this host offers " +
           abi_number(CRANK_ABI_MAJOR, CRANK_ABI_MINOR) + ": upgrade crank-host";
  }
  constexpr std::uint64_t needed = offsetof(crank_entry, create) + sizeof(crank_entry::create);
  if (head.size < needed) {
    return "has a crank_entry_v0 of " + std::to_string(head.size) + " bytes, at least " + std::to_string(needed) +
           " are needed: rebuild it with the headers of this ABI";
  }
  return std::nullopt;
}

// Why a library without our entry symbol is none of ours.
std::string no_entry(const ObjectFile& file) {
  constexpr std::string_view family = "crank_entry_v";
  for (const ObjectSymbol& symbol : file.exports ? *file.exports : std::vector<ObjectSymbol>()) {
    if (symbol.name.compare(0, family.size(), family) == 0) {
      return "was built for ABI major " + symbol.name.substr(family.size()) + ", this host offers " +
             std::to_string(CRANK_ABI_MAJOR) + ": upgrade crank-host or rebuild the plugin";
    }
  }
  return "is a shared library but not a crank plugin: it does not export crank_entry_v0";
}

std::optional<Failure> fault_in_file(const fs::path& path, const ObjectFile& file) {
  if (!file.exports) return std::nullopt; // to be seen after loading
  const ObjectSymbol* entry = file.exported(entry_symbol);
  if (!entry) return refused(path, no_entry(file));
  if (entry->bytes.size() < frozen_head_size) return std::nullopt;
  if (auto fault = head_fault(reinterpret_cast<const unsigned char*>(entry->bytes.data())))
    return refused(path, *fault);
  return std::nullopt;
}

// The word that follows `before` in `text`, up to a character of `ends`.
std::optional<std::string> word_after(std::string_view text, std::string_view before, std::string_view ends) {
  const auto begin = text.find(before);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(begin + before.size());
  return std::string(rest.substr(0, rest.find_first_of(ends)));
}

std::string missing(const std::string& library) {
  return "cannot be loaded: " + library + " is missing: install it or add it to the image";
}

// What glibc, musl and macOS say, in words that tell what to do.
std::string load_fault(std::string_view said) {
  constexpr std::string_view intro = "(dlerror system message: ";
  if (const auto begin = said.find(intro); begin != std::string_view::npos) {
    said = said.substr(begin + intro.size());
    said = said.substr(0, said.rfind(')'));
  }
  const auto unopened = said.find(": cannot open shared object file: No such file");
  if (unopened != std::string_view::npos) return missing(std::string(said.substr(0, unopened)));
  if (const auto library = word_after(said, "Error loading shared library ", ": ")) return missing(*library);
  if (const auto library = word_after(said, "Library not loaded: ", "\n ")) return missing(*library);
  for (const std::string_view before : {"undefined symbol: ", "Symbol not found: ", "flat namespace '"}) {
    if (const auto symbol = word_after(said, before, " ,'\n\t")) {
      return "cannot be loaded: nobody defines the symbol " + *symbol + ": link the library that has it";
    }
  }
  if (const auto version = word_after(said, "version `", "'")) {
    return "cannot be loaded: it needs " + *version +
           ", which this system is too old for: build it on an older system or upgrade this one";
  }
  if (said.find("failed to map segment") != std::string_view::npos) {
    return "cannot be loaded: its pages cannot be mapped as code; is its directory mounted noexec?";
  }
  std::string line(said);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return "cannot be loaded: " + line;
}

// From now on closing its handle does nothing, see PluginLibrary.
void pin(const fs::path& path) { ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE); }

// Linux: dlopen(3) expands these in a path, and then looks for another file than the one that is there.
std::optional<std::string> expanded_token([[maybe_unused]] const fs::path& path) {
#if !defined(__APPLE__)
  for (const char* const token : {"ORIGIN", "LIB", "PLATFORM"}) {
    for (const std::string& written : {std::string("$") + token, std::string("${") + token + "}"}) {
      if (path.string().find(written) != std::string::npos) return written;
    }
  }
#endif
  return std::nullopt;
}

Result<const crank_entry*, std::string> open_library(const fs::path& path) {
  if (const auto token = expanded_token(path))
    return "cannot be loaded from there: the system's loader puts something else for " + *token +
           " in a path: rename it";
  try {
    const dll::shared_library library(path, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
    pin(path);
    if (!library.has(entry_symbol)) return no_entry(ObjectFile{});
    return &library.get<const crank_entry>(entry_symbol);
  } catch (const std::system_error& failure) {
    return load_fault(failure.what());
  } catch (...) {
    return std::string("throws an exception while it is loaded, from a constructor: mend or rebuild it");
  }
}

// Names of C alone: what C++ libraries share under one name (inline functions, templates) is meant to be one.
std::vector<std::string> overridden_symbols([[maybe_unused]] const ObjectFile& file) {
  std::vector<std::string> found;
#if !defined(__APPLE__) // two-level namespaces: a library's own names are its own there
  if (!file.exports) return found;
  for (const ObjectSymbol& symbol : *file.exports) {
    if (symbol.name.empty() || symbol.name == entry_symbol || symbol.name.front() == '_') continue;
    void* const others = ::dlsym(RTLD_DEFAULT, symbol.name.c_str()); // the plugin itself is loaded RTLD_LOCAL
    Dl_info library{};
    if (others && ::dladdr(others, &library) != 0)
      found.push_back(symbol.name + " (of " + fs::path(library.dli_fname).filename().string() + ")");
  }
#endif
  return found;
}

} // namespace

std::vector<fs::path> plugin_search_path(const std::vector<std::string>& extra) {
  std::vector<fs::path> path;
  const auto add = [&path](const fs::path& directory) {
    const fs::path normal = directory.lexically_normal();
    if (std::find(path.begin(), path.end(), normal) == path.end()) path.push_back(normal);
  };
  for (const std::string& directory : extra) {
    if (!directory.empty()) add(directory);
  }
  std::error_code unknown;
  const fs::path executable = dll::program_location(unknown);
  if (!unknown) {
    add(executable.parent_path() / "plugins");
    add(executable.parent_path() / ".." / "lib" / "crank-host" / "plugins");
  }
  add(install_plugin_dir);
  add("/usr/lib/crank-host/plugins");
  return path;
}

Result<fs::path, Failure> find_plugin(std::string_view name, const std::vector<fs::path>& search_path) {
  if (name.empty()) return Failure{"a plugin's name is empty: give a name or a path", 3};
  std::error_code ignored;
  if (name.find('/') != std::string_view::npos) {
    const fs::path path = fs::absolute(name, ignored);
    if (!fs::exists(path, ignored)) return refused(path, "does not exist");
    return path;
  }
  const auto names = file_names(name);
  for (const fs::path& directory : search_path) {
    for (const std::string& file : names) {
      if (fs::is_regular_file(directory / file, ignored)) return fs::absolute(directory / file, ignored);
    }
  }
  return Failure{"plugin \"" + std::string(name) + "\" was not found: there is no " + names.front() + " in " +
                     listed(search_path) + "; give a path, or name its directory in CRANK_PLUGIN_PATH",
                 3};
}

Result<PluginLibrary, Failure> load_plugin_unguarded(const fs::path& path) {
  const auto file = inspect_object_file(path);
  if (!file) return refused(path, file.error());
  if (auto fault = fault_in_file(path, *file)) return *std::move(fault);
  std::error_code ignored;
  const auto entry = open_library(fs::absolute(path, ignored)); // a bare name would be searched for in system folders
  if (!entry) return refused(path, entry.error());
  if (auto fault = head_fault(reinterpret_cast<const unsigned char*>(*entry))) return refused(path, *fault);
  const crank_str text = (*entry)->manifest_json;
  if (!text.ptr || text.len == 0) return refused(path, "has no manifest: crank_entry.manifest_json is empty");
  if (!(*entry)->create) return refused(path, "cannot make an instance: crank_entry.create is NULL");
  auto manifest = parse_manifest({text.ptr, text.len},
                                 (*entry)->abi_minor > CRANK_ABI_MINOR ? ManifestAge::younger : ManifestAge::known);
  if (!manifest) return refused(path, "has a faulty manifest: " + manifest.error());
  return PluginLibrary{path, *entry, *std::move(manifest), overridden_symbols(*file)};
}

Result<PluginLibrary, Failure> load_plugin(const fs::path& path, std::chrono::milliseconds patience) {
  const LoadGuard guard(path, patience);
  return load_plugin_unguarded(path);
}

} // namespace crank
