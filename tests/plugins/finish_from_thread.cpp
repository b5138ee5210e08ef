// finish_from_thread: well-behaved. Every call is PENDING and ends on the plugin's own thread, which stop() joins.
#include "kit.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace {
std::mutex mutex;
std::condition_variable changed;
std::deque<crank_call *> waiting;
bool stopping = false;
std::thread worker;

void serve() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [] { return stopping || !waiting.empty(); });
    if (waiting.empty()) return;
    crank_call *call = waiting.front();
    waiting.pop_front();
    lock.unlock();
    call->finish(call, call->write(call, "{\"thread\":\"own\"}", 16));
    lock.lock();
  }
}

crank_status start(crank_plugin *, crank_str) noexcept {
  stopping = false;
  worker = std::thread(serve);
  return CRANK_OK;
}

crank_status call(crank_plugin *, crank_call *call) noexcept {
  const std::lock_guard lock(mutex);
  waiting.push_back(call);
  changed.notify_one();
  return CRANK_PENDING;
}

void stop(crank_plugin *) noexcept {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_one();
  worker.join();
}

constinit crank_plugin instance = {sizeof(crank_plugin), nullptr, start, call, stop, kit::destroy, nullptr};
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("finish_from_thread", ""), kit::create<&instance>);
