// Memory that two processes share through a descriptor, without a name in any file system.
// Knows nothing of what is in it.
#pragma once

#include "base/problem.hpp"
#include "os/descriptor.hpp"

#include <cstddef>

namespace crank {

class SharedMemory {
public:
  // Zeroed; close-on-exec. Where the system can, its size is sealed: whoever else has the descriptor cannot take pages
  // away from under us.
  static Result<SharedMemory, Failure> create(std::size_t size);
  // Maps what another process made. Fails when it is smaller than `size`.
  static Result<SharedMemory, Failure> adopt(Descriptor descriptor, std::size_t size);

  SharedMemory(SharedMemory&& other) noexcept
      : descriptor_(std::move(other.descriptor_)), data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}
  SharedMemory& operator=(SharedMemory&&) = delete;
  ~SharedMemory();

  void* data() const { return data_; }
  int descriptor() const { return descriptor_.get(); }

private:
  SharedMemory(Descriptor descriptor, void* data, std::size_t size)
      : descriptor_(std::move(descriptor)), data_(data), size_(size) {}

  Descriptor descriptor_;
  void* data_;
  std::size_t size_;
};

} // namespace crank
