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
#define CRANK_ABI_MINOR 1
#define CRANK_UNKNOWN UINT64_MAX

#if defined(__cplusplus) && __cplusplus >= 201703L
#define CRANK_NOTHROW noexcept /* so that a throwing callback does not compile */
#else
#define CRANK_NOTHROW
#endif

#define CRANK_EXPORT __attribute__((visibility("default")))

/* True when the table `p` (a `type *`) is long enough to hold `field` and its maker filled it in. Every field that is
 * younger than minor 1 must be read through it. */
#define CRANK_HAS(type, p, field) ((p)->size >= offsetof(type, field) + sizeof((p)->field) && (p)->field)

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

/* UTF-8, not NUL-terminated. ptr may be NULL when len is 0. */
typedef struct crank_str {
  const char *ptr;
  size_t len;
} crank_str;

/* ---- host: what a plugin may use. Owned by the host; valid until destroy() has returned. ---- */
typedef struct crank_host crank_host;
struct crank_host {
  size_t size;         /* sizeof(crank_host) in the host's header */
  void *host_data;     /* the host's; opaque */
  const char *name;    /* "crank-host" */
  const char *version; /* semantic version of the host */

  /* The host's table for an extension id such as "crank.timer/1", or NULL. The table lives as long as the host
   * struct; its type is in the extension's header. [any-thread & created] */
  const void *(*extension)(const crank_host *host, const char *id) CRANK_NOTHROW;

  /* One line for the host's log; the host copies `text` and adds the plugin's name. [any-thread & created] */
  void (*log)(const crank_host *host, int32_t level, const char *text, size_t len) CRANK_NOTHROW;
};

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

  /* What is known about the caller, as text that lives as long as the call. Keys: "method", "path", "target",
   * "path.<name>" (a {name} of the route's template), "query.<name>", "header.<lower-case-name>", "identity"
   * (certificate subject; absent if anonymous), "remote" (address), "traceparent" (W3C Trace Context), "worker_id".
   * CRANK_NOT_FOUND when there is none. [call-thread] */
  crank_status (*get)(const crank_call *call, const char *key, crank_str *out) CRANK_NOTHROW;

  /* Names the response's media type, before the first write(); without it the manifest's "response_type" holds, or
   * application/json. CRANK_INVALID after the first write(). [call-thread] */
  crank_status (*begin)(crank_call *call, const char *media_type, size_t len) CRANK_NOTHROW;

  /* Appends to the response; the host copies. In an operation that declared "streaming", each write is one item: one
   * server-sent event, one JSON line, one element of the array, as the client chose. Never waits for a slow client: the
   * host buffers, then spools to a file up to its limit, then says CRANK_EXHAUSTED. CRANK_CANCELLED when nobody
   * listens any more. [call-thread; for a PENDING call one thread at a time] */
  crank_status (*write)(crank_call *call, const void *data, size_t len) CRANK_NOTHROW;

  /* fraction in [0,1], or negative if unknown; `note` may be NULL with len 0. Cheap: the host thins it out. [any-thread] */
  void (*progress)(crank_call *call, double fraction, const char *note, size_t len) CRANK_NOTHROW;

  /* Nonzero after the client left, a cancel, the deadline, or the end of the drain period. [any-thread] */
  int32_t (*cancelled)(const crank_call *call) CRANK_NOTHROW;

  /* A log line that carries the request id and trace id. [any-thread] */
  void (*log)(crank_call *call, int32_t level, const char *text, size_t len) CRANK_NOTHROW;

  /* Records the error and returns `status`, so that one can write `return call->fail(...)`. `code` is one of the
   * capability's declared error codes (NUL-terminated), or NULL for the one that belongs to `status`. `text` is one
   * sentence for a person. [call-thread; for a PENDING call one thread at a time] */
  crank_status (*fail)(crank_call *call, crank_status status, const char *code, const char *text,
                       size_t len) CRANK_NOTHROW;

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
  crank_status (*start)(crank_plugin *plugin, const char *config_json, size_t len) CRANK_NOTHROW;

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
  const void *(*extension)(crank_plugin *plugin, const char *id) CRANK_NOTHROW;
};

/* ---- entry: the only exported symbol, data and not code, so that the host can refuse a plugin before it runs any of
 * it. The first 24 bytes never change, in any major. ---- */
typedef struct crank_entry {
  uint32_t magic;       /* CRANK_MAGIC */
  uint32_t abi_major;   /* CRANK_ABI_MAJOR the plugin was compiled with */
  uint32_t abi_minor;   /* CRANK_ABI_MINOR the plugin was compiled with */
  uint32_t needs_minor; /* the oldest host minor the plugin runs on */
  size_t size;          /* sizeof(crank_entry) */
  /* Static UTF-8 JSON, NUL-terminated: identity, capabilities with their JSON Schemas, routes, configuration schema. Its
   * grammar is in plugin_api/MANIFEST.md. */
  const char *manifest_json;
  /* Makes the one instance. On success *out is set and CRANK_OK returned. From `host` only log() and extension() may be
   * used until start(). [control] */
  crank_status (*create)(const crank_host *host, crank_plugin **out) CRANK_NOTHROW;
} crank_entry;

CRANK_EXPORT extern const crank_entry crank_entry_v0;

#ifdef __cplusplus
}
#endif
#endif
