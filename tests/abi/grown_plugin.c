/* grown_plugin.c: a plugin of a minor that does not exist, 0.2, whose calls have one function more, `later`.
 * growth.py makes the headers it is compiled with. It needs no more than 0.1, so it has to run on a host of 0.1
 * too. */
#include <crank/crank.h>

#include <stddef.h>

static crank_status start(crank_plugin *plugin, const char *config_json, size_t len) {
  (void)plugin;
  (void)config_json;
  (void)len;
  return CRANK_OK;
}

static crank_status call(crank_plugin *plugin, crank_call *call) {
  (void)plugin;
  if (!CRANK_HAS(crank_call, call, later)) return call->write(call, "{\"later\":null}", 14);
  return call->later(call) == 7 ? call->write(call, "{\"later\":7}", 11) : CRANK_INTERNAL;
}

static void stop(crank_plugin *plugin) { (void)plugin; }

static void destroy(crank_plugin *plugin) { (void)plugin; }

static crank_plugin instance = {sizeof instance, NULL, start, call, stop, destroy, NULL};

static crank_status create(const crank_host *host, crank_plugin **out) {
  (void)host;
  *out = &instance;
  return CRANK_OK;
}

const crank_entry crank_entry_v0 = {
    CRANK_MAGIC,
    CRANK_ABI_MAJOR,
    CRANK_ABI_MINOR,
    1,
    sizeof(crank_entry),
    "{\"id\":\"grown\",\"version\":\"1.0.0\","
    "\"capabilities\":[{\"id\":\"grown.call\",\"verb\":\"call\",\"version\":\"1.0.0\"}]}",
    create};
