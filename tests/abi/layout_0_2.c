/* layout_0_2.c: what version 0.2 promised on 64-bit targets. Released, so never edited: later headers must satisfy
 * it too. */
#include "layout_assert.h"

/* crank/crank.h */
CONSTANT(CRANK_MAGIC, 0x4b4e5243u);
CONSTANT(CRANK_ABI_MAJOR, 0);
CONSTANT(CRANK_UNKNOWN, 18446744073709551615u);
CONSTANT(CRANK_OK, 0);
CONSTANT(CRANK_PENDING, 1);
CONSTANT(CRANK_BUSY, 2);
CONSTANT(CRANK_DEFER, 3);
CONSTANT(CRANK_INVALID, -1);
CONSTANT(CRANK_NOT_FOUND, -2);
CONSTANT(CRANK_CANCELLED, -3);
CONSTANT(CRANK_DEADLINE, -4);
CONSTANT(CRANK_EXHAUSTED, -5);
CONSTANT(CRANK_UNAVAILABLE, -6);
CONSTANT(CRANK_UNSUPPORTED, -7);
CONSTANT(CRANK_INTERNAL, -8);
CONSTANT(CRANK_LOG_DEBUG, 0);
CONSTANT(CRANK_LOG_INFO, 1);
CONSTANT(CRANK_LOG_WARN, 2);
CONSTANT(CRANK_LOG_ERROR, 3);
CONSTANT(CRANK_CANCEL_NONE, 0);
CONSTANT(CRANK_CANCEL_CALLER, 1);
CONSTANT(CRANK_CANCEL_DEADLINE, 2);
CONSTANT(CRANK_CANCEL_DRAINING, 3);
CONSTANT(CRANK_CANCEL_JOB, 4);

SIZE(crank_str, 16);
FIELD(crank_str, ptr, 0, 8);
FIELD(crank_str, len, 8, 8);

SIZE(crank_field_error, 32);
FIELD(crank_field_error, pointer, 0, 16);
FIELD(crank_field_error, message, 16, 16);

SIZE(crank_problem, 80);
FIELD(crank_problem, size, 0, 8);
FIELD(crank_problem, status, 8, 4);
FIELD(crank_problem, field_count, 12, 4);
FIELD(crank_problem, code, 16, 16);
FIELD(crank_problem, text, 32, 16);
FIELD(crank_problem, retry_after_ms, 48, 8);
FIELD(crank_problem, fields, 56, 8);
FIELD(crank_problem, details, 64, 16);

TABLE(crank_host, 64, 2);
FIELD(crank_host, size, 0, 8);
FIELD(crank_host, host_data, 8, 8);
FIELD(crank_host, name, 16, 16);
FIELD(crank_host, version, 32, 16);
FIELD(crank_host, extension, 48, 8);
CALLBACK(crank_host, extension, const void *, (const crank_host *, crank_str));
FIELD(crank_host, log, 56, 8);
CALLBACK(crank_host, log, void, (const crank_host *, int32_t, crank_str));

TABLE(crank_call, 192, 2);
FIELD(crank_call, size, 0, 8);
FIELD(crank_call, host_data, 8, 8);
FIELD(crank_call, plugin_data, 16, 8);
FIELD(crank_call, operation, 24, 16);
FIELD(crank_call, body, 40, 16);
FIELD(crank_call, content_type, 56, 16);
FIELD(crank_call, request_id, 72, 16);
FIELD(crank_call, body_size, 88, 8);
FIELD(crank_call, deadline_ms, 96, 8);
FIELD(crank_call, read, 104, 8);
CALLBACK(crank_call, read, int64_t, (crank_call *, void *, size_t));
FIELD(crank_call, get, 112, 8);
CALLBACK(crank_call, get, crank_status, (const crank_call *, crank_str, crank_str *));
FIELD(crank_call, each, 120, 8);
CALLBACK(crank_call, each, crank_status, (const crank_call *, crank_str, crank_visit, void *));
FIELD(crank_call, set, 128, 8);
CALLBACK(crank_call, set, crank_status, (crank_call *, crank_str, crank_str));
FIELD(crank_call, write, 136, 8);
CALLBACK(crank_call, write, crank_status, (crank_call *, const void *, size_t));
FIELD(crank_call, progress, 144, 8);
CALLBACK(crank_call, progress, void, (crank_call *, double, crank_str));
FIELD(crank_call, cancelled, 152, 8);
CALLBACK(crank_call, cancelled, int32_t, (const crank_call *));
FIELD(crank_call, on_cancel, 160, 8);
CALLBACK(crank_call, on_cancel, crank_status, (crank_call *, void (*)(void *, int32_t) CRANK_NOTHROW, void *));
FIELD(crank_call, log, 168, 8);
CALLBACK(crank_call, log, void, (crank_call *, int32_t, crank_str));
FIELD(crank_call, fail, 176, 8);
CALLBACK(crank_call, fail, crank_status, (crank_call *, const crank_problem *));
FIELD(crank_call, finish, 184, 8);
CALLBACK(crank_call, finish, void, (crank_call *, crank_status));

