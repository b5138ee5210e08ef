/* frozen_0_2_plugin.c: a plugin as somebody wrote it for 0.2, built from the frozen headers and nothing else.
 * Every later host of this major has to run it, so it is never brought up to date. */
#include <crank/crank.h>
#include <crank/ext/health.h>
#include <crank/ext/metrics.h>
#include <crank/ext/session.h>
#include <crank/ext/timer.h>

#include <stdlib.h>
#include <string.h>

struct frozen {
  crank_plugin table;
  const crank_host *host;
  const crank_timers *timers;
  uint64_t tick;
};

static int is(crank_str text, const char *other) {
  return text.len == strlen(other) && memcmp(text.ptr, other, text.len) == 0;
}

static crank_status failed(crank_call *call, crank_status status, crank_str code, crank_str text) {
  const crank_field_error field = {{"/a", 2}, {"must be something else", 22}};
  crank_problem problem = {sizeof problem, CRANK_OK, 1, {NULL, 0}, {NULL, 0}, 1500, NULL, CRANK_STR_INIT("{\"n\":1}")};
  problem.status = status;
  problem.code = code;
  problem.text = text;
  problem.fields = &field;
  return call->fail(call, &problem);
}

static void say_health(const struct frozen *frozen) {
  const crank_health *health = frozen->host->extension(frozen->host, CRANK_STR(CRANK_EXT_HEALTH));
  const crank_health_report report = {sizeof report, CRANK_HEALTHY, 0, CRANK_STR_INIT("as new")};
  if (health != NULL) health->report(frozen->host, &report);
}

static void count_start(const struct frozen *frozen) {
  static const double bounds[] = {1, 10};
  const crank_label label = {CRANK_STR_INIT("kind"), CRANK_STR_INIT("cold")};
  const crank_metrics *metrics = frozen->host->extension(frozen->host, CRANK_STR(CRANK_EXT_METRICS));
  crank_metric_spec spec = {sizeof spec,
                            CRANK_STR_INIT("frozen_starts_total"),
                            CRANK_STR_INIT("Starts."),
                            CRANK_COUNTER,
                            1,
                            NULL,
                            NULL,
                            0,
                            0};
  uint64_t id = 0;
  if (metrics == NULL) return;
  spec.labels = &label;
  if (metrics->make(frozen->host, &spec, &id) == CRANK_OK) metrics->add(frozen->host, id, 1);
  spec.name = CRANK_STR("frozen_level");
  spec.kind = CRANK_GAUGE;
  if (metrics->make(frozen->host, &spec, &id) == CRANK_OK) metrics->set(frozen->host, id, 0.5);
  spec.name = CRANK_STR("frozen_size_bytes");
  spec.kind = CRANK_HISTOGRAM;
  spec.bounds = bounds;
  spec.bound_count = 2;
  if (metrics->make(frozen->host, &spec, &id) == CRANK_OK) metrics->observe(frozen->host, id, 3);
}

static crank_status start(crank_plugin *plugin, crank_str config_json) {
  const struct frozen *frozen = plugin->plugin_data;
  if (config_json.len == 0 || config_json.ptr[0] != '{') return CRANK_INVALID;
  frozen->host->log(frozen->host, CRANK_LOG_INFO, CRANK_STR("frozen plugin of 0.2 started"));
  say_health(frozen);
  count_start(frozen);
  return CRANK_OK;
}

static int32_t count_fields(void *user, crank_str key, crank_str value) {
  if (key.len < 7 || memcmp(key.ptr, "header.", 7) != 0 || value.ptr == NULL) *(int *)user = -1000;
  ++*(int *)user;
  return 0;
}

