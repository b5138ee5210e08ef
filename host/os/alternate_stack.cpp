#include "os/alternate_stack.hpp"

#include <csignal>
#include <sys/mman.h>

namespace crank {

AlternateStack::AlternateStack() {
  stack_t present{};
  // Somebody else's (a sanitizer's) is left alone.
  if (::sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = size;
  if (::sigaltstack(&stack, nullptr) == 0)
    memory_ = memory;
  else
    ::munmap(memory, size);
}

AlternateStack::~AlternateStack() {
  if (!memory_) return;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
  ::munmap(memory_, size);
}

} // namespace crank