TABLE(crank_plugin, 56, 2);
FIELD(crank_plugin, size, 0, 8);
FIELD(crank_plugin, plugin_data, 8, 8);
FIELD(crank_plugin, start, 16, 8);
CALLBACK(crank_plugin, start, crank_status, (crank_plugin *, crank_str));
FIELD(crank_plugin, call, 24, 8);
CALLBACK(crank_plugin, call, crank_status, (crank_plugin *, crank_call *));
FIELD(crank_plugin, stop, 32, 8);
CALLBACK(crank_plugin, stop, void, (crank_plugin *));
FIELD(crank_plugin, destroy, 40, 8);
CALLBACK(crank_plugin, destroy, void, (crank_plugin *));
FIELD(crank_plugin, extension, 48, 8);
CALLBACK(crank_plugin, extension, const void *, (crank_plugin *, crank_str));

TABLE(crank_entry, 48, 2);
FIELD(crank_entry, magic, 0, 4);
FIELD(crank_entry, abi_major, 4, 4);
FIELD(crank_entry, abi_minor, 8, 4);
FIELD(crank_entry, needs_minor, 12, 4);
FIELD(crank_entry, size, 16, 8);
FIELD(crank_entry, manifest_json, 24, 16);
FIELD(crank_entry, create, 40, 8);
CALLBACK(crank_entry, create, crank_status, (const crank_host *, crank_plugin **));

/* crank/ext/ask.h */
TEXT(CRANK_EXT_ASK, "crank.ask/1");
CONSTANT(CRANK_ASK_FORM, 1);
CONSTANT(CRANK_ASK_URL, 2);
CONSTANT(CRANK_ASK_SAMPLING, 3);
CONSTANT(CRANK_ASK_ROOTS, 4);
CONSTANT(CRANK_ANSWER_ACCEPTED, 1);
CONSTANT(CRANK_ANSWER_DECLINED, 2);
CONSTANT(CRANK_ANSWER_DISMISSED, 3);

SIZE(crank_question, 80);
FIELD(crank_question, size, 0, 8);
FIELD(crank_question, kind, 8, 4);
FIELD(crank_question, reserved, 12, 4);
FIELD(crank_question, name, 16, 16);
FIELD(crank_question, message, 32, 16);
FIELD(crank_question, json, 48, 16);
FIELD(crank_question, url, 64, 16);

TABLE(crank_answer, 64, 2);
FIELD(crank_answer, size, 0, 8);
FIELD(crank_answer, status, 8, 4);
FIELD(crank_answer, action, 12, 4);
FIELD(crank_answer, name, 16, 16);
FIELD(crank_answer, content_json, 32, 16);
FIELD(crank_answer, text, 48, 16);

SIZE(crank_ask, 16);
FIELD(crank_ask, size, 0, 8);
FIELD(crank_ask, ask, 8, 8);
CALLBACK(crank_ask, ask, crank_status,
         (crank_call *, const crank_question *const *, uint32_t,
          void (*)(void *, const crank_answer *const *, uint32_t) CRANK_NOTHROW, void *));

/* crank/ext/files.h */
TEXT(CRANK_EXT_FILES, "crank.files/1");
CONSTANT(CRANK_ARTIFACT_INLINE, 1u);

SIZE(crank_artifact_spec, 64);
FIELD(crank_artifact_spec, size, 0, 8);
FIELD(crank_artifact_spec, name, 8, 16);
FIELD(crank_artifact_spec, media_type, 24, 16);
FIELD(crank_artifact_spec, description, 40, 16);
FIELD(crank_artifact_spec, flags, 56, 4);
FIELD(crank_artifact_spec, reserved, 60, 4);

