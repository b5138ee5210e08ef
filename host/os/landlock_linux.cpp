#include "os/landlock_linux.hpp"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace crank {
namespace {

// The kernel's Documentation/userspace-api/landlock.rst; the numbers are the same on every architecture.
constexpr long create_ruleset = 444, add_rule = 445, restrict_self = 446;
constexpr unsigned ask_version = 1;
constexpr int path_beneath = 1;

struct RulesetAttributes {
  std::uint64_t files, network, scoped;
};
struct [[gnu::packed]] PathBeneath {
  std::uint64_t access;
  std::int32_t parent;
};

constexpr std::uint64_t execute = 1 << 0, write_file = 1 << 1, read_file = 1 << 2, read_directory = 1 << 3,
                        truncate_file = 1 << 14;
constexpr std::uint64_t of_files = execute | write_file | read_file | truncate_file;

// Everything that an ABI has a name for is taken away, and then some of it given back.
std::uint64_t file_rights(int abi) {
  const int known = abi == 1 ? 13 : abi == 2 ? 14 : abi <= 4 ? 15 : 16;
  return (std::uint64_t(1) << known) - 1;
}

std::size_t attributes_size(int abi) { return abi < 4 ? 8 : abi < 6 ? 16 : 24; }

} // namespace

int Landlock::abi() {
  const long found = ::syscall(create_ruleset, nullptr, std::size_t(0), ask_version);
  return found > 0 ? static_cast<int>(found) : 0;
}

bool Landlock::prepare(const ConfinementRules& rules) {
  const int version = abi();
  const RulesetAttributes attributes{file_rights(version), 3 /* bind and connect TCP */,
                                     3 /* abstract sockets, signals */};
  ruleset_ = Descriptor(static_cast<int>(::syscall(create_ruleset, &attributes, attributes_size(version), 0u)));
  if (!ruleset_) return false;
  for (const ConfinementRules::Path& path : rules.paths) {
    const std::uint64_t wanted = read_file | read_directory | (path.execute ? execute : 0) |
                                 (path.write ? write_file | (file_rights(version) & truncate_file) : 0);
    if (!allow(path.path.c_str(), wanted)) return false;
  }
  return true;
}

bool Landlock::allow(const char* path, std::uint64_t wanted) const noexcept {
  const Descriptor place(::open(path, O_PATH | O_CLOEXEC));
  if (!place) return errno == ENOENT || errno == EACCES || errno == ENOTDIR;
  struct stat status {};
  if (::fstat(place.get(), &status) != 0) return false;
  const PathBeneath rule{S_ISDIR(status.st_mode) ? wanted : wanted & of_files, place.get()};
  return ::syscall(add_rule, ruleset_.get(), path_beneath, &rule, 0u) == 0;
}

bool Landlock::enter() const noexcept {
  return allow("/proc/self", read_file | read_directory) && ::syscall(restrict_self, ruleset_.get(), 0u) == 0;
}

} // namespace crank
