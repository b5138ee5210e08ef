// The invocations between admission and completion, so that the end of a drain reaches each of them.
// In shards, because every call passes here twice; linked through the invocations, so that this takes no memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace crank {

class Invocation;

// A member of Invocation; guarded by its shard.
struct LiveCallLink {
  Invocation* next = nullptr;
  Invocation* previous = nullptr;
};

class LiveCalls {
public:
  // Once each, in this order; somebody holds the invocation all the while. [any thread]
  void add(Invocation& invocation);
  void remove(Invocation& invocation);
  // [any thread]
  std::vector<std::shared_ptr<Invocation>> all();

private:
  struct alignas(64) Shard {
    std::mutex mutex;
    Invocation* first = nullptr;
  };
  Shard& shard_of(const Invocation& invocation) {
    return shards_[(reinterpret_cast<std::uintptr_t>(&invocation) >> 7) % shards_.size()];
  }

  std::array<Shard, 16> shards_;
};

} // namespace crank
