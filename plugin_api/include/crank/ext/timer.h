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

/* Flags of a timer. */
#define CRANK_TIMER_LEADING 1u /* its ticks are left out while another process of this worker leads, see below */

/* What a timer does. During a reload, a canary or an upgrade two processes of one worker run side by side; one of them leads.
 * Work that must happen once for the worker, and not once for each process, belongs into a timer with CRANK_TIMER_LEADING. */
typedef struct crank_timer_spec {
  size_t size;        /* sizeof(crank_timer_spec) in its maker's header */
  uint64_t delay_ms;  /* until it first fires; a year at most, what is longer counts as that */
  uint64_t period_ms; /* from then on; 0: it fires once, and is over */
  void (*fire)(void *user) CRANK_NOTHROW; /* never NULL [a pool thread] */
  void *user;
  uint32_t flags;    /* CRANK_TIMER_* or 0; CRANK_UNSUPPORTED for a flag this host does not know */
  uint32_t reserved; /* 0 */
} crank_timer_spec;

typedef struct crank_timers {
  size_t size; /* sizeof(crank_timers) in the host's header */

  /* Makes a timer. *id is never 0, and never that of another timer of this plugin, also of one that is over; it is
   * there before fire() runs. [any-thread & created; fires only while started] */
  crank_status (*schedule)(const crank_host *host, const crank_timer_spec *spec, uint64_t *id) CRANK_NOTHROW;

  /* Ends the timer: on return fire() does not run and will not run again, except when called from inside fire().
   * CRANK_NOT_FOUND, and no harm done, for one that is over or was cancelled before: a timer that fires once need not be
   * cancelled, and one that is not cancelled ends with the plugin. [any-thread & created] */
  crank_status (*cancel)(const crank_host *host, uint64_t id) CRANK_NOTHROW;
} crank_timers;

#ifdef __cplusplus
}
#endif
#endif
