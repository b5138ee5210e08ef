#include "os/syscall_filter_linux.hpp"

#include "os/syscall_lists_linux.hpp"

#include <cerrno>
#include <cstddef>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace crank {
namespace {

#if defined(__x86_64__)
constexpr unsigned architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned architecture = AUDIT_ARCH_AARCH64;
#else
constexpr unsigned architecture = 0; // not known: no filter
#endif

constexpr unsigned allow = SECCOMP_RET_ALLOW;
constexpr unsigned error_of(int error) { return SECCOMP_RET_ERRNO | (static_cast<unsigned>(error) & SECCOMP_RET_DATA); }

constexpr unsigned short load = BPF_LD | BPF_W | BPF_ABS, answer = BPF_RET | BPF_K;
constexpr unsigned short is_equal = BPF_JMP | BPF_JEQ | BPF_K, has_bits = BPF_JMP | BPF_JSET | BPF_K;
constexpr unsigned short is_at_least = BPF_JMP | BPF_JGE | BPF_K;

// clone(2)'s flags, whose header declares more than this file wants.
constexpr unsigned thread = 0x00010000, sibling = 0x00008000;
constexpr unsigned namespaces =
    0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;

} // namespace

bool SyscallFilter::is_available() {
  const unsigned action = SECCOMP_RET_ERRNO;
  return architecture != 0 && ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0u, &action) == 0;
}

SyscallFilter::SyscallFilter(const Options& options) {
  add(load, offsetof(seccomp_data, arch));
  add(is_equal, architecture, 1, 0);
  add(answer, SECCOMP_RET_KILL_PROCESS); // the other numbering of this machine: nobody needs it by mistake
  add(load, offsetof(seccomp_data, nr));
  add(is_at_least, syscalls::first_unknown, 0, 1);
  add(answer, error_of(ENOSYS));
  for (const long number : syscalls::of_files) deny(number, EACCES);
  for (const long number : syscalls::of_the_network) deny(number, EACCES);
  for (const long number : syscalls::of_the_machine) deny(number, EPERM);
  judge_processes(options);
  add(answer, allow);
}

void SyscallFilter::judge_processes(const Options& options) {
  for (const long number : syscalls::of_processes) deny(number, EPERM);
  // Its flags are in memory, where another thread can change them after they were looked at. The C library goes on with
  // clone.
  deny(syscalls::clone3, ENOSYS);
  judge_clone(options.children);
  if (!options.children) {
    for (const long number : syscalls::that_fork) deny(number, EPERM);
  }
  if (!options.children || !options.signals_are_kept) {
    for (const long number : syscalls::of_signals) deny_but_for_self(number, 0, false);
    for (const long number : syscalls::of_queued_signals) deny(number, EPERM);
  }
  deny_but_for_self(SYS_prlimit64, 0, true);
  deny_values(SYS_prctl, 0, {PR_SET_PDEATHSIG}, EPERM); // it would outlive its worker
  deny_values(SYS_fcntl, 1, {8 /* F_SETOWN */, 10 /* F_SETSIG */, 15 /* F_SETOWN_EX */}, EPERM); // signals to others
  deny_values(SYS_ioctl, 1,
              {0x8901 /* FIOSETOWN */, 0x8902 /* SIOCSPGRP */, 0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */}, EPERM);
}

void SyscallFilter::add(unsigned short code, unsigned value, unsigned char if_true, unsigned char if_false) {
  program_.push_back({code, if_true, if_false, value});
}

// Its lower half: both architectures are little-endian, and the kernel takes no more of those that are looked at.
void SyscallFilter::load_argument(unsigned index) {
  add(load, static_cast<unsigned>(offsetof(seccomp_data, args) + index * sizeof(seccomp_data::args[0])));
}

void SyscallFilter::deny(long number, int error) {
  add(is_equal, static_cast<unsigned>(number), 0, 1);
  add(answer, error_of(error));
}

void SyscallFilter::deny_but_for_self(long number, unsigned argument, bool also_zero) {
  add(is_equal, static_cast<unsigned>(number), 0, also_zero ? 5 : 4);
  load_argument(argument);
  if (also_zero) add(is_equal, 0, 2, 0);
  own_number_.push_back(program_.size());
  add(is_equal, 0, 1, 0);
  add(answer, error_of(EPERM));
  add(answer, allow);
}

void SyscallFilter::deny_values(long number, unsigned argument, const std::vector<unsigned>& values, int error) {
  const auto count = static_cast<unsigned char>(values.size());
  add(is_equal, static_cast<unsigned>(number), 0, static_cast<unsigned char>(count + 3));
  load_argument(argument);
  for (unsigned char i = 0; i < count; ++i) add(is_equal, values[i], static_cast<unsigned char>(count - i), 0);
  add(answer, allow);
  add(answer, error_of(error));
}

void SyscallFilter::judge_clone(bool children) {
  // A thread, or, where it may have children, one that is its own and in no other namespace.
  add(is_equal, SYS_clone, 0, 4);
  load_argument(0);
  if (children)
    add(has_bits, namespaces | sibling, 0, 1);
  else
    add(has_bits, thread, 1, 0);
  add(answer, error_of(EPERM));
  add(answer, allow);
}

bool SyscallFilter::install() const noexcept {
  const auto self = static_cast<unsigned>(::getpid());
  for (const std::size_t place : own_number_) program_[place].k = self;
  const sock_fprog whole{static_cast<unsigned short>(program_.size()), program_.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0;
}

} // namespace crank
