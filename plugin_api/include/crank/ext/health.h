/* crank/ext/health.h: "crank.health/1", what a plugin says of itself.
 *
 * A plugin that has started counts as healthy. What it reports otherwise is in the host's health, readiness, metrics and
 * log until it reports something else; calls go on as before. What delays the start belongs into start(). */
#ifndef CRANK_EXT_HEALTH_H
#define CRANK_EXT_HEALTH_H

#include "../crank.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRANK_EXT_HEALTH "crank.health/1"

#define CRANK_HEALTHY 0
#define CRANK_DEGRADED 1 /* serves, but worse than it should: somebody should look */
#define CRANK_UNREADY 2  /* cannot serve for now: /readyz says no, so that balancers go elsewhere */

/* The host copies it. */
typedef struct crank_health_report {
  size_t size;       /* sizeof(crank_health_report) in its maker's header */
  int32_t state;     /* CRANK_HEALTHY, CRANK_DEGRADED or CRANK_UNREADY */
  uint32_t reserved; /* 0 */
  crank_str reason;  /* one sentence for a person; empty only with CRANK_HEALTHY; at most 1,000 bytes are kept */
} crank_health_report;

typedef struct crank_health {
  size_t size; /* sizeof(crank_health) in the host's header */

  /* From now on this holds. CRANK_INVALID for a state that is none, or one without its reason. Cheap where nothing
   * changes. [any-thread & created] */
  crank_status (*report)(const crank_host *host, const crank_health_report *report) CRANK_NOTHROW;
} crank_health;

#ifdef __cplusplus
}
#endif
#endif
