#include "os/platform.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <libproc.h>
#include <mach-o/dyld.h>
#include <mach/mach_time.h>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/ucontext.h>
#include <unistd.h>

namespace crank {

int anonymous_memory(std::size_t size) {
  for (int attempt = 0; attempt < 16; ++attempt) {
    const std::string name = "/crank-" + std::to_string(::getpid()) + "-" + std::to_string(::arc4random());
    const int descriptor = ::shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    if (descriptor < 0 && errno == EEXIST) continue;
    if (descriptor < 0) return -1;
    ::shm_unlink(name.c_str());
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    if (::ftruncate(descriptor, static_cast<off_t>(size)) == 0) return descriptor; // macOS lets it be set only once
    ::close(descriptor);
    return -1;
  }
  return -1;
}

std::optional<std::uint64_t> resident_bytes(pid_t process) {
  rusage_info_v2 usage{};
  if (::proc_pid_rusage(process, RUSAGE_INFO_V2, reinterpret_cast<rusage_info_t*>(&usage)) != 0) return std::nullopt;
  return usage.ri_resident_size;
}

std::string executable_path() {
  char path[4096], real[PATH_MAX];
  std::uint32_t size = sizeof path;
  if (::_NSGetExecutablePath(path, &size) != 0 || !::realpath(path, real)) return {};
  return real;
}

void* program_counter(void* signal_context) noexcept {
#if defined(__aarch64__)
  return reinterpret_cast<void*>(static_cast<ucontext_t*>(signal_context)->uc_mcontext->__ss.__pc);
#else
  return reinterpret_cast<void*>(static_cast<ucontext_t*>(signal_context)->uc_mcontext->__ss.__rip);
#endif
}

bool close_on_exec_from(int) noexcept { return false; }

void close_from(int first) noexcept {
  for (int descriptor = first, end = ::getdtablesize(); descriptor < end; ++descriptor) ::close(descriptor);
}

std::optional<std::uint64_t> own_memory_bytes(pid_t process) {
  rusage_info_v2 usage{};
  if (::proc_pid_rusage(process, RUSAGE_INFO_V2, reinterpret_cast<rusage_info_t*>(&usage)) != 0) return std::nullopt;
  return usage.ri_phys_footprint;
}

std::optional<std::uint64_t> cpu_time_ms(pid_t process) {
  rusage_info_v2 usage{};
  mach_timebase_info_data_t base{};
  if (::proc_pid_rusage(process, RUSAGE_INFO_V2, reinterpret_cast<rusage_info_t*>(&usage)) != 0 ||
      ::mach_timebase_info(&base) != 0)
    return std::nullopt;
  return (usage.ri_user_time + usage.ri_system_time) * base.numer / base.denom / 1'000'000;
}

int end_descriptor(pid_t) { return -1; }

std::int64_t copy_in_kernel(int, std::uint64_t, int, std::size_t) { return 0; }

bool peer_may_command(int socket) {
  uid_t user = 0;
  gid_t group = 0;
  return ::getpeereid(socket, &user, &group) == 0 && (user == 0 || user == ::geteuid());
}

} // namespace crank
