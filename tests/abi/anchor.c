/* anchor.c: a library that exists to be compared. libabigail follows what is exported, so each public struct has one
 * exported function here; everything reachable from it (function pointers, their parameters) is compared too. */
#include <crank/crank.h>
#include <crank/ext/ask.h>
#include <crank/ext/files.h>
#include <crank/ext/form.h>
#include <crank/ext/health.h>
#include <crank/ext/metrics.h>
#include <crank/ext/process.h>
#include <crank/ext/session.h>
#include <crank/ext/timer.h>

#define ANCHOR(type)                                                                                                   \
  CRANK_EXPORT void crank_anchor_##type(const type *value);                                                            \
  void crank_anchor_##type(const type *value) { (void)value; }

ANCHOR(crank_str)
ANCHOR(crank_field_error)
ANCHOR(crank_problem)
ANCHOR(crank_host)
ANCHOR(crank_call)
ANCHOR(crank_plugin)
ANCHOR(crank_entry)

ANCHOR(crank_message)
ANCHOR(crank_session)
ANCHOR(crank_plugin_session)
ANCHOR(crank_sessions)

ANCHOR(crank_timer_spec)
ANCHOR(crank_timers)

ANCHOR(crank_question)
ANCHOR(crank_answer)
ANCHOR(crank_ask)

ANCHOR(crank_artifact_spec)
ANCHOR(crank_files)
ANCHOR(crank_kept_file)

ANCHOR(crank_form_part)
ANCHOR(crank_form)

ANCHOR(crank_health_report)
ANCHOR(crank_health)

ANCHOR(crank_label)
ANCHOR(crank_metric_spec)
ANCHOR(crank_metrics)

ANCHOR(crank_process_descriptor)
ANCHOR(crank_process_spec)
ANCHOR(crank_process_result)
ANCHOR(crank_processes)

/* The entry's name and type; its contents do not matter here. */
const crank_entry crank_entry_v0 = {0, 0, 0, 0, 0, {0, 0}, 0};
