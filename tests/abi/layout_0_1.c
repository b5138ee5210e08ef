/* layout_0_1.c: what version 0.1 promised on 64-bit targets. Released, so never edited: later headers must satisfy
 * it too. */
#include "layout_assert.h"

/* crank/crank.h */
CONSTANT(CRANK_MAGIC, 0x4b4e5243u);
CONSTANT(CRANK_ABI_MAJOR, 0);
CONSTANT(CRANK_UNKNOWN, 18446744073709551615u);
CONSTANT(CRANK_OK, 0);
CONSTANT(CRANK_PENDING, 1);
CONSTANT(CRANK_BUSY, 2);
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

SIZE(crank_str, 16);
FIELD(crank_str, ptr, 0, 8);
FIELD(crank_str, len, 8, 8);

TABLE(crank_host, 48, 1);
FIELD(crank_host, size, 0, 8);
FIELD(crank_host, host_data, 8, 8);
FIELD(crank_host, name, 16, 8);
FIELD(crank_host, version, 24, 8);
FIELD(crank_host, extension, 32, 8);
CALLBACK(crank_host, extension, const void *, (const crank_host *, const char *));
FIELD(crank_host, log, 40, 8);
CALLBACK(crank_host, log, void, (const crank_host *, int32_t, const char *, size_t));

TABLE(crank_call, 176, 1);
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
CALLBACK(crank_call, get, crank_status, (const crank_call *, const char *, crank_str *));
FIELD(crank_call, begin, 120, 8);
CALLBACK(crank_call, begin, crank_status, (crank_call *, const char *, size_t));
FIELD(crank_call, write, 128, 8);
CALLBACK(crank_call, write, crank_status, (crank_call *, const void *, size_t));
FIELD(crank_call, progress, 136, 8);
CALLBACK(crank_call, progress, void, (crank_call *, double, const char *, size_t));
FIELD(crank_call, cancelled, 144, 8);
CALLBACK(crank_call, cancelled, int32_t, (const crank_call *));
FIELD(crank_call, log, 152, 8);
CALLBACK(crank_call, log, void, (crank_call *, int32_t, const char *, size_t));
FIELD(crank_call, fail, 160, 8);
CALLBACK(crank_call, fail, crank_status, (crank_call *, crank_status, const char *, const char *, size_t));
FIELD(crank_call, finish, 168, 8);
CALLBACK(crank_call, finish, void, (crank_call *, crank_status));

TABLE(crank_plugin, 56, 1);
FIELD(crank_plugin, size, 0, 8);
FIELD(crank_plugin, plugin_data, 8, 8);
FIELD(crank_plugin, start, 16, 8);
CALLBACK(crank_plugin, start, crank_status, (crank_plugin *, const char *, size_t));
FIELD(crank_plugin, call, 24, 8);
CALLBACK(crank_plugin, call, crank_status, (crank_plugin *, crank_call *));
FIELD(crank_plugin, stop, 32, 8);
CALLBACK(crank_plugin, stop, void, (crank_plugin *));
FIELD(crank_plugin, destroy, 40, 8);
CALLBACK(crank_plugin, destroy, void, (crank_plugin *));
FIELD(crank_plugin, extension, 48, 8);
CALLBACK(crank_plugin, extension, const void *, (crank_plugin *, const char *));

TABLE(crank_entry, 40, 1);
FIELD(crank_entry, magic, 0, 4);
FIELD(crank_entry, abi_major, 4, 4);
FIELD(crank_entry, abi_minor, 8, 4);
FIELD(crank_entry, needs_minor, 12, 4);
FIELD(crank_entry, size, 16, 8);
FIELD(crank_entry, manifest_json, 24, 8);
FIELD(crank_entry, create, 32, 8);
CALLBACK(crank_entry, create, crank_status, (const crank_host *, crank_plugin **));

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

SIZE(crank_session, 152);
FIELD(crank_session, size, 0, 8);
FIELD(crank_session, host_data, 8, 8);
FIELD(crank_session, plugin_data, 16, 8);
FIELD(crank_session, operation, 24, 16);
FIELD(crank_session, request_id, 40, 16);
FIELD(crank_session, body, 56, 16);
FIELD(crank_session, get, 72, 8);
CALLBACK(crank_session, get, crank_status, (const crank_session *, const char *, crank_str *));
FIELD(crank_session, send, 80, 8);
CALLBACK(crank_session, send, crank_status, (crank_session *, const crank_message *));
FIELD(crank_session, join, 88, 8);
CALLBACK(crank_session, join, crank_status, (crank_session *, const char *, size_t));
FIELD(crank_session, leave, 96, 8);
CALLBACK(crank_session, leave, crank_status, (crank_session *, const char *, size_t));
FIELD(crank_session, wake_after, 104, 8);
CALLBACK(crank_session, wake_after, crank_status, (crank_session *, uint64_t));
FIELD(crank_session, close, 112, 8);
CALLBACK(crank_session, close, void, (crank_session *, int32_t, const char *, size_t));
FIELD(crank_session, log, 120, 8);
CALLBACK(crank_session, log, void, (crank_session *, int32_t, const char *, size_t));
FIELD(crank_session, fail, 128, 8);
CALLBACK(crank_session, fail, crank_status, (crank_session *, crank_status, const char *, const char *, size_t));
FIELD(crank_session, retain, 136, 8);
CALLBACK(crank_session, retain, void, (crank_session *));
FIELD(crank_session, release, 144, 8);
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
CALLBACK(crank_plugin_session, closed, void, (crank_plugin *, crank_session *, int32_t));

SIZE(crank_sessions, 24);
FIELD(crank_sessions, size, 0, 8);
FIELD(crank_sessions, publish, 8, 8);
CALLBACK(crank_sessions, publish, crank_status, (const crank_host *, const char *, size_t, const crank_message *));
FIELD(crank_sessions, count, 16, 8);
CALLBACK(crank_sessions, count, uint64_t, (const crank_host *, const char *, size_t));

/* crank/ext/timer.h */
TEXT(CRANK_EXT_TIMER, "crank.timer/1");

SIZE(crank_timers, 24);
FIELD(crank_timers, size, 0, 8);
FIELD(crank_timers, schedule, 8, 8);
CALLBACK(crank_timers, schedule, crank_status,
         (const crank_host *, uint64_t, uint64_t, void (*)(void *) CRANK_NOTHROW, void *, crank_timer **));
FIELD(crank_timers, cancel, 16, 8);
CALLBACK(crank_timers, cancel, void, (const crank_host *, crank_timer *));
