// Privileges, then files, then system calls: each of the later ones would forbid what an earlier one needs.
#include "os/confinement.hpp"

#include "os/landlock_linux.hpp"
#include "os/syscall_filter_linux.hpp"

#include <optional>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace crank {
namespace {

// Those of a root user, too, who would get them back with the next program but for no_new_privs.
bool drop_privileges() noexcept {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  static_cast<void>(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)); // a kernel without has none
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
  return ::syscall(SYS_capset, &header, none) == 0;
}

class LinuxConfinement : public Confinement {
public:
  bool prepare(const ConfinementRules& rules) {
    const bool has_landlock = Landlock::abi() > 0;
    if (has_landlock && !files_.emplace().prepare(rules)) return false;
    if (SyscallFilter::is_available())
      calls_.emplace(SyscallFilter::Options{rules.children, Landlock::scopes_signals()});
    return true;
  }

  bool enter() const noexcept override {
    return drop_privileges() && (!files_ || files_->enter()) && (!calls_ || calls_->install());
  }

private:
  std::optional<Landlock> files_;
  std::optional<SyscallFilter> calls_;
};

} // namespace

std::vector<std::string> Confinement::lacking() {
  std::vector<std::string> missing;
  if (Landlock::abi() == 0)
    missing.emplace_back("Landlock, so a program can read and write the files that the worker can");
  if (!SyscallFilter::is_available())
    missing.emplace_back("seccomp filters, so a program can use the network and reach other processes");
  return missing;
}

std::unique_ptr<const Confinement> Confinement::make(const ConfinementRules& rules) {
  auto made = std::make_unique<LinuxConfinement>();
  if (!made->prepare(rules)) return nullptr;
  return made;
}

} // namespace crank
