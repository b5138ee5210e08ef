/* grown_plugin.c: a plugin of a minor that does not exist, 0.3, whose calls have one function more, `later`.
 * growth.py makes the headers it is compiled with. It needs no more than 0.2, so it has to run on a host of 0.2
 * too. */
#ifndef SEES_NO_MORE_THAN_IT_NEEDS
#define CRANK_SEES_MINOR 3 /* and asks before it uses what is younger than its need, which is 0.2 */
#endif
#include <crank/crank.h>

#include <stddef.h>

static crank_status start(crank_plugin *plugin, crank_str config_json) {
  (void)plugin;
  (void)config_json;
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
    CRANK_NEEDS_MINOR,
    sizeof(crank_entry),
    CRANK_STR_INIT("{\"id\":\"grown\",\"version\":\"1.0.0\","
                   "\"capabilities\":[{\"id\":\"grown.call\",\"verb\":\"call\",\"version\":\"1.0.0\"}]}"),
    create};
