// plugin.cpp: the echo plugin's entry, instance and guarded access to the host's tables. Operations are elsewhere.
#include "echo.hpp"

#include "worker.hpp"

namespace echo {

bool cancelled(const crank_call *call) { return CRANK_HAS(crank_call, call, cancelled) && call->cancelled(call) != 0; }

void progress(crank_call *call, double fraction, std::string_view note) {
  if (CRANK_HAS(crank_call, call, progress)) call->progress(call, fraction, str(note));
}

crank_status fail(crank_call *call, crank_status status, std::string_view text, std::string_view code) {
  if (CRANK_HAS(crank_call, call, log)) call->log(call, CRANK_LOG_WARN, str(text));
  const crank_problem problem = {sizeof(crank_problem), status,  0,           str(code), str(text),
                                 CRANK_UNKNOWN,         nullptr, {nullptr, 0}};
  return CRANK_HAS(crank_call, call, fail) ? call->fail(call, &problem) : status;
}

void log(const Instance &instance, std::string_view text) {
  if (CRANK_HAS(crank_host, instance.host, log)) {
    instance.host->log(instance.host, CRANK_LOG_INFO, str(text));
  }
}

crank_status write(crank_call *call, std::string_view text) { return call->write(call, text.data(), text.size()); }

bool get(const crank_call *call, std::string_view key, std::string_view &out) {
  crank_str value = {nullptr, 0};
  if (call->get(call, str(key), &value) != CRANK_OK) return false;
  out = {value.ptr == nullptr ? "" : value.ptr, value.len};
  return true;
}

namespace {

crank_status start(crank_plugin *plugin, crank_str config_json) noexcept {
  Instance &instance = instance_of(plugin);
  instance.config.assign(config_json.ptr, config_json.len);
  instance.worker = std::make_unique<Worker>();
  log(instance, "echo started");
  start_leading_ticks(instance);
  return CRANK_OK;
}

crank_status call(crank_plugin *plugin, crank_call *call) noexcept { return serve(instance_of(plugin), call); }

void stop(crank_plugin *plugin) noexcept {
  Instance &instance = instance_of(plugin);
  instance.worker.reset(); /* joins its thread */
  log(instance, "echo stopped");
}

void destroy(crank_plugin *plugin) noexcept { delete &instance_of(plugin); }

const void *extension(crank_plugin *, crank_str id) noexcept {
  return std::string_view(id.ptr, id.len) == CRANK_EXT_SESSION ? &session_callbacks : nullptr;
}

} // namespace

crank_status create(const crank_host *host, crank_plugin **out) noexcept {
  auto instance = std::make_unique<Instance>();
  instance->host = host;
  if (CRANK_HAS(crank_host, host, extension)) {
    const auto find = [host](std::string_view id) { return host->extension(host, str(id)); };
    instance->sessions = static_cast<const crank_sessions *>(find(CRANK_EXT_SESSION));
    instance->timers = static_cast<const crank_timers *>(find(CRANK_EXT_TIMER));
    instance->health = static_cast<const crank_health *>(find(CRANK_EXT_HEALTH));
    instance->files = static_cast<const crank_files *>(find(CRANK_EXT_FILES));
    instance->metrics = static_cast<const crank_metrics *>(find(CRANK_EXT_METRICS));
  }
  instance->table = {sizeof(crank_plugin), instance.get(), start, call, stop, destroy, extension};
  *out = &instance.release()->table;
  return CRANK_OK;
}

} // namespace echo
