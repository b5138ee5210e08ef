// A stack of its own for this thread's signal handlers: a handler for a stack overflow cannot run on the stack that
// overflowed.
#pragma once

#include <cstddef>

namespace crank {

// Lives on the thread it serves; to be destroyed there too. Does nothing when memory is short.
class AlternateStack {
public:
  AlternateStack();
  ~AlternateStack();
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

private:
  static constexpr std::size_t size = 128 * 1024; // of address space; pages are used when a handler runs
  void* memory_ = nullptr;
};

} // namespace crank