static crank_status echo(crank_call *call) {
  crank_str method;
  int fields = 0;
  crank_status status = call->get(call, CRANK_STR("method"), &method);
  if (status != CRANK_OK) return failed(call, CRANK_INTERNAL, CRANK_STR(""), CRANK_STR("no method"));
  if (call->get(call, CRANK_STR("no.such.key"), &method) != CRANK_NOT_FOUND) return CRANK_INTERNAL;
  if (call->each(call, CRANK_STR("header."), count_fields, &fields) != CRANK_OK || fields < 1) return CRANK_INTERNAL;
  if (call->cancelled(call) != CRANK_CANCEL_NONE) return CRANK_CANCELLED;
  call->progress(call, 0.5, CRANK_STR("half"));
  call->log(call, CRANK_LOG_INFO, CRANK_STR("echoing"));
  status = call->set(call, CRANK_STR("media_type"), CRANK_STR("application/json"));
  if (status != CRANK_OK) return status;
  if (call->set(call, CRANK_STR("no.such.key"), method) != CRANK_UNSUPPORTED) return CRANK_INTERNAL;
  if (call->body.len == 0) return call->write(call, "{}", 2);
  return call->write(call, call->body.ptr, call->body.len);
}

static void note_reason(void *user, int32_t reason) { *(int32_t *)user = reason; }

/* Answers with the reason, where it is cancelled already. */
static crank_status cancelled(crank_call *call) {
  int32_t reason = CRANK_CANCEL_NONE;
  const crank_status status = call->on_cancel(call, note_reason, &reason);
  if (status != CRANK_OK) return status;
  if (call->on_cancel(call, NULL, NULL) != CRANK_OK) return CRANK_INTERNAL;
  if (reason != call->cancelled(call)) return CRANK_INTERNAL;
  return reason == CRANK_CANCEL_DEADLINE ? call->write(call, "{\"late\":1}", 10) : call->write(call, "{}", 2);
}

static crank_status count(crank_call *call) {
  char buffer[256];
  char digits[24] = "";
  uint64_t total = 0;
  size_t at = sizeof digits;
  int64_t n;
  while ((n = call->read(call, buffer, sizeof buffer)) > 0) total += (uint64_t)n;
  if (n < 0) return (crank_status)n;
  do digits[--at] = (char)('0' + total % 10);
  while ((total /= 10) != 0);
  if (call->write(call, "{\"bytes\":", 9) != CRANK_OK) return CRANK_EXHAUSTED;
  if (call->write(call, digits + at, sizeof digits - at) != CRANK_OK) return CRANK_EXHAUSTED;
  return call->write(call, "}", 1);
}

/* A timer that fires once ends the call, and itself. */
static void fire(void *user) {
  crank_call *call = user;
  call->finish(call, call->write(call, "{\"late\":true}", 13));
}

static crank_status later(struct frozen *frozen, crank_call *call) {
  crank_timer_spec spec = {sizeof spec, 1, 0, fire, NULL, 0, 0};
  crank_status status;
  if (frozen->timers == NULL || frozen->tick != 0)
    return failed(call, CRANK_BUSY, CRANK_STR(""), CRANK_STR("once only"));
  spec.user = call;
  status = frozen->timers->schedule(frozen->host, &spec, &frozen->tick);
  return status == CRANK_OK ? CRANK_PENDING : failed(call, status, CRANK_STR(""), CRANK_STR("no timer"));
}

static crank_status call(crank_plugin *plugin, crank_call *call) {
  if (is(call->operation, "frozen.echo")) return echo(call);
  if (is(call->operation, "frozen.count")) return count(call);
  if (is(call->operation, "frozen.cancelled")) return cancelled(call);
  if (is(call->operation, "frozen.later")) return later(plugin->plugin_data, call);
  if (is(call->operation, "frozen.early")) { /* finishes before call() has returned */
    call->finish(call, call->write(call, "{\"early\":true}", 14));
    return CRANK_PENDING;
  }
  return failed(call, CRANK_NOT_FOUND, CRANK_STR("NO_SUCH_THING"), CRANK_STR("there is no such thing"));
}

