#include "os/platform.hpp"

#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace crank {

int anonymous_memory(std::size_t size) {
  const int descriptor = ::memfd_create("crank-host", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return -1;
  if (::ftruncate(descriptor, static_cast<off_t>(size)) != 0) {
    ::close(descriptor);
    return -1;
  }
  ::fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  return descriptor;
}

std::optional<std::uint64_t> resident_bytes(pid_t process) {
  std::FILE* file = std::fopen(("/proc/" + std::to_string(process) + "/statm").c_str(), "re");
  if (!file) return std::nullopt;
  unsigned long long total = 0, resident = 0;
  const int fields = std::fscanf(file, "%llu %llu", &total, &resident);
  std::fclose(file);
  if (fields != 2) return std::nullopt;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::string executable_path() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  return size > 0 && static_cast<std::size_t>(size) < sizeof path ? std::string(path, static_cast<std::size_t>(size))
                                                                  : std::string();
}

void* program_counter(void* signal_context) noexcept {
#if defined(__x86_64__)
  return reinterpret_cast<void*>(static_cast<ucontext_t*>(signal_context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return reinterpret_cast<void*>(static_cast<ucontext_t*>(signal_context)->uc_mcontext.pc);
#else
  static_cast<void>(signal_context);
  return nullptr;
#endif
}

// Linux 5.11; the C library may be older, or newer than the kernel.
bool close_on_exec_from(int first) noexcept {
#if defined(SYS_close_range)
  constexpr unsigned mark_only = 1 << 2; // CLOSE_RANGE_CLOEXEC
  return ::syscall(SYS_close_range, static_cast<unsigned>(first), ~0u, mark_only) == 0;
#else
  static_cast<void>(first);
  return false;
#endif
}

void close_from(int first) noexcept {
#if defined(SYS_close_range)
  if (::syscall(SYS_close_range, static_cast<unsigned>(first), ~0u, 0) == 0) return;
#endif
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1'000'000) limit.rlim_cur = 1'000'000;
  for (int descriptor = first; descriptor < static_cast<int>(limit.rlim_cur); ++descriptor) ::close(descriptor);
}

std::optional<std::uint64_t> own_memory_bytes(pid_t process) {
  const int file = ::open(("/proc/" + std::to_string(process) + "/status").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  char text[4096];
  const ssize_t size = ::read(file, text, sizeof text - 1);
  ::close(file);
  if (size <= 0) return std::nullopt;
  text[size] = 0;
  unsigned long long total = 0;
  bool found = false;
  for (const char* name : {"\nRssAnon:", "\nRssShmem:", "\nVmSwap:"}) {
    unsigned long long kib = 0;
    const char* const line = std::strstr(text, name);
    if (!line || std::sscanf(line + std::strlen(name), "%llu", &kib) != 1) continue;
    total += kib;
    found = true;
  }
  return found ? std::optional<std::uint64_t>(total * 1024) : std::nullopt; // one that has ended has none
}

std::optional<std::uint64_t> cpu_time_ms(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
}

// pidfd_open, Linux 5.3; close-on-exec.
int end_descriptor(pid_t child) {
  constexpr long pidfd_open = 434;
  return static_cast<int>(::syscall(pidfd_open, child, 0u));
}

std::int64_t copy_in_kernel(int from, std::uint64_t offset, int to, std::size_t size) {
  auto at = static_cast<off64_t>(offset);
  return ::copy_file_range(from, &at, to, nullptr, size, 0);
}

bool peer_may_command(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == 0 || peer.uid == ::geteuid());
}

} // namespace crank
