/* hello: the smallest useful plugin, in C99. One capability, one route of the old service, one counter.
 * Responsible for greeting; knows plugin_api and nothing of the host. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <crank/crank.h>
#include <crank/json.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char manifest[] =
    "{\"id\":\"hello\",\"version\":\"1.0.0\",\"description\":\"Greets.\",\"license\":\"Apache-2.0\","
    "\"service\":{\"name\":\"hello-world\",\"port\":8900,\"port_env\":\"HELLO_WORLD_HTTPS_PORT\"},"
    "\"capabilities\":[{"
    "\"id\":\"example.hello_world\",\"verb\":\"invoke\",\"version\":\"1.0.0\","
    "\"description\":\"Greets with a message: trimmed, reversed, in upper case, with exclamation marks.\","
    /* Longer messages would take more than the microseconds that "inline" promises. */
    "\"inline\":true,\"limits\":{\"max_body_bytes\":65536},"
    "\"input_schema\":{\"type\":\"object\",\"required\":[\"message\"],\"additionalProperties\":false,\"properties\":{"
    "\"message\":{\"type\":\"string\",\"description\":\"What to greet with; must hold more than blanks\"},"
    "\"options\":{\"type\":\"object\",\"additionalProperties\":false,\"default\":{},\"properties\":{"
    "\"uppercase\":{\"type\":\"boolean\",\"default\":false},"
    "\"reverse\":{\"type\":\"boolean\",\"default\":false,\"description\":\"By code point\"},"
    "\"exclamations\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":10,\"default\":1}}}}},"
    "\"output_schema\":{\"type\":\"object\",\"required\":[\"greeting\",\"metadata\",\"processing_time_ms\"],"
    "\"additionalProperties\":false,\"properties\":{"
    "\"greeting\":{\"type\":\"string\",\"minLength\":8},"
    "\"metadata\":{\"type\":\"object\",\"required\":[\"total_greetings\",\"options_applied\",\"character_count\"],"
    "\"additionalProperties\":false,\"properties\":{"
    "\"total_greetings\":{\"type\":\"integer\",\"minimum\":1,\"description\":\"Since the plugin was loaded\"},"
    "\"options_applied\":{\"type\":\"object\",\"description\":\"The options as they were given\"},"
    "\"character_count\":{\"type\":\"integer\",\"minimum\":8,\"description\":\"Code points of the greeting\"}}},"
    "\"processing_time_ms\":{\"type\":\"number\",\"minimum\":0}}},"
    "\"errors\":[{\"code\":\"MESSAGE_EMPTY\",\"status\":400,\"retryable\":false,"
    "\"description\":\"The message is empty or blank\"}],"
    "\"examples\":[{\"message\":\"World\"},"
    "{\"message\":\"World\",\"options\":{\"uppercase\":true,\"reverse\":true,\"exclamations\":3}}]}],"
    "\"routes\":["
    "{\"method\":\"POST\",\"path\":\"/greet\",\"capability\":\"example.hello_world\"},"
    "{\"method\":\"GET\",\"path\":\"/stats\",\"call\":\"stats\",\"inline\":true,\"description\":\"Counters\","
    "\"output_schema\":{\"type\":\"object\",\"required\":[\"total_greetings\",\"worker_id\",\"capabilities\"],"
    "\"properties\":{"
    "\"total_greetings\":{\"type\":\"integer\"},\"worker_id\":{\"type\":\"string\"},"
    "\"capabilities\":{\"type\":\"integer\"}}}}]}";

typedef struct hello {
  crank_plugin table;
  uint64_t total_greetings; /* atomic */
} hello;

typedef struct greeting_options {
  int32_t uppercase;
  int32_t reverse;
  int64_t exclamations;
} greeting_options;

typedef struct text {
  char *ptr;
  size_t len;
} text;

static int string_is(crank_str a, const char *b) { return a.len == strlen(b) && memcmp(a.ptr, b, a.len) == 0; }

static const crank_str no_code = {NULL, 0};

static crank_status fail(crank_call *call, crank_status status, crank_str code, crank_str sentence) {
  crank_problem problem = {sizeof(problem), 0, 0, {NULL, 0}, {NULL, 0}, CRANK_UNKNOWN, NULL, {NULL, 0}};
  problem.status = status;
  problem.code = code;
  problem.text = sentence;
  return call->fail(call, &problem);
}

