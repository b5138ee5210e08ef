/* myworker.c: a whole plugin in C99, to copy and change. It counts the words of a text.
 *
 *   cc -std=c99 -O2 -fPIC -shared -fvisibility=hidden $(pkg-config --cflags crank-plugin-api) \
 *     -o libmyworker.so myworker.c
 *   crank-host describe ./libmyworker.so
 *   crank-host verify ./libmyworker.so
 *   crank-host --plugin ./libmyworker.so --host localhost
 *
 * Read from the bottom up: the entry, the instance, the call. The contract is in crank.h, and in MANIFEST.md. */
#include <crank/crank.h>
#include <crank/json.h> /* optional: a strict reader for small inputs. Use any JSON library you like instead. */

#include <stdlib.h>
#include <string.h>

/* What the host knows before it runs anything of this file. From one capability it makes an HTTP route with a schema
 * check, an OpenAPI entry, limits, metrics and a command-line call. Split the literal: C99 promises 4095 characters. */
static const char manifest[] =
    "{\"id\": \"myworker\", \"version\": \"0.1.0\", \"description\": \"Counts words.\","
    " \"service\": {\"port\": 8600},"
    " \"config_schema\": {\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
    "   \"most\": {\"type\": \"integer\", \"minimum\": 1, \"default\": 100000,"
    "     \"description\": \"Words a text may have\"}}},"
    " \"capabilities\": [{"
    "   \"id\": \"text.count\", \"verb\": \"count\", \"version\": \"1.0.0\","
    /* Takes microseconds and never waits: runs where the request was read. Leave it out for real work. */
    "   \"inline\": true,"
    "   \"limits\": {\"max_body_bytes\": 65536},"
    "   \"input_schema\": {\"type\": \"object\", \"required\": [\"text\"], \"additionalProperties\": false,"
    "     \"properties\": {\"text\": {\"type\": \"string\"}}},"
    "   \"output_schema\": {\"type\": \"object\", \"required\": [\"words\"],"
    "     \"properties\": {\"words\": {\"type\": \"integer\"}}},"
    "   \"errors\": [{\"code\": \"TOO_MANY_WORDS\", \"status\": 400, \"description\": \"More words than configured\"}],"
    /* `crank-host verify` calls these. */
    "   \"examples\": [{\"text\": \"one two three\"}]}]}";

/* One instance; no globals, so that nothing depends on how often the file is loaded. */
typedef struct myworker {
  crank_plugin table;
  const crank_host *host;
  int64_t most; /* written in start(), before any call */
} myworker;

static const crank_str no_code = {NULL, 0};

/* An error is a status, one of the declared codes (or an empty one) and a sentence for a person. A problem can also say
 * which parts of the input are wrong, when to come again, and more for programs. The host copies all of it. */
static crank_status fail(crank_call *call, crank_status status, crank_str code, crank_str sentence) {
  crank_problem problem = {sizeof(problem), 0, 0, {NULL, 0}, {NULL, 0}, CRANK_UNKNOWN, NULL, {NULL, 0}};
  problem.status = status;
  problem.code = code;
  problem.text = sentence;
  return call->fail(call, &problem);
}

static int64_t count_words(const char *text, size_t len) {
  const char *p = text, *end = text + len;
  uint32_t code_point = 0;
  size_t size;
  int64_t words = 0;
  int inside = 0;
  for (; (size = crank_utf8_decode(p, end, &code_point)) != 0; p += size) {
    int blank = crank_utf8_is_space(code_point);
    words += !blank && !inside;
    inside = !blank;
  }
  return words;
}

/* Writes {"words": n}; snprintf would do as well. */
static crank_status respond(crank_call *call, int64_t words) {
  char digits[20], response[40] = "{\"words\": ";
  size_t count = 0, len = strlen(response);
  do {
    digits[count++] = (char)('0' + words % 10);
  } while (words /= 10);
  while (count) response[len++] = digits[--count];
  response[len++] = '}';
  return call->write(call, response, len); /* the host copies */
}

/* [call-thread] Called concurrently, up to limits.max_concurrency at once. `call` ends with the return. */
static crank_status on_call(crank_plugin *plugin, crank_call *call) {
  const myworker *self = plugin->plugin_data;
  crank_str value;
  char *text;
  size_t len;
  int64_t words;
  crank_status status;
  /* The body has passed input_schema. Checking what one relies on again is cheap. */
  if (!crank_json_find(call->body, "text", &value))
    return fail(call, CRANK_INVALID, no_code, CRANK_STR("text is missing"));
  text = malloc(value.len); /* an unescaped string is never longer than its escaped form */
  if (!text) return fail(call, CRANK_EXHAUSTED, no_code, CRANK_STR("out of memory"));
  if (!crank_json_string(value, text, value.len, &len)) {
    status = fail(call, CRANK_INVALID, no_code, CRANK_STR("text must be a string"));
  } else if ((words = count_words(text, len)) > self->most) {
    status = fail(call, CRANK_INVALID, CRANK_STR("TOO_MANY_WORDS"), CRANK_STR("The text has too many words"));
  } else {
    status = respond(call, words);
  }
  free(text); /* what you allocate, you free; what the host gives, you never free */
  return status;
}

/* [control] The configuration has passed config_schema, and defaults are filled in. Load models here. */
static crank_status start(crank_plugin *plugin, crank_str config_json) {
  myworker *self = plugin->plugin_data;
  crank_str value;
  self->most = 100000;
  if (crank_json_find(config_json, "most", &value) && !crank_json_integer(value, &self->most)) {
    self->host->log(self->host, CRANK_LOG_ERROR, CRANK_STR("most must be a whole number"));
    return CRANK_INVALID;
  }
  return CRANK_OK;
}

/* [control] After the last call. End and join your threads here; none may outlive it. */
static void stop(crank_plugin *plugin) { (void)plugin; }

/* [control] */
static void destroy(crank_plugin *plugin) { free(plugin->plugin_data); }

/* [control] Keep it light: work belongs into start(). */
static crank_status create(const crank_host *host, crank_plugin **out) {
  const crank_plugin table = {sizeof(crank_plugin), NULL, start, on_call, stop, destroy, NULL /* no extensions */};
  myworker *self = calloc(1, sizeof(*self));
  if (!self) return CRANK_EXHAUSTED;
  self->table = table;
  self->table.plugin_data = self;
  self->host = host; /* stays valid until destroy() has returned */
  *out = &self->table;
  return CRANK_OK;
}

/* The only exported symbol. The fourth number is the oldest host minor this file can live with: crank.h shows nothing
 * younger. To use something younger, define it before crank.h is included. */
const crank_entry crank_entry_v0 = {CRANK_MAGIC,
                                    CRANK_ABI_MAJOR,
                                    CRANK_ABI_MINOR,
                                    CRANK_NEEDS_MINOR,
                                    sizeof(crank_entry),
                                    {manifest, sizeof(manifest) - 1},
                                    create};
