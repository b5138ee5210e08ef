/* crank/ext/session.h: "crank.session/1", conversations that live long and mostly wait.
 *
 * A session is a WebSocket (RFC 6455) or a stream of server-sent events (WHATWG HTML, "Server-sent events"). It holds no
 * thread: the plugin is called when something happens. The plugin offers `crank_plugin_session` through
 * crank_plugin.extension; the host offers `crank_sessions` through crank_host.extension.
 *
 * [session] marks callbacks: for one session they never overlap and come in order: opened, then message/writable/wake,
 * then closed as the last. They run on a pool thread, or on an I/O thread if the route declared "inline": true (then they must
 * not block).
 *
 * Slow clients: each session has a bounded send queue (the host's `session_queue_bytes`). send() answers CRANK_BUSY when it
 * is full, and writable() follows once it is half empty. A publish() that meets a full queue closes that session with 1013,
 * or, if its route declared "slow_client": "drop", leaves the message out for it; both are counted in the host's metrics. */
#ifndef CRANK_EXT_SESSION_H
#define CRANK_EXT_SESSION_H

#include "../crank.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRANK_EXT_SESSION "crank.session/1"

/* Kinds of a message; event streams take CRANK_TEXT only. */
#define CRANK_TEXT 1
#define CRANK_BINARY 2

/* Close codes (RFC 6455 section 7.4). An event stream reports the same numbers. */
#define CRANK_CLOSE_NORMAL 1000
#define CRANK_CLOSE_GOING_AWAY 1001 /* the host drains */
#define CRANK_CLOSE_ABNORMAL 1006   /* the client vanished; never sent */
#define CRANK_CLOSE_POLICY 1008
#define CRANK_CLOSE_TOO_BIG 1009
#define CRANK_CLOSE_INTERNAL 1011
#define CRANK_CLOSE_TRY_AGAIN 1013 /* the client reads too slowly */

/* One message. `event` and `id` are the fields of a server-sent event; a WebSocket ignores them. */
typedef struct crank_message {
  size_t size;       /* sizeof(crank_message) in its maker's header */
  int32_t kind;      /* CRANK_TEXT or CRANK_BINARY */
  uint32_t reserved; /* 0 */
  crank_str data;
  crank_str event;
  crank_str id;
} crank_message;

/* Owned by the host. Valid from opened() until closed() has returned, and longer while retained: the struct, `operation`
 * and `request_id`. What get() and each() gave is valid until closed() has returned, retained or not. */
typedef struct crank_session crank_session;
struct crank_session {
  size_t size;         /* sizeof(crank_session) in the host's header */
  void *host_data;     /* the host's; opaque */
  void *plugin_data;   /* the plugin's, NULL at first */
  crank_str operation; /* the operation named by the manifest's route */
  crank_str request_id;
  crank_str body; /* the request's body, checked against the route's input_schema; valid until opened() has returned */

  /* As crank_call.get and each; e.g. "header.last-event-id". Beside its keys: "subprotocol", the one agreed on (RFC 6455
   * section 1.9), where there is one. [session] */
  crank_status (*get)(const crank_session *session, crank_str key, crank_str *out) CRANK_NOTHROW;
  crank_status (*each)(const crank_session *session, crank_str prefix, crank_visit visit, void *user) CRANK_NOTHROW;

  /* Inside opened() only: says something about the answer that accepts the session; the host copies. Keys:
   * "header.<lower-case-name>" as for crank_call.set; "subprotocol", in place of the one the host chose by the manifest:
   * one of those the client offers in "header.sec-websocket-protocol", or empty for none. CRANK_INVALID outside opened()
   * or for a value that is none, CRANK_UNSUPPORTED for a key that is none, CRANK_EXHAUSTED as there. [session] */
  crank_status (*set)(crank_session *session, crank_str key, crank_str value) CRANK_NOTHROW;

  /* Queues a copy; never blocks. CRANK_BUSY: the queue is full, wait for writable(). CRANK_CANCELLED: closed.
   * CRANK_EXHAUSTED: longer than the whole queue. What is sent inside opened() follows the response head. [any-thread] */
  crank_status (*send)(crank_session *session, const crank_message *message) CRANK_NOTHROW;

  /* Joins or leaves a topic that crank_sessions.publish addresses; leaving at the end is automatic. [any-thread] */
  crank_status (*join)(crank_session *session, crank_str topic) CRANK_NOTHROW;
  crank_status (*leave)(crank_session *session, crank_str topic) CRANK_NOTHROW;

  /* Asks for one wake() after `delay_ms`, in place of an earlier one that has not come yet. [any-thread] */
  crank_status (*wake_after)(crank_session *session, uint64_t delay_ms) CRANK_NOTHROW;

  /* Ends the session after what is queued has been sent; closed() follows. An event stream has no code on the wire. The
   * reason may be empty, and at most 123 bytes of it are sent. [any-thread] */
  void (*close)(crank_session *session, int32_t code, crank_str reason) CRANK_NOTHROW;

  /* A log line that carries the request id and trace id. [any-thread] */
  void (*log)(crank_session *session, int32_t level, crank_str text) CRANK_NOTHROW;

  /* Inside opened() only: refuses the session before the response head, so that the client gets a proper HTTP error.
   * As crank_call.fail. [session] */
  crank_status (*fail)(crank_session *session, const crank_problem *problem) CRANK_NOTHROW;

  /* For a plugin thread that uses the session outside its callbacks: keeps it valid (though closed) until released.
   * retain() inside a callback or while retained. [any-thread] */
  void (*retain)(crank_session *session) CRANK_NOTHROW;
  void (*release)(crank_session *session) CRANK_NOTHROW;
};

/* The plugin's side. `opened` and `closed` are never NULL; the others may be. */
typedef struct crank_plugin_session {
  size_t size; /* sizeof(crank_plugin_session) in the plugin's header */

  /* A client asks for a session. CRANK_OK accepts; anything else refuses, see fail(), and closed() does not follow. */
  crank_status (*opened)(crank_plugin *plugin, crank_session *session) CRANK_NOTHROW;
  /* A whole message from a WebSocket client; text is valid UTF-8. */
  void (*message)(crank_plugin *plugin, crank_session *session, const crank_message *message) CRANK_NOTHROW;
  /* Once after a send() that said CRANK_BUSY: the queue is at most half full. */
  void (*writable)(crank_plugin *plugin, crank_session *session) CRANK_NOTHROW;
  /* The wake_after() time has come. */
  void (*wake)(crank_plugin *plugin, crank_session *session) CRANK_NOTHROW;
  /* The last callback. The code is the client's, or one of the constants above; the reason is the client's, and empty
   * where it gave none. */
  void (*closed)(crank_plugin *plugin, crank_session *session, int32_t code, crank_str reason) CRANK_NOTHROW;
} crank_plugin_session;

/* The host's side. */
typedef struct crank_sessions {
  size_t size; /* sizeof(crank_sessions) in the host's header */

  /* Sends one message to every session of this plugin that joined the topic. The host copies it once, whatever the number
   * of sessions; all see the publications of one thread in the same order. Never blocks. [any-thread & started] */
  crank_status (*publish)(const crank_host *host, crank_str topic, const crank_message *message) CRANK_NOTHROW;
  /* Open sessions of this plugin, of one operation, or of all if `operation` is empty. [any-thread] */
  uint64_t (*count)(const crank_host *host, crank_str operation) CRANK_NOTHROW;
} crank_sessions;

#ifdef __cplusplus
}
#endif
#endif
