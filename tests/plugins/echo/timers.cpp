// timers.cpp: test.timer, a call that ends in a firing of a host timer ("crank.timer/1").
#include "echo.hpp"

#include "text.hpp"

#include <mutex>
#include <unistd.h>

namespace echo {
namespace {

/* One counted timer. Owns itself from schedule() to its last firing. */
struct Count {
  Count(Instance &of, crank_call *ends, std::int64_t after) : instance(of), call(ends), wanted(after) {}

  Instance &instance;
  crank_call *call;
  std::int64_t wanted;
  std::int64_t fired = 0;
  std::uint64_t timer = 0;
  std::mutex mutex; /* the first firing may come before schedule() has stored the timer */

  static void fire(void *user) noexcept {
    auto *count = static_cast<Count *>(user);
    if (count->fire_once()) delete count;
  }

  /* True after the last firing. */
  bool fire_once() {
    const std::lock_guard lock(mutex);
    ++fired;
    if (fired < wanted && !cancelled(call)) return false;
    instance.timers->cancel(instance.host, timer);
    call->finish(call, write(call, "{\"fires\":" + std::to_string(fired) + "}"));
    return true;
  }
};

} // namespace

crank_status timer(Instance &instance, crank_call *call) {
  if (instance.timers == nullptr || !CRANK_HAS(crank_call, call, finish)) {
    return fail(call, CRANK_UNSUPPORTED, "the host has no timers");
  }
  const auto input = view(call->body);
  const auto delay = integer(member(input, "delay_ms"), 1);
  const auto period = integer(member(input, "period_ms"), 1);
  auto count = std::make_unique<Count>(instance, call, integer(member(input, "fires"), 1));
  std::unique_lock lock(count->mutex);
  const crank_timer_spec spec = {sizeof(crank_timer_spec),
                                 static_cast<std::uint64_t>(delay),
                                 static_cast<std::uint64_t>(period),
                                 Count::fire,
                                 count.get(),
                                 0,
                                 0};
  const crank_status status = instance.timers->schedule(instance.host, &spec, &count->timer);
  lock.unlock();
  if (status != CRANK_OK) return fail(call, status, "the host refused the timer");
  count.release(); /* fire() deletes it */
  return CRANK_PENDING;
}

void start_leading_ticks(Instance &instance) {
  const auto period = integer(member(instance.config, "leading_tick_ms"), 0);
  if (instance.timers == nullptr || period <= 0) return;
  const auto tick = [](void *user) noexcept {
    log(*static_cast<Instance *>(user), "leading tick of " + std::to_string(getpid()));
  };
  const crank_timer_spec spec = {sizeof(crank_timer_spec), 0, static_cast<std::uint64_t>(period), tick, &instance,
                                 CRANK_TIMER_LEADING,      0};
  std::uint64_t id = 0; /* never cancelled: it ends with the plugin */
  if (instance.timers->schedule(instance.host, &spec, &id) != CRANK_OK) log(instance, "no leading ticks");
}

} // namespace echo