SIZE(crank_files, 72);
FIELD(crank_files, size, 0, 8);
FIELD(crank_files, begin, 8, 8);
CALLBACK(crank_files, begin, crank_status, (crank_call *, const crank_artifact_spec *, uint64_t *));
FIELD(crank_files, write, 16, 8);
CALLBACK(crank_files, write, crank_status, (crank_call *, uint64_t, const void *, size_t));
FIELD(crank_files, descriptor, 24, 8);
CALLBACK(crank_files, descriptor, crank_status, (crank_call *, uint64_t, int32_t *));
FIELD(crank_files, finish, 32, 8);
CALLBACK(crank_files, finish, crank_status, (crank_call *, uint64_t));
FIELD(crank_files, discard, 40, 8);
CALLBACK(crank_files, discard, void, (crank_call *, uint64_t));
FIELD(crank_files, body_descriptor, 48, 8);
CALLBACK(crank_files, body_descriptor, crank_status, (crank_call *, int32_t *));
FIELD(crank_files, digest, 56, 8);
CALLBACK(crank_files, digest, crank_status, (crank_call *, uint64_t, crank_str *));
FIELD(crank_files, open, 64, 8);
CALLBACK(crank_files, open, crank_status, (crank_call *, crank_str, crank_kept_file *));
SIZE(crank_kept_file, 72);
FIELD(crank_kept_file, size, 0, 8);
FIELD(crank_kept_file, name, 8, 16);
FIELD(crank_kept_file, media_type, 24, 16);
FIELD(crank_kept_file, sha256, 40, 16);
FIELD(crank_kept_file, bytes, 56, 8);
FIELD(crank_kept_file, descriptor, 64, 4);
FIELD(crank_kept_file, reserved, 68, 4);

/* crank/ext/form.h */
TEXT(CRANK_EXT_FORM, "crank.form/1");
CONSTANT(CRANK_FORM_TEXT, 0);
CONSTANT(CRANK_FORM_FILE, 1);

SIZE(crank_form_part, 104);
FIELD(crank_form_part, size, 0, 8);
FIELD(crank_form_part, name, 8, 16);
FIELD(crank_form_part, filename, 24, 16);
FIELD(crank_form_part, media_type, 40, 16);
FIELD(crank_form_part, charset, 56, 16);
FIELD(crank_form_part, data, 72, 16);
FIELD(crank_form_part, bytes, 88, 8);
FIELD(crank_form_part, kind, 96, 4);
FIELD(crank_form_part, reserved, 100, 4);

SIZE(crank_form, 48);
FIELD(crank_form, size, 0, 8);
FIELD(crank_form, count, 8, 8);
CALLBACK(crank_form, count, crank_status, (crank_call *, uint64_t *));
FIELD(crank_form, part, 16, 8);
CALLBACK(crank_form, part, crank_status, (crank_call *, uint64_t, crank_form_part *));
FIELD(crank_form, find, 24, 8);
CALLBACK(crank_form, find, crank_status, (crank_call *, crank_str, uint64_t, uint64_t *));
FIELD(crank_form, read, 32, 8);
CALLBACK(crank_form, read, int64_t, (crank_call *, uint64_t, uint64_t, void *, size_t));
FIELD(crank_form, descriptor, 40, 8);
CALLBACK(crank_form, descriptor, crank_status, (crank_call *, uint64_t, int32_t *));

/* crank/ext/health.h */
TEXT(CRANK_EXT_HEALTH, "crank.health/1");
CONSTANT(CRANK_HEALTHY, 0);
CONSTANT(CRANK_DEGRADED, 1);
CONSTANT(CRANK_UNREADY, 2);

SIZE(crank_health_report, 32);
FIELD(crank_health_report, size, 0, 8);
FIELD(crank_health_report, state, 8, 4);
FIELD(crank_health_report, reserved, 12, 4);
FIELD(crank_health_report, reason, 16, 16);

SIZE(crank_health, 16);
FIELD(crank_health, size, 0, 8);
FIELD(crank_health, report, 8, 8);
CALLBACK(crank_health, report, crank_status, (const crank_host *, const crank_health_report *));

/* crank/ext/metrics.h */
TEXT(CRANK_EXT_METRICS, "crank.metrics/1");
CONSTANT(CRANK_COUNTER, 1);
CONSTANT(CRANK_GAUGE, 2);
CONSTANT(CRANK_HISTOGRAM, 3);

SIZE(crank_label, 32);
FIELD(crank_label, name, 0, 16);
FIELD(crank_label, value, 16, 16);

SIZE(crank_metric_spec, 72);
FIELD(crank_metric_spec, size, 0, 8);
FIELD(crank_metric_spec, name, 8, 16);
FIELD(crank_metric_spec, help, 24, 16);
FIELD(crank_metric_spec, kind, 40, 4);
FIELD(crank_metric_spec, label_count, 44, 4);
FIELD(crank_metric_spec, labels, 48, 8);
FIELD(crank_metric_spec, bounds, 56, 8);
FIELD(crank_metric_spec, bound_count, 64, 4);
FIELD(crank_metric_spec, reserved, 68, 4);

