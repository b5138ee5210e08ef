/* old_host_ext.c: the extensions of old_host. It has one session at a time and one thread per timer: enough to see
 * that the tables of a released version work, and no more. */
#define _POSIX_C_SOURCE 200809L
#include "old_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- the one session ---- */
static crank_session session;
static char sent[65536];
static char topic_joined[64];
static int wake_wanted;
static int32_t close_code;

static crank_status session_each(const crank_session *self, crank_str prefix, crank_visit visit, void *user) {
  (void)self;
  if (!is_text(prefix, "query.")) return CRANK_INVALID;
  visit(user, text_of("query.n"), text_of("3"));
  return CRANK_OK;
}

static crank_status session_set(crank_session *self, crank_str key, crank_str value) {
  (void)self;
  (void)value;
  return is_text(key, "subprotocol") ? CRANK_INVALID : CRANK_OK;
}

static crank_status session_get(const crank_session *self, crank_str key, crank_str *out) {
  (void)self;
  if (!is_text(key, "query.n")) return CRANK_NOT_FOUND;
  out->ptr = "3";
  out->len = 1;
  return CRANK_OK;
}

static crank_status session_send(crank_session *self, const crank_message *message) {
  const size_t used = strlen(sent);
  (void)self;
  if (close_code != 0) return CRANK_CANCELLED;
  if (message->size < sizeof(crank_message)) die("a message of %u bytes", (unsigned)message->size);
  if (message->data.len + 2 > sizeof sent - used) return CRANK_EXHAUSTED;
  sprintf(sent + used, "%.*s\n", (int)message->data.len, message->data.ptr);
  return CRANK_OK;
}

static crank_status session_join(crank_session *self, crank_str topic) {
  (void)self;
  if (topic.len >= sizeof topic_joined) return CRANK_EXHAUSTED;
  memcpy(topic_joined, topic.ptr, topic.len);
  topic_joined[topic.len] = '\0';
  return CRANK_OK;
}

static crank_status session_leave(crank_session *self, crank_str topic) {
  (void)self;
  (void)topic;
  topic_joined[0] = '\0';
  return CRANK_OK;
}

static crank_status session_wake_after(crank_session *self, uint64_t delay_ms) {
  (void)self;
  (void)delay_ms;
  wake_wanted = 1;
  return CRANK_OK;
}

static void session_close(crank_session *self, int32_t code, crank_str reason) {
  (void)self;
  (void)reason;
  close_code = code;
}

static void session_log(crank_session *self, int32_t level, crank_str text) {
  (void)self;
  printf("session log %d: %.*s\n", (int)level, (int)text.len, text.ptr);
}

static crank_status session_fail(crank_session *self, const crank_problem *problem) {
  (void)self;
  printf("session fail %d: %.*s\n", (int)problem->status, (int)problem->text.len, problem->text.ptr);
  return problem->status;
}

static void session_keep(crank_session *self) { (void)self; /* the one session is static and never goes away */ }

static void make_session(const char *operation) {
  memset(&session, 0, sizeof session);
  sent[0] = '\0';
  topic_joined[0] = '\0';
  wake_wanted = 0;
  close_code = 0;
  session.size = sizeof session;
  session.operation.ptr = operation;
  session.operation.len = strlen(operation);
  session.get = session_get;
  session.each = session_each;
  session.set = session_set;
  session.send = session_send;
  session.join = session_join;
  session.leave = session_leave;
  session.wake_after = session_wake_after;
  session.close = session_close;
  session.log = session_log;
  session.fail = session_fail;
  session.retain = session_keep;
  session.release = session_keep;
}

const char *hold_session(crank_plugin *plugin, const crank_plugin_session *table, const char *operation,
                         const char *text) {
  crank_message message;
  make_session(operation);
  if (table->opened(plugin, &session) != CRANK_OK) die("the plugin refused the session");
  memset(&message, 0, sizeof message);
  message.size = sizeof message;
  message.kind = CRANK_TEXT;
  message.data.ptr = text;
  message.data.len = strlen(text);
  if (message.data.len != 0 && CRANK_HAS(crank_plugin_session, table, message)) {
    table->message(plugin, &session, &message);
  }
  while (wake_wanted && close_code == 0 && CRANK_HAS(crank_plugin_session, table, wake)) {
    wake_wanted = 0;
    table->wake(plugin, &session);
  }
  if (close_code == 0) close_code = CRANK_CLOSE_GOING_AWAY;
  table->closed(plugin, &session, close_code, text_of("over"));
  return sent;
}

static crank_status publish(const crank_host *host, crank_str topic, const crank_message *message) {
  (void)host;
  if (!is_text(topic, topic_joined)) return CRANK_OK;
  return session_send(&session, message);
}

static uint64_t count(const crank_host *host, crank_str operation) {
  (void)host;
  (void)operation;
  return 1;
}

const crank_sessions host_sessions = {sizeof(crank_sessions), publish, count};