/* Its timer is over by now; cancelling it is harmless. */
static void stop(crank_plugin *plugin) {
  struct frozen *frozen = plugin->plugin_data;
  if (frozen->tick != 0) frozen->timers->cancel(frozen->host, frozen->tick);
  frozen->tick = 0;
}

static void destroy(crank_plugin *plugin) { free(plugin->plugin_data); }

static crank_status opened(crank_plugin *plugin, crank_session *session) {
  (void)plugin;
  session->log(session, CRANK_LOG_INFO, CRANK_STR("opened"));
  if (session->set(session, CRANK_STR("header.x-frozen"), CRANK_STR("yes")) != CRANK_OK) return CRANK_INTERNAL;
  return session->join(session, CRANK_STR("all"));
}

static void message(crank_plugin *plugin, crank_session *session, const crank_message *message) {
  const struct frozen *frozen = plugin->plugin_data;
  const crank_sessions *sessions = frozen->host->extension(frozen->host, CRANK_STR(CRANK_EXT_SESSION));
  session->send(session, message);
  if (sessions != NULL) sessions->publish(frozen->host, CRANK_STR("all"), message);
  session->wake_after(session, 1);
}

static void wake(crank_plugin *plugin, crank_session *session) {
  static const crank_message awake = {sizeof awake, CRANK_TEXT, 0, {"awake", 5}, {NULL, 0}, {NULL, 0}};
  (void)plugin;
  session->send(session, &awake);
  session->leave(session, CRANK_STR("all"));
  session->close(session, CRANK_CLOSE_NORMAL, CRANK_STR("done"));
}

static void closed(crank_plugin *plugin, crank_session *session, int32_t code, crank_str reason) {
  (void)plugin;
  (void)session;
  (void)code;
  (void)reason;
}

static const crank_plugin_session sessions = {sizeof sessions, opened, message, NULL, wake, closed};

static const void *extension(crank_plugin *plugin, crank_str id) {
  (void)plugin;
  return is(id, CRANK_EXT_SESSION) ? &sessions : NULL;
}

static crank_status create(const crank_host *host, crank_plugin **out) {
  struct frozen *frozen = calloc(1, sizeof *frozen);
  if (frozen == NULL) return CRANK_EXHAUSTED;
  frozen->host = host;
  frozen->timers = host->extension(host, CRANK_STR(CRANK_EXT_TIMER));
  frozen->table.size = sizeof frozen->table;
  frozen->table.plugin_data = frozen;
  frozen->table.start = start;
  frozen->table.call = call;
  frozen->table.stop = stop;
  frozen->table.destroy = destroy;
  frozen->table.extension = extension;
  *out = &frozen->table;
  return CRANK_OK;
}

const crank_entry crank_entry_v0 = {
    CRANK_MAGIC,
    CRANK_ABI_MAJOR,
    CRANK_ABI_MINOR,
    2,
    sizeof(crank_entry),
    CRANK_STR_INIT("{\"id\":\"frozen_0_2\",\"version\":\"1.0.0\",\"capabilities\":["
                   "{\"id\":\"frozen.echo\",\"verb\":\"echo\",\"version\":\"1.0.0\"},"
                   "{\"id\":\"frozen.count\",\"verb\":\"count\",\"version\":\"1.0.0\",\"body\":\"stream\"},"
                   "{\"id\":\"frozen.cancelled\",\"verb\":\"wait\",\"version\":\"1.0.0\"},"
                   "{\"id\":\"frozen.later\",\"verb\":\"wait\",\"version\":\"1.0.0\"},"
                   "{\"id\":\"frozen.early\",\"verb\":\"wait\",\"version\":\"1.0.0\"},"
                   "{\"id\":\"frozen.none\",\"verb\":\"fail\",\"version\":\"1.0.0\","
                   "\"errors\":[{\"code\":\"NO_SUCH_THING\",\"status\":404}]}],"
                   "\"routes\":[{\"method\":\"GET\",\"path\":\"/frozen/ws\",\"websocket\":\"frozen.ws\"}]}"),
    create};