SIZE(crank_metrics, 40);
FIELD(crank_metrics, size, 0, 8);
FIELD(crank_metrics, make, 8, 8);
CALLBACK(crank_metrics, make, crank_status, (const crank_host *, const crank_metric_spec *, uint64_t *));
FIELD(crank_metrics, add, 16, 8);
CALLBACK(crank_metrics, add, void, (const crank_host *, uint64_t, double));
FIELD(crank_metrics, set, 24, 8);
CALLBACK(crank_metrics, set, void, (const crank_host *, uint64_t, double));
FIELD(crank_metrics, observe, 32, 8);
CALLBACK(crank_metrics, observe, void, (const crank_host *, uint64_t, double));

/* crank/ext/session.h */
TEXT(CRANK_EXT_SESSION, "crank.session/1");
CONSTANT(CRANK_TEXT, 1);
CONSTANT(CRANK_BINARY, 2);
CONSTANT(CRANK_CLOSE_NORMAL, 1000);
CONSTANT(CRANK_CLOSE_GOING_AWAY, 1001);
CONSTANT(CRANK_CLOSE_ABNORMAL, 1006);
CONSTANT(CRANK_CLOSE_POLICY, 1008);
CONSTANT(CRANK_CLOSE_TOO_BIG, 1009);
CONSTANT(CRANK_CLOSE_INTERNAL, 1011);
CONSTANT(CRANK_CLOSE_TRY_AGAIN, 1013);

SIZE(crank_message, 64);
FIELD(crank_message, size, 0, 8);
FIELD(crank_message, kind, 8, 4);
FIELD(crank_message, reserved, 12, 4);
FIELD(crank_message, data, 16, 16);
FIELD(crank_message, event, 32, 16);
FIELD(crank_message, id, 48, 16);

SIZE(crank_session, 168);
FIELD(crank_session, size, 0, 8);
FIELD(crank_session, host_data, 8, 8);
FIELD(crank_session, plugin_data, 16, 8);
FIELD(crank_session, operation, 24, 16);
FIELD(crank_session, request_id, 40, 16);
FIELD(crank_session, body, 56, 16);
FIELD(crank_session, get, 72, 8);
CALLBACK(crank_session, get, crank_status, (const crank_session *, crank_str, crank_str *));
FIELD(crank_session, each, 80, 8);
CALLBACK(crank_session, each, crank_status, (const crank_session *, crank_str, crank_visit, void *));
FIELD(crank_session, set, 88, 8);
CALLBACK(crank_session, set, crank_status, (crank_session *, crank_str, crank_str));
FIELD(crank_session, send, 96, 8);
CALLBACK(crank_session, send, crank_status, (crank_session *, const crank_message *));
FIELD(crank_session, join, 104, 8);
CALLBACK(crank_session, join, crank_status, (crank_session *, crank_str));
FIELD(crank_session, leave, 112, 8);
CALLBACK(crank_session, leave, crank_status, (crank_session *, crank_str));
FIELD(crank_session, wake_after, 120, 8);
CALLBACK(crank_session, wake_after, crank_status, (crank_session *, uint64_t));
FIELD(crank_session, close, 128, 8);
CALLBACK(crank_session, close, void, (crank_session *, int32_t, crank_str));
FIELD(crank_session, log, 136, 8);
CALLBACK(crank_session, log, void, (crank_session *, int32_t, crank_str));
FIELD(crank_session, fail, 144, 8);
CALLBACK(crank_session, fail, crank_status, (crank_session *, const crank_problem *));
FIELD(crank_session, retain, 152, 8);
CALLBACK(crank_session, retain, void, (crank_session *));
FIELD(crank_session, release, 160, 8);
CALLBACK(crank_session, release, void, (crank_session *));

SIZE(crank_plugin_session, 48);
FIELD(crank_plugin_session, size, 0, 8);
FIELD(crank_plugin_session, opened, 8, 8);
CALLBACK(crank_plugin_session, opened, crank_status, (crank_plugin *, crank_session *));
FIELD(crank_plugin_session, message, 16, 8);
CALLBACK(crank_plugin_session, message, void, (crank_plugin *, crank_session *, const crank_message *));
FIELD(crank_plugin_session, writable, 24, 8);
CALLBACK(crank_plugin_session, writable, void, (crank_plugin *, crank_session *));
FIELD(crank_plugin_session, wake, 32, 8);
CALLBACK(crank_plugin_session, wake, void, (crank_plugin *, crank_session *));
FIELD(crank_plugin_session, closed, 40, 8);
CALLBACK(crank_plugin_session, closed, void, (crank_plugin *, crank_session *, int32_t, crank_str));

