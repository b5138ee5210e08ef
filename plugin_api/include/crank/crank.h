/* crank.h: the plugin ABI of crank-host, major 0.
 *
 * Plain C99. Nothing else is shared between the host and a plugin: no host symbol is linked, no memory is freed on the
 * other side, no exception crosses. A plugin exports one object, `crank_entry_v0`.
 *
 * Tags on every function say where the host (or the plugin) may call it:
 *   [control]      the host's one control thread
 *   [call-thread]  the thread that is serving this call: a pool thread, or an I/O thread if the operation is "inline"
 *   [any-thread]   any thread, concurrently
 * and, after `&`, the state the plugin must be in (`created`, `started`).
 *
 * Borrowed pointers are valid until the callee returns, unless the declaration says longer. Text is UTF-8.
 * 64-bit targets only: every offset is fixed, and there is no padding in any public struct. */
#ifndef CRANK_CRANK_H
#define CRANK_CRANK_H

#include <stddef.h>
#include <stdint.h>

#define CRANK_MAGIC 0x4b4e5243u /* "CRNK" in memory, little-endian */
#define CRANK_ABI_MAJOR 0
#define CRANK_ABI_MINOR 2
#define CRANK_UNKNOWN UINT64_MAX

/* The oldest host minor the plugin runs on. A plugin that needs more than the oldest defines it before it includes this
 * header, and gives it to its crank_entry. What is younger is not declared, so that the claim cannot be broken by mistake;
 * a plugin that uses more where a host has more also defines CRANK_SEES_MINOR, up to CRANK_ABI_MINOR, and asks
 * CRANK_HAS before each use of what is younger than its CRANK_NEEDS_MINOR. */
#ifndef CRANK_NEEDS_MINOR
#define CRANK_NEEDS_MINOR 2
#endif
#ifndef CRANK_SEES_MINOR
#define CRANK_SEES_MINOR CRANK_NEEDS_MINOR
#endif
#if CRANK_NEEDS_MINOR < 2 || CRANK_NEEDS_MINOR > CRANK_SEES_MINOR || CRANK_SEES_MINOR > CRANK_ABI_MINOR
#error "2 <= CRANK_NEEDS_MINOR <= CRANK_SEES_MINOR <= CRANK_ABI_MINOR does not hold: is this header too old?"
#endif

#if defined(__cplusplus) && __cplusplus >= 201703L
#define CRANK_NOTHROW noexcept /* so that a throwing callback does not compile */
#else
#define CRANK_NOTHROW
#endif

#define CRANK_EXPORT __attribute__((visibility("default")))

/* True when the struct `p` (a `type *`) is long enough to hold `field`: for data, of which 0 may be a value. */
#define CRANK_HAS_FIELD(type, p, field) ((p)->size >= offsetof(type, field) + sizeof((p)->field))
/* True when the maker of the table `p` also filled it in: for functions. */
#define CRANK_HAS(type, p, field) (CRANK_HAS_FIELD(type, p, field) && (p)->field)

