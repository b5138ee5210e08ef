/* old_host.c: a host that knows nothing but the headers it is compiled with, by default the frozen ones of 0.2. It
 * loads one plugin, makes the calls on its command line and compares the answers. It must not know today's headers
 * or the real host.
 *
 *   old_host [--short] [--config JSON] PLUGIN (OPERATION BODY EXPECTED)...
 *
 * EXPECTED is a status number, or a text that a successful response contains. A BODY beginning with "stream:" is
 * handed out by read() alone. OPERATION "session:NAME" opens a session, sends BODY as one message, and closes it;
 * the expected text is what the plugin sent. --short offers tables that end early; what would follow are traps, so
 * that a plugin which does not look at the size is found out. */
#define _POSIX_C_SOURCE 200809L
#include "old_host.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static crank_plugin *instance;
static crank_host host;
static int use_short_tables;

void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("old_host: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static void trap(void) {
  fputs("old_host: the plugin called past the end of a table without looking at its size\n", stderr);
  _Exit(3);
}

crank_str text_of(const char *text) {
  crank_str out;
  out.ptr = text;
  out.len = strlen(text);
  return out;
}

int is_text(crank_str text, const char *other) {
  return text.len == strlen(other) && memcmp(text.ptr, other, text.len) == 0;
}

static const void *host_extension(const crank_host *self, crank_str id) {
  (void)self;
  if (is_text(id, CRANK_EXT_SESSION)) return &host_sessions;
  if (is_text(id, CRANK_EXT_HEALTH)) return &host_health;
  if (is_text(id, CRANK_EXT_METRICS)) return &host_metrics;
  return is_text(id, CRANK_EXT_TIMER) ? &host_timers : NULL;
}

static void host_log(const crank_host *self, int32_t level, crank_str text) {
  (void)self;
  printf("log %d: %.*s\n", (int)level, (int)text.len, text.ptr);
}

static void make_host(void) {
  host.size = sizeof host;
  host.name = text_of("old_host");
  host.version = text_of("0.2.0");
  host.extension = host_extension;
  host.log = host_log;
  if (use_short_tables) {
    host.size = offsetof(crank_host, extension);
    host.extension = (const void *(*)(const crank_host *, crank_str))trap;
    host.log = (void (*)(const crank_host *, int32_t, crank_str))trap;
  }
}

/* Ends before progress(): what a host would be that is older than the plugin. */
static void shorten(crank_call *call) {
  call->size = offsetof(crank_call, progress);
  call->progress = (void (*)(crank_call *, double, crank_str))trap;
  call->cancelled = (int32_t(*)(const crank_call *))trap;
  call->on_cancel = (crank_status(*)(crank_call *, void (*)(void *, int32_t), void *))trap;
  call->log = (void (*)(crank_call *, int32_t, crank_str))trap;
  call->fail = (crank_status(*)(crank_call *, const crank_problem *))trap;
  call->finish = (void (*)(crank_call *, crank_status))trap;
}

static int is_number(const char *text) {
  char *end;
  strtol(text, &end, 10);
  return *text != '\0' && *end == '\0';
}

/* Compares and prints; counts as a failure when it differs. */
static int judge(const char *operation, crank_status status, const char *response, const char *expected) {
  const int good = is_number(expected) ? status == strtol(expected, NULL, 10)
                                       : status == CRANK_OK && strstr(response, expected) != NULL;
  printf("%s %s: status %d, response %.200s\n", good ? "ok  " : "FAIL", operation, (int)status, response);
  if (!good) printf("     expected %s\n", expected);
  return !good;
}

static int make_call(const char *operation, const char *body, const char *expected) {
  struct request request;
  crank_status status;
  int failed;
  begin_request(&request, operation, body);
  if (use_short_tables) shorten(&request.call);
  status = instance->call(instance, &request.call);
  if (status == CRANK_PENDING) status = wait_for_finish(&request);
  failed = judge(operation, status, request.response, expected);
  end_request(&request);
  return failed;
}

static int make_session(const char *operation, const char *text, const char *expected) {
  const crank_plugin_session *table =
      CRANK_HAS(crank_plugin, instance, extension) ? instance->extension(instance, text_of(CRANK_EXT_SESSION)) : NULL;
  const char *response;
  int failed;
  if (table == NULL) die("the plugin has no sessions");
  response = hold_session(instance, table, operation, text);
  failed = judge(operation, CRANK_OK, response, expected);
  return failed;
}

static const crank_entry *load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  const crank_entry *entry;
  if (library == NULL) die("%s", dlerror());
  entry = (const crank_entry *)dlsym(library, "crank_entry_v0");
  if (entry == NULL) die("%s", dlerror());
  if (entry->magic != CRANK_MAGIC || entry->abi_major != CRANK_ABI_MAJOR) die("not a plugin of this major");
  if (entry->needs_minor > CRANK_ABI_MINOR) die("the plugin needs minor %u", (unsigned)entry->needs_minor);
  if (entry->size < offsetof(crank_entry, create) + sizeof entry->create) die("short entry");
  if (entry->manifest_json.ptr == NULL || entry->manifest_json.len < 2) die("no manifest");
  return entry; /* the library is never unloaded, as in the real host */
}

static int run_all(char **triples, int count) {
  int failures = 0;
  int i;
  for (i = 0; i + 2 < count; i += 3) {
    if (strncmp(triples[i], "session:", 8) == 0) {
      failures += make_session(triples[i] + 8, triples[i + 1], triples[i + 2]);
    } else {
      failures += make_call(triples[i], triples[i + 1], triples[i + 2]);
    }
  }
  if (i == 0 || i != count) die("usage: old_host [--short] [--config JSON] PLUGIN (OPERATION BODY EXPECTED)...");
  return failures;
}

int main(int argc, char **argv) {
  const char *config = "{}";
  const crank_entry *entry;
  crank_status status;
  int failures;
  for (; argc > 1 && strncmp(argv[1], "--", 2) == 0; --argc, ++argv) {
    if (strcmp(argv[1], "--short") == 0) {
      use_short_tables = 1;
    } else if (strcmp(argv[1], "--config") == 0 && argc > 2) {
      config = argv[2];
      --argc;
      ++argv;
    } else {
      die("unknown option %s", argv[1]);
    }
  }
  if (argc < 3) die("usage: old_host [--short] [--config JSON] PLUGIN (OPERATION BODY EXPECTED)...");
  setvbuf(stdout, NULL, _IOLBF, 0);
  make_host();
  entry = load(argv[1]);
  printf("plugin compiled with %u.%u, needs 0.%u; this host is %u.%u%s\n", (unsigned)entry->abi_major,
         (unsigned)entry->abi_minor, (unsigned)entry->needs_minor, (unsigned)CRANK_ABI_MAJOR, (unsigned)CRANK_ABI_MINOR,
         use_short_tables ? " with short tables" : "");
  status = entry->create(&host, &instance);
  if (status != CRANK_OK || instance == NULL) die("create() said %d", (int)status);
  status = instance->start(instance, text_of(config));
  if (status != CRANK_OK) die("start() said %d", (int)status);
  failures = run_all(argv + 2, argc - 2);
  instance->stop(instance);
  end_timers();
  instance->destroy(instance);
  return failures != 0;
}