SIZE(crank_sessions, 24);
FIELD(crank_sessions, size, 0, 8);
FIELD(crank_sessions, publish, 8, 8);
CALLBACK(crank_sessions, publish, crank_status, (const crank_host *, crank_str, const crank_message *));
FIELD(crank_sessions, count, 16, 8);
CALLBACK(crank_sessions, count, uint64_t, (const crank_host *, crank_str));

/* crank/ext/timer.h */
TEXT(CRANK_EXT_TIMER, "crank.timer/1");
CONSTANT(CRANK_TIMER_LEADING, 1u);

SIZE(crank_timer_spec, 48);
FIELD(crank_timer_spec, size, 0, 8);
FIELD(crank_timer_spec, delay_ms, 8, 8);
FIELD(crank_timer_spec, period_ms, 16, 8);
FIELD(crank_timer_spec, fire, 24, 8);
CALLBACK(crank_timer_spec, fire, void, (void *));
FIELD(crank_timer_spec, user, 32, 8);
FIELD(crank_timer_spec, flags, 40, 4);
FIELD(crank_timer_spec, reserved, 44, 4);

SIZE(crank_timers, 24);
FIELD(crank_timers, size, 0, 8);
FIELD(crank_timers, schedule, 8, 8);
CALLBACK(crank_timers, schedule, crank_status, (const crank_host *, const crank_timer_spec *, uint64_t *));
FIELD(crank_timers, cancel, 16, 8);
CALLBACK(crank_timers, cancel, crank_status, (const crank_host *, uint64_t));

/* crank/ext/process.h */
TEXT(CRANK_EXT_PROCESS, "crank.process/1");
CONSTANT(CRANK_PROCESS_ITSELF, 0);
CONSTANT(CRANK_PROCESS_MEMORY, 1);
CONSTANT(CRANK_PROCESS_CPU, 2);
CONSTANT(CRANK_PROCESS_WALL, 3);
CONSTANT(CRANK_PROCESS_FILE, 4);
CONSTANT(CRANK_PROCESS_OUTPUT, 5);
CONSTANT(CRANK_PROCESS_CANCELLED, 6);
CONSTANT(CRANK_PROCESS_LINE, 7);

SIZE(crank_process_descriptor, 8);
FIELD(crank_process_descriptor, descriptor, 0, 4);
FIELD(crank_process_descriptor, number, 4, 4);

SIZE(crank_process_spec, 104);
FIELD(crank_process_spec, size, 0, 8);
FIELD(crank_process_spec, program, 8, 16);
FIELD(crank_process_spec, arguments, 24, 8);
FIELD(crank_process_spec, descriptors, 32, 8);
FIELD(crank_process_spec, argument_count, 40, 4);
FIELD(crank_process_spec, descriptor_count, 44, 4);
FIELD(crank_process_spec, memory_bytes, 48, 8);
FIELD(crank_process_spec, cpu_ms, 56, 8);
FIELD(crank_process_spec, wall_ms, 64, 8);
FIELD(crank_process_spec, file_bytes, 72, 8);
FIELD(crank_process_spec, open_files, 80, 4);
FIELD(crank_process_spec, reserved, 84, 4);
FIELD(crank_process_spec, line, 88, 8);
CALLBACK(crank_process_spec, line, int32_t, (void *, crank_str));
FIELD(crank_process_spec, user, 96, 8);

SIZE(crank_process_result, 64);
FIELD(crank_process_result, size, 0, 8);
FIELD(crank_process_result, exit_code, 8, 4);
FIELD(crank_process_result, signal, 12, 4);
FIELD(crank_process_result, ended_by, 16, 4);
FIELD(crank_process_result, reserved, 20, 4);
FIELD(crank_process_result, peak_memory_bytes, 24, 8);
FIELD(crank_process_result, cpu_ms, 32, 8);
FIELD(crank_process_result, wall_ms, 40, 8);
FIELD(crank_process_result, errors, 48, 16);

SIZE(crank_processes, 16);
FIELD(crank_processes, size, 0, 8);
FIELD(crank_processes, run, 8, 8);
CALLBACK(crank_processes, run, crank_status, (crank_call *, const crank_process_spec *, crank_process_result *));