/* Drops blanks at both ends. The text is UTF-8. */
static text trim(text in) {
  char *end = in.ptr + in.len, *last = in.ptr, *p;
  uint32_t code_point = 0;
  size_t size;
  int leading = 1;
  for (p = in.ptr; (size = crank_utf8_decode(p, end, &code_point)) != 0; p += size) {
    if (crank_utf8_is_space(code_point)) continue;
    if (leading) in.ptr = p;
    leading = 0;
    last = p + size;
  }
  in.len = leading ? 0 : (size_t)(last - in.ptr);
  return in;
}

static void reverse_bytes(char *first, char *end) {
  while (first < end) {
    char c = *first;
    *first++ = *--end;
    *end = c;
  }
}

/* Reverses by code point, in place: first each code point's bytes, then all of them. */
static void reverse(text in) {
  char *p = in.ptr, *end = in.ptr + in.len;
  uint32_t code_point;
  size_t size;
  while ((size = crank_utf8_decode(p, end, &code_point)) != 0) {
    reverse_bytes(p, p + size);
    p += size;
  }
  reverse_bytes(in.ptr, end);
}

/* Upper case of ASCII, Latin-1, Greek and Cyrillic letters; others stay. A letter keeps its number of bytes. */
static uint32_t upper(uint32_t c) {
  if (c >= 'a' && c <= 'z') return c - 0x20;
  if (c >= 0xe0 && c <= 0xfe && c != 0xf7) return c - 0x20;
  if (c == 0xff) return 0x178;
  if (c == 0x3c2) return 0x3a3; /* final sigma */
  if (c >= 0x3b1 && c <= 0x3cb) return c - 0x20;
  if (c >= 0x430 && c <= 0x44f) return c - 0x20;
  if (c >= 0x450 && c <= 0x45f) return c - 0x50;
  return c;
}

static void uppercase(text in) {
  char *p = in.ptr, *end = in.ptr + in.len;
  uint32_t code_point;
  size_t size;
  for (; (size = crank_utf8_decode(p, end, &code_point)) != 0; p += size) crank_utf8_encode(upper(code_point), p);
}

static size_t count_code_points(text in) {
  size_t count = 0, i;
  for (i = 0; i < in.len; i++) count += ((unsigned char)in.ptr[i] & 0xc0) != 0x80;
  return count;
}

/* The schema has been checked: what is there has the right type. */
static greeting_options read_options(crank_str options) {
  greeting_options result = {0, 0, 1};
  crank_str value;
  if (crank_json_find(options, "uppercase", &value)) crank_json_bool(value, &result.uppercase);
  if (crank_json_find(options, "reverse", &value)) crank_json_bool(value, &result.reverse);
  if (crank_json_find(options, "exclamations", &value)) crank_json_integer(value, &result.exclamations);
  return result;
}

static uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static char *append(char *p, const char *bytes, size_t len) {
  memcpy(p, bytes, len);
  return p + len;
}

