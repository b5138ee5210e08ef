/* old_host.h: the parts of old_host, the small host that offers the tables of one released version. */
#ifndef OLD_HOST_H
#define OLD_HOST_H

#include <crank/crank.h>
#include <crank/ext/health.h>
#include <crank/ext/metrics.h>
#include <crank/ext/session.h>
#include <crank/ext/timer.h>

#include <pthread.h>

/* Says why and ends the process. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* One call as this host makes it. */
struct request {
  crank_call call; /* first: the plugin's pointer is also ours */
  const char *unread;
  char content_type[64];
  char response[65536];
  size_t response_len;
  int finished;
  crank_status status;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
};

void begin_request(struct request *request, const char *operation, const char *body);
crank_status wait_for_finish(struct request *request);
void end_request(struct request *request);

/* Opens a session, hands over one message, wakes it as long as it asks, closes it. Returns all that was sent, one
 * message a line; valid until the next session. */
const char *hold_session(crank_plugin *plugin, const crank_plugin_session *table, const char *operation,
                         const char *text);

extern const crank_sessions host_sessions;
extern const crank_timers host_timers;

extern const crank_health host_health;
extern const crank_metrics host_metrics;

/* After the plugin's stop(): ends what is left. */
void end_timers(void);

crank_str text_of(const char *text);
int is_text(crank_str text, const char *other);

#endif
