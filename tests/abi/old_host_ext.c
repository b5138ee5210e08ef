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

static crank_status session_get(const crank_session *self, const char *key, crank_str *out) {
  (void)self;
  if (strcmp(key, "query.n") != 0) return CRANK_NOT_FOUND;
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

static crank_status session_join(crank_session *self, const char *topic, size_t len) {
  (void)self;
  if (len >= sizeof topic_joined) return CRANK_EXHAUSTED;
  memcpy(topic_joined, topic, len);
  topic_joined[len] = '\0';
  return CRANK_OK;
}

static crank_status session_leave(crank_session *self, const char *topic, size_t len) {
  (void)self;
  (void)topic;
  (void)len;
  topic_joined[0] = '\0';
  return CRANK_OK;
}

static crank_status session_wake_after(crank_session *self, uint64_t delay_ms) {
  (void)self;
  (void)delay_ms;
  wake_wanted = 1;
  return CRANK_OK;
}

static void session_close(crank_session *self, int32_t code, const char *reason, size_t len) {
  (void)self;
  (void)reason;
  (void)len;
  close_code = code;
}

static void session_log(crank_session *self, int32_t level, const char *text, size_t len) {
  (void)self;
  printf("session log %d: %.*s\n", (int)level, (int)len, text);
}

static crank_status session_fail(crank_session *self, crank_status status, const char *code, const char *text,
                                 size_t len) {
  (void)self;
  printf("session fail %d %s: %.*s\n", (int)status, code == NULL ? "-" : code, (int)len, text);
  return status;
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
  table->closed(plugin, &session, close_code);
  return sent;
}

static crank_status publish(const crank_host *host, const char *topic, size_t len, const crank_message *message) {
  (void)host;
  if (strlen(topic_joined) != len || memcmp(topic_joined, topic, len) != 0) return CRANK_OK;
  return session_send(&session, message);
}

static uint64_t count(const crank_host *host, const char *operation, size_t len) {
  (void)host;
  (void)operation;
  (void)len;
  return 1;
}

const crank_sessions host_sessions = {sizeof(crank_sessions), publish, count};

/* ---- timers ---- */
struct crank_timer {
  void (*fire)(void *user);
  void *user;
  uint64_t delay_ms;
  uint64_t period_ms;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int cancelled;
  int joined;
  crank_timer *next;
};

static crank_timer *timers;

/* Waits until cancelled or due; true if cancelled. Called with the mutex held. */
static int wait_until_due(crank_timer *timer, uint64_t ms) {
  struct timespec due;
  clock_gettime(CLOCK_REALTIME, &due);
  due.tv_nsec += (long)(ms % 1000) * 1000000L;
  due.tv_sec += (time_t)(ms / 1000) + due.tv_nsec / 1000000000L;
  due.tv_nsec %= 1000000000L;
  while (!timer->cancelled && pthread_cond_timedwait(&timer->changed, &timer->mutex, &due) == 0) continue;
  return timer->cancelled;
}

static void *run_timer(void *argument) {
  crank_timer *timer = argument;
  uint64_t wait_ms = timer->delay_ms;
  pthread_mutex_lock(&timer->mutex);
  while (!wait_until_due(timer, wait_ms)) {
    pthread_mutex_unlock(&timer->mutex);
    timer->fire(timer->user);
    pthread_mutex_lock(&timer->mutex);
    wait_ms = timer->period_ms != 0 ? timer->period_ms : 86400000u;
  }
  pthread_mutex_unlock(&timer->mutex);
  return NULL;
}

static crank_status schedule(const crank_host *host, uint64_t delay_ms, uint64_t period_ms, void (*fire)(void *user),
                             void *user, crank_timer **out) {
  crank_timer *timer = calloc(1, sizeof *timer);
  (void)host;
  if (timer == NULL) return CRANK_EXHAUSTED;
  timer->fire = fire;
  timer->user = user;
  timer->delay_ms = delay_ms;
  timer->period_ms = period_ms;
  pthread_mutex_init(&timer->mutex, NULL);
  pthread_cond_init(&timer->changed, NULL);
  timer->next = timers;
  timers = timer;
  *out = timer;
  if (pthread_create(&timer->thread, NULL, run_timer, timer) != 0) die("no thread for a timer");
  return CRANK_OK;
}

/* Memory of a cancelled timer is kept until end_timers(): its thread may still be looking at it. */
static void cancel(const crank_host *host, crank_timer *timer) {
  (void)host;
  pthread_mutex_lock(&timer->mutex);
  timer->cancelled = 1;
  pthread_cond_signal(&timer->changed);
  pthread_mutex_unlock(&timer->mutex);
  if (pthread_equal(pthread_self(), timer->thread)) return;
  pthread_join(timer->thread, NULL);
  timer->joined = 1;
}

void end_timers(void) {
  while (timers != NULL) {
    crank_timer *timer = timers;
    timers = timer->next;
    if (!timer->cancelled) die("the plugin left a timer behind");
    if (!timer->joined) pthread_join(timer->thread, NULL);
    pthread_cond_destroy(&timer->changed);
    pthread_mutex_destroy(&timer->mutex);
    free(timer);
  }
}

const crank_timers host_timers = {sizeof(crank_timers), schedule, cancel};