/* In decimal, at least `digits` of them; without printf, which would cost more than everything else here. */
static char *append_number(char *p, uint64_t number, int digits) {
  char backwards[20];
  int count = 0;
  do {
    backwards[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number || count < digits);
  while (count) *p++ = backwards[--count];
  return p;
}

#define APPEND_TEXT(p, literal) append(p, literal, sizeof(literal) - 1)

/* Writes the response. `message` is the text as it will be greeted with, `out` has room for the escaped message, the
 * options and 256 bytes. */
static crank_status respond(hello *self, crank_call *call, text message, crank_str options, int64_t exclamations,
                            uint64_t started, text out) {
  uint64_t total = __atomic_add_fetch(&self->total_greetings, 1, __ATOMIC_RELAXED), elapsed;
  size_t characters = 7 + count_code_points(message) + (size_t)exclamations; /* 7: "Hello, " */
  char *p = APPEND_TEXT(out.ptr, "{\"greeting\":\"Hello, ");
  p += crank_json_escape(message.ptr, message.len, p, out.len - (size_t)(p - out.ptr));
  memset(p, '!', (size_t)exclamations);
  p = APPEND_TEXT(p + exclamations, "\",\"metadata\":{\"total_greetings\":");
  p = append_number(p, total, 1);
  p = APPEND_TEXT(p, ",\"options_applied\":");
  p = append(p, options.ptr, options.len);
  p = APPEND_TEXT(p, ",\"character_count\":");
  p = append_number(p, characters, 1);
  p = APPEND_TEXT(p, "},\"processing_time_ms\":");
  elapsed = nanoseconds() - started;
  p = append_number(p, elapsed / 1000000u, 1);
  *p++ = '.';
  p = append_number(p, elapsed % 1000000u, 6);
  *p++ = '}';
  return call->write(call, out.ptr, (size_t)(p - out.ptr));
}

static crank_status greet(hello *self, crank_call *call) {
  char small[1024];
  uint64_t started = nanoseconds();
  crank_str raw, options = {"{}", 2};
  greeting_options choice;
  text message, out;
  size_t room;
  char *memory = small;
  crank_status status;
  if (!crank_json_find(call->body, "message", &raw) || crank_json_kind(raw) != CRANK_JSON_STRING) {
    return fail(call, CRANK_INVALID, no_code, CRANK_STR("message must be a string"));
  }
  crank_json_find(call->body, "options", &options);
  choice = read_options(options);
  if (choice.exclamations < 0 || choice.exclamations > 10) {
    return fail(call, CRANK_INVALID, no_code, CRANK_STR("options.exclamations must be 0 to 10"));
  }
  /* Unescaped, a message is never longer than its raw text, and escaped again neither. */
  room = raw.len + raw.len + options.len + 256;
  if (room > sizeof(small)) memory = malloc(room);
  if (!memory) return fail(call, CRANK_EXHAUSTED, no_code, CRANK_STR("out of memory"));
  message.ptr = memory;
  if (!crank_json_string(raw, message.ptr, raw.len, &message.len)) {
    status = fail(call, CRANK_INVALID, no_code, CRANK_STR("message is no valid JSON string"));
  } else if ((message = trim(message)).len == 0) {
    status = fail(call, CRANK_INVALID, CRANK_STR("MESSAGE_EMPTY"), CRANK_STR("Message cannot be empty"));
  } else {
    if (choice.reverse) reverse(message);
    if (choice.uppercase) uppercase(message);
    out.ptr = memory + raw.len;
    out.len = room - raw.len;
    status = respond(self, call, message, options, choice.exclamations, started, out);
  }
  if (memory != small) free(memory);
  return status;
}

static crank_status stats(hello *self, crank_call *call) {
  char out[512], *p = APPEND_TEXT(out, "{\"total_greetings\":");
  crank_str id;
  p = append_number(p, __atomic_load_n(&self->total_greetings, __ATOMIC_RELAXED), 1);
  p = APPEND_TEXT(p, ",\"worker_id\":\"");
  if (call->get(call, CRANK_STR("worker_id"), &id) == CRANK_OK && id.len <= 64) {
    p += crank_json_escape(id.ptr, id.len, p, 6 * 64);
  }
  p = APPEND_TEXT(p, "\",\"capabilities\":1}");
  return call->write(call, out, (size_t)(p - out));
}

static crank_status serve(crank_plugin *plugin, crank_call *call) {
  hello *self = plugin->plugin_data;
  if (string_is(call->operation, "example.hello_world")) return greet(self, call);
  if (string_is(call->operation, "stats")) return stats(self, call);
  return fail(call, CRANK_NOT_FOUND, no_code, CRANK_STR("no such operation"));
}

static crank_status start(crank_plugin *plugin, crank_str config_json) {
  (void)plugin, (void)config_json;
  return CRANK_OK;
}

static void stop(crank_plugin *plugin) { (void)plugin; }

static void destroy(crank_plugin *plugin) { free(plugin->plugin_data); }

static crank_status create(const crank_host *host, crank_plugin **out) {
  const crank_plugin table = {sizeof(crank_plugin), NULL, start, serve, stop, destroy, NULL};
  hello *self = calloc(1, sizeof(*self));
  (void)host;
  if (!self) return CRANK_EXHAUSTED;
  self->table = table;
  self->table.plugin_data = self;
  *out = &self->table;
  return CRANK_OK;
}

const crank_entry crank_entry_v0 = {CRANK_MAGIC,
                                    CRANK_ABI_MAJOR,
                                    CRANK_ABI_MINOR,
                                    CRANK_NEEDS_MINOR,
                                    sizeof(crank_entry),
                                    {manifest, sizeof(manifest) - 1},
                                    create};
