#include "engine/live_calls.hpp"

#include "engine/invocation.hpp"

namespace crank {

void LiveCalls::add(Invocation& invocation) {
  Shard& shard = shard_of(invocation);
  const std::lock_guard lock(shard.mutex);
  invocation.live.next = shard.first;
  if (shard.first) shard.first->live.previous = &invocation;
  shard.first = &invocation;
}

void LiveCalls::remove(Invocation& invocation) {
  Shard& shard = shard_of(invocation);
  const std::lock_guard lock(shard.mutex);
  const LiveCallLink link = std::exchange(invocation.live, {});
  (link.previous ? link.previous->live.next : shard.first) = link.next;
  if (link.next) link.next->live.previous = link.previous;
}

std::vector<std::shared_ptr<Invocation>> LiveCalls::all() {
  std::vector<std::shared_ptr<Invocation>> found;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (Invocation* one = shard.first; one; one = one->live.next) found.push_back(one->shared_from_this());
  }
  return found;
}

} // namespace crank