/* ---- timers ---- */
struct timer {
  crank_timer_spec spec;
  uint64_t id;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int cancelled;
  int over; /* it fired for the last time */
  int joined;
  struct timer *next;
};

static struct timer *timers;
static uint64_t last_id;
static pthread_mutex_t timers_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Waits until cancelled or due; true if cancelled. Called with the mutex held. */
static int wait_until_due(struct timer *timer, uint64_t ms) {
  struct timespec due;
  clock_gettime(CLOCK_REALTIME, &due);
  due.tv_nsec += (long)(ms % 1000) * 1000000L;
  due.tv_sec += (time_t)(ms / 1000) + due.tv_nsec / 1000000000L;
  due.tv_nsec %= 1000000000L;
  while (!timer->cancelled && pthread_cond_timedwait(&timer->changed, &timer->mutex, &due) == 0) continue;
  return timer->cancelled;
}

static void *run_timer(void *argument) {
  struct timer *timer = argument;
  uint64_t wait_ms = timer->spec.delay_ms;
  pthread_mutex_lock(&timer->mutex);
  while (!timer->over && !wait_until_due(timer, wait_ms)) {
    pthread_mutex_unlock(&timer->mutex);
    timer->spec.fire(timer->spec.user);
    pthread_mutex_lock(&timer->mutex);
    wait_ms = timer->spec.period_ms;
    timer->over = wait_ms == 0;
  }
  pthread_mutex_unlock(&timer->mutex);
  return NULL;
}

/* This host always leads. */
static crank_status schedule(const crank_host *host, const crank_timer_spec *spec, uint64_t *id) {
  struct timer *timer = calloc(1, sizeof *timer);
  (void)host;
  if (timer == NULL) return CRANK_EXHAUSTED;
  if (!CRANK_HAS_FIELD(crank_timer_spec, spec, reserved)) die("a timer's spec of %u bytes", (unsigned)spec->size);
  timer->spec = *spec;
  pthread_mutex_init(&timer->mutex, NULL);
  pthread_cond_init(&timer->changed, NULL);
  pthread_mutex_lock(&timers_mutex);
  timer->id = ++last_id;
  timer->next = timers;
  timers = timer;
  *id = timer->id;
  pthread_mutex_unlock(&timers_mutex);
  if (pthread_create(&timer->thread, NULL, run_timer, timer) != 0) die("no thread for a timer");
  return CRANK_OK;
}

/* Memory of a timer is kept until end_timers(): its thread may still be looking at it. */
static crank_status cancel(const crank_host *host, uint64_t id) {
  struct timer *timer;
  int was_over;
  (void)host;
  pthread_mutex_lock(&timers_mutex);
  for (timer = timers; timer != NULL && timer->id != id;) timer = timer->next;
  pthread_mutex_unlock(&timers_mutex);
  if (timer == NULL) return CRANK_NOT_FOUND;
  pthread_mutex_lock(&timer->mutex);
  was_over = timer->cancelled || timer->over;
  timer->cancelled = 1;
  pthread_cond_signal(&timer->changed);
  pthread_mutex_unlock(&timer->mutex);
  if (was_over) return CRANK_NOT_FOUND;
  if (pthread_equal(pthread_self(), timer->thread)) return CRANK_OK;
  pthread_join(timer->thread, NULL);
  timer->joined = 1;
  return CRANK_OK;
}

void end_timers(void) {
  while (timers != NULL) {
    struct timer *timer = timers;
    timers = timer->next;
    pthread_mutex_lock(&timer->mutex);
    timer->cancelled = 1;
    pthread_cond_signal(&timer->changed);
    pthread_mutex_unlock(&timer->mutex);
    if (!timer->joined) pthread_join(timer->thread, NULL);
    pthread_cond_destroy(&timer->changed);
    pthread_mutex_destroy(&timer->mutex);
    free(timer);
  }
}

const crank_timers host_timers = {sizeof(crank_timers), schedule, cancel};

/* ---- health and metrics: printed ---- */
static crank_status report(const crank_host *host, const crank_health_report *given) {
  (void)host;
  if (!CRANK_HAS_FIELD(crank_health_report, given, reason)) die("a report of %u bytes", (unsigned)given->size);
  printf("health %d: %.*s\n", (int)given->state, (int)given->reason.len, given->reason.ptr);
  return CRANK_OK;
}

const crank_health host_health = {sizeof(crank_health), report};

static crank_status make(const crank_host *host, const crank_metric_spec *spec, uint64_t *id) {
  (void)host;
  if (!CRANK_HAS_FIELD(crank_metric_spec, spec, reserved)) die("a metric's spec of %u bytes", (unsigned)spec->size);
  printf("metric %.*s, kind %d\n", (int)spec->name.len, spec->name.ptr, (int)spec->kind);
  *id = 1;
  return CRANK_OK;
}

static void feed(const crank_host *host, uint64_t id, double value) {
  (void)host;
  printf("metric %u: %g\n", (unsigned)id, value);
}

const crank_metrics host_metrics = {sizeof(crank_metrics), make, feed, feed, feed};
