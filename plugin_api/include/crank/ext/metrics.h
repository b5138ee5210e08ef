/* crank/ext/metrics.h: "crank.metrics/1", a plugin's own numbers beside the host's, in the host's /metrics.
 *
 * Names and units follow Prometheus' conventions (prometheus.io, "Metric and label naming"): base units, counters that
 * end in _total. The host adds the label "plugin". A metric lives as long as the plugin. */
#ifndef CRANK_EXT_METRICS_H
#define CRANK_EXT_METRICS_H

#include "../crank.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRANK_EXT_METRICS "crank.metrics/1"

/* Kinds of metrics. */
#define CRANK_COUNTER 1   /* only grows */
#define CRANK_GAUGE 2     /* goes up and down */
#define CRANK_HISTOGRAM 3 /* counts observations by size */

/* Never grows. */
typedef struct crank_label {
  crank_str name;  /* [a-z_][a-z0-9_]*, not "plugin", "worker_id", "le", "quantile" or anything that begins with "__" */
  crank_str value; /* one of few: every combination is a series for ever */
} crank_label;

/* The host copies it. */
typedef struct crank_metric_spec {
  size_t size;   /* sizeof(crank_metric_spec) in its maker's header */
  crank_str name; /* [a-z][a-z0-9_]*, not beginning with "crank_", "worker_" or "process_" */
  crank_str help; /* one sentence for a person */
  int32_t kind;
  uint32_t label_count;
  const crank_label *labels; /* NULL with label_count 0 */
  const double *bounds;      /* upper bounds of a histogram's buckets, ascending and finite, in the metric's unit; for
                              * other kinds NULL */
  uint32_t bound_count;      /* at most 64 */
  uint32_t reserved;         /* 0 */
} crank_metric_spec;

typedef struct crank_metrics {
  size_t size; /* sizeof(crank_metrics) in the host's header */

  /* Makes a series, or finds the one that this plugin made with the same name and labels. All series of one name are of
   * one kind, with the same help, label names and bounds, also over the plugins of one host: CRANK_INVALID otherwise, and
   * for what the spec does not allow. CRANK_EXHAUSTED beyond 1,000 series of a plugin. *id is never 0. [any-thread &
   * created] */
  crank_status (*make)(const crank_host *host, const crank_metric_spec *spec, uint64_t *id) CRANK_NOTHROW;

  /* These take no lock, and do nothing for an id that is none, for a metric of another kind, or for NaN. */

  /* A counter by at least 0, a gauge by any amount. [any-thread & created] */
  void (*add)(const crank_host *host, uint64_t id, double amount) CRANK_NOTHROW;
  /* A gauge. [any-thread & created] */
  void (*set)(const crank_host *host, uint64_t id, double value) CRANK_NOTHROW;
  /* A histogram. [any-thread & created] */
  void (*observe)(const crank_host *host, uint64_t id, double value) CRANK_NOTHROW;
} crank_metrics;

#ifdef __cplusplus
}
#endif
#endif
