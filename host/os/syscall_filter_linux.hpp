// A seccomp filter for programs that compute on what they are handed: system calls by which a process reaches others,
// the network or the kernel's rarely used parts fail in it. Hand-written BPF: a library for it would be larger than all
// of this.
#pragma once

#include <cstddef>
#include <vector>

#include <linux/filter.h>

namespace crank {

class SyscallFilter {
public:
  struct Options {
    bool children = false;         // it may make processes
    bool signals_are_kept = false; // by something else, from going to processes outside
  };

  static bool is_available();

  explicit SyscallFilter(const Options& options);
  // In the child, which must have no_new_privs. False with errno. Async-signal-safe.
  [[nodiscard]] bool install() const noexcept;

private:
  void deny(long number, int error);
  void deny_but_for_self(long number, unsigned argument, bool also_zero);
  void deny_values(long number, unsigned argument, const std::vector<unsigned>& values, int error);
  void judge_clone(bool children);
  void judge_processes(const Options& options);
  void add(unsigned short code, unsigned value, unsigned char if_true = 0, unsigned char if_false = 0);
  void load_argument(unsigned index);

  mutable std::vector<sock_filter> program_; // the child writes its own number into its copy
  std::vector<std::size_t> own_number_;      // where
};

} // namespace crank
