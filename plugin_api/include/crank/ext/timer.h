/* crank/ext/timer.h: "crank.timer/1", periodic and delayed work without a thread of one's own.
 *
 * The host offers `crank_timers` through crank_host.extension. A timer fires on a pool thread; firings of one timer never
 * overlap, and ticks that come due while one runs are left out. Resolution: 1 ms, never early. */
#ifndef CRANK_EXT_TIMER_H
#define CRANK_EXT_TIMER_H

#include "../crank.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRANK_EXT_TIMER "crank.timer/1"

typedef struct crank_timer crank_timer;

typedef struct crank_timers {
  size_t size; /* sizeof(crank_timers) in the host's header */

  /* Calls fire(user) once after delay_ms, then every period_ms (0: once only), until cancel(). *out belongs to the
   * plugin until cancel(). [any-thread & created; fires only while started] */
  crank_status (*schedule)(const crank_host *host, uint64_t delay_ms, uint64_t period_ms,
                           void (*fire)(void *user) CRANK_NOTHROW, void *user, crank_timer **out) CRANK_NOTHROW;

  /* Ends the timer. On return fire() does not run and will not run again, except when called from inside fire(). Exactly once per
   * timer, before destroy(). [any-thread] */
  void (*cancel)(const crank_host *host, crank_timer *timer) CRANK_NOTHROW;
} crank_timers;

#ifdef __cplusplus
}
#endif
#endif