#ifdef __cplusplus
extern "C" {
#endif

/* Status codes. Frozen; an unknown negative code reads as CRANK_INTERNAL.
 * The host maps them to its doors, e.g. HTTP: INVALID 422, NOT_FOUND 404, CANCELLED 499, DEADLINE 504, EXHAUSTED 413,
 * UNAVAILABLE 503, UNSUPPORTED 415, INTERNAL 500, BUSY 429; a declared error code may choose another HTTP status. */
typedef int32_t crank_status;
#define CRANK_OK 0
#define CRANK_PENDING 1      /* call(): the plugin finishes later, see crank_call.finish */
#define CRANK_BUSY 2         /* try again later; nothing was done */
#define CRANK_DEFER 3        /* call(): longer work than one should wait for: run it again, as a job; see "job.offered" */
#define CRANK_INVALID (-1)   /* the input is wrong; the message says which part */
#define CRANK_NOT_FOUND (-2)
#define CRANK_CANCELLED (-3) /* stopped because the caller asked for it or went away */
#define CRANK_DEADLINE (-4)
#define CRANK_EXHAUSTED (-5) /* a limit of size, memory or count was reached */
#define CRANK_UNAVAILABLE (-6)
#define CRANK_UNSUPPORTED (-7)
#define CRANK_INTERNAL (-8)

/* Log levels. */
#define CRANK_LOG_DEBUG 0
#define CRANK_LOG_INFO 1
#define CRANK_LOG_WARN 2
#define CRANK_LOG_ERROR 3

/* UTF-8, not NUL-terminated. ptr may be NULL when len is 0. All text of this ABI. As a parameter it goes by value, which
 * on every target (System V x86-64, AAPCS64 and Apple's variant) is the same as ptr and len one after the other. */
typedef struct crank_str {
  const char *ptr;
  size_t len;
} crank_str;

/* A crank_str of a string literal; in C a constant for initialisers is CRANK_STR_INIT. */
#define CRANK_STR_INIT(literal)                                                                                        \
  { "" literal, sizeof(literal) - 1 }
#ifdef __cplusplus
#define CRANK_STR(literal) (crank_str CRANK_STR_INIT(literal))
#else
#define CRANK_STR(literal) ((crank_str)CRANK_STR_INIT(literal))
#endif

/* ---- problem: why something failed. Its maker owns it; who gets it copies. ---- */

/* What is wrong with one part of the input. Never grows. */
typedef struct crank_field_error {
  crank_str pointer; /* JSON Pointer (RFC 6901) into the body, e.g. "/options/pages"; empty: the whole body */
  crank_str message; /* goes on where the pointer ends: "must be at most 100" */
} crank_field_error;

typedef struct crank_problem {
  size_t size;             /* sizeof(crank_problem) in its maker's header */
  crank_status status;     /* negative, or CRANK_BUSY; anything else reads as CRANK_INTERNAL */
  uint32_t field_count;    /* entries of `fields` */
  crank_str code;          /* one of the capability's declared error codes; empty: the one that belongs to `status` */
  crank_str text;          /* one sentence for a person */
  uint64_t retry_after_ms; /* when the same request may do better; CRANK_UNKNOWN: not known */
  const crank_field_error *fields; /* NULL with field_count 0 */
  crank_str details;               /* a JSON object for programs, empty for none; it reaches the caller as "details" */
} crank_problem;

/* ---- host: what a plugin may use. Owned by the host; valid until destroy() has returned. ---- */
typedef struct crank_host crank_host;
struct crank_host {
  size_t size;         /* sizeof(crank_host) in the host's header */
  void *host_data;     /* the host's; opaque */
  crank_str name;      /* "crank-host" */
  crank_str version;   /* semantic version of the host */

  /* The host's table for an extension id such as "crank.timer/1", or NULL. The table lives as long as the host
   * struct; its type is in the extension's header. [any-thread & created] */
  const void *(*extension)(const crank_host *host, crank_str id) CRANK_NOTHROW;

  /* One line for the host's log; the host adds the plugin's name. [any-thread & created] */
  void (*log)(const crank_host *host, int32_t level, crank_str text) CRANK_NOTHROW;
};

/* Why a call is cancelled. A number that is not here is a reason of a later host. */
#define CRANK_CANCEL_NONE 0     /* it is not */
#define CRANK_CANCEL_CALLER 1   /* the caller went away, or wants it no longer */
#define CRANK_CANCEL_DEADLINE 2 /* its time is over */
#define CRANK_CANCEL_DRAINING 3 /* the host ends; the same request may do better elsewhere, or later */
#define CRANK_CANCEL_JOB 4      /* somebody cancelled the job that it belongs to */

/* One pair of each(). Nonzero ends the enumeration. [the thread that called each()] */
typedef int32_t (*crank_visit)(void *user, crank_str key, crank_str value) CRANK_NOTHROW;

/* ---- call: one request and its response. Owned by the host. ----
 * Valid until call() returned something other than CRANK_PENDING, or until finish() was called. */
typedef struct crank_call crank_call;
struct crank_call {
  size_t size;            /* sizeof(crank_call) in the host's header */
  void *host_data;        /* the host's; opaque */
  void *plugin_data;      /* the plugin's, NULL at first; for PENDING calls */
  crank_str operation;    /* capability id, or the operation named by the manifest's route */
  crank_str body;         /* the whole body where it is in memory, else ptr is NULL: use read() */
  crank_str content_type; /* of the body; empty if the caller gave none */
  crank_str request_id;
  uint64_t body_size;   /* bytes; CRANK_UNKNOWN while an upload streams without a length */
  uint64_t deadline_ms; /* milliseconds left when the call was dispatched; CRANK_UNKNOWN if none */

  /* Reads the next bytes of the body: the count, 0 at its end, or a negative status (CANCELLED when the client went
   * away, DEADLINE). Blocks only for an operation that declared "body": "stream". [call-thread] */
  int64_t (*read)(crank_call *call, void *buffer, size_t capacity) CRANK_NOTHROW;

  /* What is known about the request, as text that lives as long as the call. Keys: "method", "path", "target",
   * "path.<name>" (a {name} of the route's template), "query.<name>" (the first of that name), "header.<lower-case-name>"
   * (several of one name as one list), "request_id", "traceparent" (W3C Trace Context), "worker_id"; of the caller:
   * "caller.kind" ("certificate", "token", "local" or "anonymous"), "caller.subject" (of the certificate or token),
   * "caller.scopes" (separated by spaces), "caller.address"; "idempotency_key"; where the call belongs to a job: "job.id"
   * and "job.attempt" (from 1); "job.offered" ("true") where the call may return CRANK_DEFER, before it writes: its manifest
   * says "defers", and the host has jobs and a caller who takes one. CRANK_NOT_FOUND where there is none. [call-thread] */
  crank_status (*get)(const crank_call *call, crank_str key, crank_str *out) CRANK_NOTHROW;

  /* Every key that begins with `prefix`, with its value, in the order of the request: "header." gives each header field,
   * "query." each parameter, also those that repeat a name. Not for keys outside "header.", "query." and "path.":
   * CRANK_INVALID. The text lives as long as the call. [call-thread] */
  crank_status (*each)(const crank_call *call, crank_str prefix, crank_visit visit, void *user) CRANK_NOTHROW;

  /* Says something about the response, before the first write(); the host copies. The last value of a key holds. Keys:
   * "media_type" (without it the manifest's "response_type" holds, or application/json); "status" (an HTTP status, for
   * doors that have one: 200 to 399 of three digits; write() is refused after 204, 205 and 304, which have no body);
   * "header.<lower-case-name>" (an HTTP field, for doors that have them; not those of the message's framing or the
   * connection, such as content-length, nor what the host sets itself). A failure has a head of its own: nothing of this
   * goes into it. CRANK_INVALID after the first write() or for a value that is none, CRANK_UNSUPPORTED for a key that is
   * none, CRANK_EXHAUSTED for more than 16 KiB in all. [call-thread; for a PENDING call one thread at a time] */
  crank_status (*set)(crank_call *call, crank_str key, crank_str value) CRANK_NOTHROW;

  /* Appends to the response; the host copies. In an operation that declared "streaming", each write is one item: one
   * server-sent event, one JSON line, one element of the array, as the client chose. Never waits for a slow client: the
   * host buffers, then spools to a file up to its limit, then says CRANK_EXHAUSTED. CRANK_CANCELLED when nobody
   * listens any more. [call-thread; for a PENDING call one thread at a time] */
  crank_status (*write)(crank_call *call, const void *data, size_t len) CRANK_NOTHROW;

  /* fraction in [0,1], or negative if unknown; `note` may be empty. Cheap: the host thins it out. [any-thread] */
  void (*progress)(crank_call *call, double fraction, crank_str note) CRANK_NOTHROW;

  /* Why the call is to stop, one of CRANK_CANCEL_*; 0 while it is not. The first reason stays. [any-thread] */
  int32_t (*cancelled)(const crank_call *call) CRANK_NOTHROW;

  /* Has fired(user, reason) called once when the call is cancelled, at once if it is already; never if it is not. It
   * runs on a thread of the host's that has other things to do: it sets a flag or wakes somebody up, and must not block.
   * With NULL for `fired` it is taken back: then, and when finish() has returned, it does not run and will not, unless
   * that was done from inside it; so who does it must not hold a lock that the callback takes (as std::stop_callback,
   * C++20). Take it back before call() returns, unless that is CRANK_PENDING: what it uses may be gone then. One at a time:
   * CRANK_INVALID while there is another. [any-thread] */
  crank_status (*on_cancel)(crank_call *call, void (*fired)(void *user, int32_t reason) CRANK_NOTHROW,
                            void *user) CRANK_NOTHROW;

  /* A log line that carries the request id and trace id. [any-thread] */
  void (*log)(crank_call *call, int32_t level, crank_str text) CRANK_NOTHROW;

  /* Records why the call fails and returns problem->status, so that one can write `return call->fail(...)`. The last one
   * holds. [call-thread; for a PENDING call one thread at a time] */
  crank_status (*fail)(crank_call *call, const crank_problem *problem) CRANK_NOTHROW;

  /* Ends a call that returned CRANK_PENDING, exactly once, even if the deadline has passed; it may be called before
   * call() returned. After it the call is gone. [any-thread] */
  void (*finish)(crank_call *call, crank_status status) CRANK_NOTHROW;
};

/* ---- plugin: one instance. Owned by the plugin from create() until destroy(). ---- */
typedef struct crank_plugin crank_plugin;
struct crank_plugin {
  size_t size;       /* sizeof(crank_plugin) in the plugin's header */
  void *plugin_data; /* the plugin's */

  /* Reads its configuration (a JSON object that passed the manifest's config_schema, defaults filled in), loads models,
   * opens devices. May take minutes; the host is alive and "not ready" meanwhile. On failure it logs why.
   * Never NULL. [control & created] */
  crank_status (*start)(crank_plugin *plugin, crank_str config_json) CRANK_NOTHROW;

  /* Serves one call. CRANK_OK: done. CRANK_PENDING: the plugin holds `call` until finish(). Negative: failed, see fail().
   * Runs concurrently, up to the manifest's max_concurrency per operation. NULL for a plugin with sessions only.
   * [call-thread & started] */
  crank_status (*call)(crank_plugin *plugin, crank_call *call) CRANK_NOTHROW;

  /* After the last call and session: ends and joins every thread the plugin made. Never NULL. [control & started] */
  void (*stop)(crank_plugin *plugin) CRANK_NOTHROW;

  /* Frees the instance. Not called before stop() if start() succeeded. Never NULL. [control & created] */
  void (*destroy)(crank_plugin *plugin) CRANK_NOTHROW;

  /* The plugin's table for an extension id such as "crank.session/1", or NULL; the table lives until destroy().
   * NULL for a plugin without extensions. [control & created] */
  const void *(*extension)(crank_plugin *plugin, crank_str id) CRANK_NOTHROW;
};

/* ---- entry: the only exported symbol, data and not code, so that the host can refuse a plugin before it runs any of
 * it. The first 24 bytes never change, in any major. ---- */
typedef struct crank_entry {
  uint32_t magic;       /* CRANK_MAGIC */
  uint32_t abi_major;   /* CRANK_ABI_MAJOR the plugin was compiled with */
  uint32_t abi_minor;   /* CRANK_ABI_MINOR the plugin was compiled with */
  uint32_t needs_minor; /* CRANK_NEEDS_MINOR: the oldest host minor the plugin runs on */
  size_t size;          /* sizeof(crank_entry) */
  /* Static JSON: identity, capabilities with their JSON Schemas, routes, configuration schema. Its grammar is in
   * plugin_api/MANIFEST.md. */
  crank_str manifest_json;
  /* Makes the one instance. On success *out is set and CRANK_OK returned. From `host` only log() and extension() may be
   * used until start(). [control] */
  crank_status (*create)(const crank_host *host, crank_plugin **out) CRANK_NOTHROW;
} crank_entry;

CRANK_EXPORT extern const crank_entry crank_entry_v0;

#ifdef __cplusplus
}
#endif
#endif
