/* old_host_call.c: the crank_call table of old_host. A response is kept in memory; every call is made on one
 * thread, and may be finished on another. */
#define _POSIX_C_SOURCE 200809L
#include "old_host.h"

#include <stdio.h>
#include <string.h>

static struct request *request_of(crank_call *call) { return (struct request *)call; }

/* Three bytes at a time, so that a reader which expects all at once is found out. */
static int64_t call_read(crank_call *call, void *buffer, size_t capacity) {
  struct request *request = request_of(call);
  size_t len = strlen(request->unread);
  if (len > 3) len = 3;
  if (len > capacity) len = capacity;
  memcpy(buffer, request->unread, len);
  request->unread += len;
  return (int64_t)len;
}

static crank_status call_get(const crank_call *call, crank_str key, crank_str *out) {
  (void)call;
  if (is_text(key, "method")) {
    *out = text_of("POST");
  } else if (is_text(key, "path.name")) {
    *out = text_of("a \"name\"");
  } else {
    return CRANK_NOT_FOUND;
  }
  return CRANK_OK;
}

/* Two header fields of one name. */
static crank_status call_each(const crank_call *call, crank_str prefix, crank_visit visit, void *user) {
  (void)call;
  if (!is_text(prefix, "header.")) return CRANK_INVALID;
  if (visit(user, text_of("header.x"), text_of("1")) == 0) visit(user, text_of("header.x"), text_of("2"));
  return CRANK_OK;
}

static crank_status call_set(crank_call *call, crank_str key, crank_str value) {
  struct request *request = request_of(call);
  if (request->response_len != 0 || value.len >= sizeof request->content_type) return CRANK_INVALID;
  if (!is_text(key, "media_type")) return is_text(key, "status") ? CRANK_OK : CRANK_UNSUPPORTED;
  memcpy(request->content_type, value.ptr, value.len);
  request->content_type[value.len] = '\0';
  return CRANK_OK;
}

static crank_status call_write(crank_call *call, const void *data, size_t len) {
  struct request *request = request_of(call);
  if (len >= sizeof request->response - request->response_len) return CRANK_EXHAUSTED;
  memcpy(request->response + request->response_len, data, len);
  request->response_len += len;
  request->response[request->response_len] = '\0';
  return CRANK_OK;
}

static void call_progress(crank_call *call, double fraction, crank_str note) {
  (void)call;
  if (fraction > 1.0) die("progress %f (%.*s)", fraction, (int)note.len, note.ptr);
}

/* Calls of operations whose name ends in "cancelled" are, before they begin. */
static int32_t call_cancelled(const crank_call *call) {
  const crank_str name = call->operation;
  return name.len > 9 && memcmp(name.ptr + name.len - 9, "cancelled", 9) == 0 ? CRANK_CANCEL_DEADLINE
                                                                              : CRANK_CANCEL_NONE;
}

static crank_status call_on_cancel(crank_call *call, void (*fired)(void *user, int32_t reason), void *user) {
  const int32_t reason = call_cancelled(call);
  if (fired != NULL && reason != CRANK_CANCEL_NONE) fired(user, reason);
  return CRANK_OK;
}

static void call_log(crank_call *call, int32_t level, crank_str text) {
  (void)call;
  printf("call log %d: %.*s\n", (int)level, (int)text.len, text.ptr);
}

static crank_status call_fail(crank_call *call, const crank_problem *problem) {
  (void)call;
  if (!CRANK_HAS_FIELD(crank_problem, problem, details)) die("a problem of %u bytes", (unsigned)problem->size);
  printf("fail %d %.*s: %.*s\n", (int)problem->status, (int)problem->code.len, problem->code.ptr,
         (int)problem->text.len, problem->text.ptr);
  return problem->status;
}

static void call_finish(crank_call *call, crank_status status) {
  struct request *request = request_of(call);
  pthread_mutex_lock(&request->mutex);
  if (request->finished) die("finished twice");
  request->finished = 1;
  request->status = status;
  pthread_cond_signal(&request->changed);
  pthread_mutex_unlock(&request->mutex);
}

#ifdef OLD_HOST_IS_GROWN
/* The function that growth.py appends to the table. */
static int32_t call_later(crank_call *call) {
  (void)call;
  return 7;
}
#endif

static void fill_table(crank_call *call) {
  call->size = sizeof *call;
  call->body_size = CRANK_UNKNOWN;
  call->deadline_ms = CRANK_UNKNOWN;
  call->read = call_read;
  call->get = call_get;
  call->each = call_each;
  call->set = call_set;
  call->write = call_write;
  call->progress = call_progress;
  call->cancelled = call_cancelled;
  call->on_cancel = call_on_cancel;
  call->log = call_log;
  call->fail = call_fail;
  call->finish = call_finish;
#ifdef OLD_HOST_IS_GROWN
  call->later = call_later;
#endif
}

void begin_request(struct request *request, const char *operation, const char *body) {
  memset(request, 0, sizeof *request);
  pthread_mutex_init(&request->mutex, NULL);
  pthread_cond_init(&request->changed, NULL);
  fill_table(&request->call);
  request->call.operation = text_of(operation);
  request->call.content_type = text_of("application/json");
  request->call.request_id = text_of("request-1");
  if (strncmp(body, "stream:", 7) == 0) {
    request->unread = body + 7;
  } else {
    request->unread = body;
    request->call.body = text_of(body);
    request->call.body_size = strlen(body);
  }
}

crank_status wait_for_finish(struct request *request) {
  crank_status status;
  pthread_mutex_lock(&request->mutex);
  while (!request->finished) pthread_cond_wait(&request->changed, &request->mutex);
  status = request->status;
  pthread_mutex_unlock(&request->mutex);
  return status;
}

void end_request(struct request *request) {
  pthread_cond_destroy(&request->changed);
  pthread_mutex_destroy(&request->mutex);
}
