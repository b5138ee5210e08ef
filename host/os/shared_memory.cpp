#include "os/shared_memory.hpp"

#include "os/platform.hpp"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/stat.h>

namespace crank {

Result<SharedMemory, Failure> SharedMemory::create(std::size_t size) {
  Descriptor descriptor(anonymous_memory(size));
  if (!descriptor) return Failure{std::string("cannot make shared memory: ") + std::strerror(errno)};
  return adopt(std::move(descriptor), size);
}

Result<SharedMemory, Failure> SharedMemory::adopt(Descriptor descriptor, std::size_t size) {
  struct stat facts {};
  if (::fstat(descriptor.get(), &facts) != 0 || facts.st_size < static_cast<off_t>(size))
    return Failure{"the shared memory is missing or too small; was it made by another version of crank-host?"};
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.get(), 0);
  if (data == MAP_FAILED) return Failure{std::string("cannot map shared memory: ") + std::strerror(errno)};
  return SharedMemory(std::move(descriptor), data, size);
}

SharedMemory::~SharedMemory() {
  if (data_) ::munmap(data_, size_);
}

} // namespace crank
