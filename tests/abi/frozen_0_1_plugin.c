/* frozen_0_1_plugin.c: a plugin as somebody wrote it for 0.1, built from the frozen headers and nothing else.
 * Every later host of this major has to run it, so it is never brought up to date. */
#include <crank/crank.h>
#include <crank/ext/session.h>
#include <crank/ext/timer.h>

#include <stdlib.h>
#include <string.h>

struct frozen {
  crank_plugin table;
  const crank_host *host;
  const crank_timers *timers;
  crank_timer *tick;
};

static int is(crank_str text, const char *other) {
  return text.len == strlen(other) && memcmp(text.ptr, other, text.len) == 0;
}

static crank_status start(crank_plugin *plugin, const char *config_json, size_t len) {
  const struct frozen *frozen = plugin->plugin_data;
  if (len == 0 || config_json[0] != '{') return CRANK_INVALID;
  frozen->host->log(frozen->host, CRANK_LOG_INFO, "frozen plugin of 0.1 started", 28);
  return CRANK_OK;
}

static crank_status echo(crank_call *call) {
  crank_str method;
  crank_status status = call->get(call, "method", &method);
  if (status != CRANK_OK) return call->fail(call, CRANK_INTERNAL, NULL, "no method", 9);
  if (call->get(call, "no.such.key", &method) != CRANK_NOT_FOUND) return CRANK_INTERNAL;
  if (call->cancelled(call)) return CRANK_CANCELLED;
  call->progress(call, 0.5, "half", 4);
  call->log(call, CRANK_LOG_INFO, "echoing", 7);
  status = call->begin(call, "application/json", 16);
  if (status != CRANK_OK) return status;
  if (call->body.len == 0) return call->write(call, "{}", 2);
  return call->write(call, call->body.ptr, call->body.len);
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

/* A timer of the 0.1 shape that fires once ends the call; the plugin cancels it in stop(). */
static void fire(void *user) {
  crank_call *call = user;
  call->finish(call, call->write(call, "{\"late\":true}", 13));
}

static crank_status later(struct frozen *frozen, crank_call *call) {
  if (frozen->timers == NULL || frozen->tick != NULL) return call->fail(call, CRANK_BUSY, NULL, "once only", 9);
  const crank_status status = frozen->timers->schedule(frozen->host, 1, 0, fire, call, &frozen->tick);
  return status == CRANK_OK ? CRANK_PENDING : call->fail(call, status, NULL, "no timer", 8);
}

static crank_status call(crank_plugin *plugin, crank_call *call) {
  if (is(call->operation, "frozen.echo")) return echo(call);
  if (is(call->operation, "frozen.count")) return count(call);
  if (is(call->operation, "frozen.later")) return later(plugin->plugin_data, call);
  if (is(call->operation, "frozen.early")) { /* finishes before call() has returned */
    call->finish(call, call->write(call, "{\"early\":true}", 14));
    return CRANK_PENDING;
  }
  return call->fail(call, CRANK_NOT_FOUND, "NO_SUCH_THING", "there is no such thing", 22);
}

static void stop(crank_plugin *plugin) {
  struct frozen *frozen = plugin->plugin_data;
  if (frozen->tick != NULL) frozen->timers->cancel(frozen->host, frozen->tick);
  frozen->tick = NULL;
}

static void destroy(crank_plugin *plugin) { free(plugin->plugin_data); }

static crank_status opened(crank_plugin *plugin, crank_session *session) {
  (void)plugin;
  session->log(session, CRANK_LOG_INFO, "opened", 6);
  return session->join(session, "all", 3);
}

static void message(crank_plugin *plugin, crank_session *session, const crank_message *message) {
  const struct frozen *frozen = plugin->plugin_data;
  const crank_sessions *sessions = frozen->host->extension(frozen->host, CRANK_EXT_SESSION);
  session->send(session, message);
  if (sessions != NULL) sessions->publish(frozen->host, "all", 3, message);
  session->wake_after(session, 1);
}

static void wake(crank_plugin *plugin, crank_session *session) {
  static const crank_message awake = {sizeof awake, CRANK_TEXT, 0, {"awake", 5}, {NULL, 0}, {NULL, 0}};
  (void)plugin;
  session->send(session, &awake);
  session->leave(session, "all", 3);
  session->close(session, CRANK_CLOSE_NORMAL, "done", 4);
}

static void closed(crank_plugin *plugin, crank_session *session, int32_t code) {
  (void)plugin;
  (void)session;
  (void)code;
}

static const crank_plugin_session sessions = {sizeof sessions, opened, message, NULL, wake, closed};

static const void *extension(crank_plugin *plugin, const char *id) {
  (void)plugin;
  return strcmp(id, CRANK_EXT_SESSION) == 0 ? &sessions : NULL;
}

static crank_status create(const crank_host *host, crank_plugin **out) {
  struct frozen *frozen = calloc(1, sizeof *frozen);
  if (frozen == NULL) return CRANK_EXHAUSTED;
  frozen->host = host;
  frozen->timers = host->extension(host, CRANK_EXT_TIMER);
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
    1,
    sizeof(crank_entry),
    "{\"id\":\"frozen_0_1\",\"version\":\"1.0.0\",\"capabilities\":["
    "{\"id\":\"frozen.echo\",\"verb\":\"echo\",\"version\":\"1.0.0\"},"
    "{\"id\":\"frozen.count\",\"verb\":\"count\",\"version\":\"1.0.0\",\"body\":\"stream\"},"
    "{\"id\":\"frozen.later\",\"verb\":\"wait\",\"version\":\"1.0.0\"},"
    "{\"id\":\"frozen.early\",\"verb\":\"wait\",\"version\":\"1.0.0\"},"
    "{\"id\":\"frozen.none\",\"verb\":\"fail\",\"version\":\"1.0.0\","
    "\"errors\":[{\"code\":\"NO_SUCH_THING\",\"status\":404}]}],"
    "\"routes\":[{\"method\":\"GET\",\"path\":\"/frozen/ws\",\"websocket\":\"frozen.ws\"}]}",
    create};
