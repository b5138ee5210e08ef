// timers: a call that does with host timers what is hard on the host. {"how":0} cancels a one-shot timer that is due
// while no thread is free to fire it, {"how":1} throws out of one. The host must go on.
#include "kit.hpp"

#include <crank/ext/timer.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace {
const crank_host *host;
const crank_timers *timers;

struct Fired {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
};

void throws(void *user) {
  auto *fired = static_cast<Fired *>(user);
  {
    const std::lock_guard lock(fired->mutex);
    fired->done = true;
    fired->changed.notify_all();
  }
  throw 42;
}

/* With one pool thread it cannot fire before this call returns. */
void cancel_while_due() {
  std::uint64_t timer = 0;
  const crank_timer_spec spec = {sizeof(crank_timer_spec), 0, 0, [](void *) noexcept {}, nullptr, 0, 0};
  if (timers->schedule(host, &spec, &timer) != CRANK_OK) return;
  std::this_thread::sleep_for(std::chrono::milliseconds(20)); /* for it to come due; nothing depends on it */
  timers->cancel(host, timer);
}

/* cancel() waits until fire() is over, however it ended. */
void throw_out_of_one() {
  Fired fired;
  std::uint64_t timer = 0;
  const auto fire = reinterpret_cast<void (*)(void *) noexcept>(reinterpret_cast<void *>(&throws));
  const crank_timer_spec spec = {sizeof(crank_timer_spec), 0, 0, fire, &fired, 0, 0};
  if (timers->schedule(host, &spec, &timer) != CRANK_OK) return;
  {
    std::unique_lock lock(fired.mutex);
    fired.changed.wait(lock, [&] { return fired.done; });
  }
  timers->cancel(host, timer);
}

crank_status call(crank_plugin *, crank_call *call) noexcept {
  if (kit::integer(kit::view(call->body), "\"how\"", 0) == 0)
    cancel_while_due();
  else
    throw_out_of_one();
  return kit::answer(nullptr, call);
}

constinit crank_plugin instance = kit::table(call);

crank_status create(const crank_host *from, crank_plugin **out) noexcept {
  host = from;
  timers = static_cast<const crank_timers *>(from->extension(from, CRANK_STR(CRANK_EXT_TIMER)));
  *out = &instance;
  return timers ? CRANK_OK : CRANK_UNSUPPORTED;
}
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("timers", ""), create);
