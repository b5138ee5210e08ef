#include "abi/instance.hpp"

#include "abi/ask.hpp"
#include "abi/call.hpp"
#include "abi/files.hpp"
#include "abi/form.hpp"
#include "abi/health_and_metrics.hpp"
#include "abi/process.hpp"
#include "abi/session_bridge.hpp"
#include "abi/text.hpp"
#include "abi/timers.hpp"
#include "log/log.hpp"
#include "version.hpp"

#include <exception>

namespace crank {
namespace {

void log_line(const crank_host* host, std::int32_t level, crank_str text) noexcept {
  if (host) log(log_level_of(level), LogContext{Instance::of(host).id(), {}, {}}, from_abi(text));
}

crank_status publish(const crank_host* host, crank_str topic, const crank_message* message) noexcept try {
  if (!host || !is_readable(topic)) return CRANK_INVALID;
  auto copied = message_from_abi(message);
  if (!copied) return CRANK_INVALID;
  Instance& instance = Instance::of(host);
  SessionRegistry* registry = instance.sessions_registry();
  if (!registry) return CRANK_UNAVAILABLE;
  registry->publish(instance, std::string(from_abi(topic)), std::move(*copied));
  return CRANK_OK;
} catch (...) {
  return CRANK_EXHAUSTED;
}

std::uint64_t count(const crank_host* host, crank_str operation) noexcept try {
  if (!host) return 0;
  Instance& instance = Instance::of(host);
  SessionRegistry* registry = instance.sessions_registry();
  return registry ? registry->count(instance, from_abi(operation)) : 0;
} catch (...) {
  return 0;
}

const void* extension(const crank_host* host, crank_str id) noexcept {
  static const crank_sessions sessions{sizeof(crank_sessions), &publish, &count};
  if (!host) return nullptr;
  if (from_abi(id) == CRANK_EXT_TIMER) return PluginTimers::table();
  if (from_abi(id) == CRANK_EXT_SESSION) return &sessions;
  if (from_abi(id) == CRANK_EXT_HEALTH) return health_table();
  if (from_abi(id) == CRANK_EXT_PROCESS) return CallProcess::table();
  if (from_abi(id) == CRANK_EXT_ASK) return CallAsks::table();
  if (from_abi(id) == CRANK_EXT_FILES) return CallFiles::table();
  if (from_abi(id) == CRANK_EXT_FORM) return CallForm::table();
  if (from_abi(id) == CRANK_EXT_METRICS) return metrics_table();
  return nullptr;
}

} // namespace

Instance::Instance(const PluginLibrary& library, const InstanceServices& services)
    : library_(library), engine_(services.engine),
      timers_(
          std::make_unique<PluginTimers>(engine_.timers(), engine_.pool(), services.leadership, library.manifest.id)),
      series_(std::make_unique<PluginSeries>(services.metrics.plugins(), library.manifest.id)),
      health_gauge_(services.metrics.plugin_health(library.manifest.id)),
      programs_(std::make_unique<PluginPrograms>(library.path, library.manifest, services.metrics)) {
  host_.size = sizeof host_;
  host_.host_data = this;
  host_.name = to_abi("crank-host");
  host_.version = to_abi(host_version);
  host_.extension = &extension;
  host_.log = &log_line;
}

Instance::~Instance() {
  if (!plugin_) return;
  if (started_) stop();
  guarded("destroy()", [this] { plugin_->destroy(plugin_); });
}

void Instance::blame(std::string_view what) const {
  log(LogLevel::error, LogContext{id(), {}, {}}, "plugin " + id() + " threw an exception out of " + std::string(what));
}

template <class Function>
bool Instance::guarded(std::string_view what, Function&& function) const {
  try {
    function();
    return true;
  } catch (...) {
    blame(what);
    return false;
  }
}

std::optional<Failure> Instance::create() {
  using RawCreate = crank_status (*)(const crank_host*, crank_plugin**);
  const RawCreate raw = library_.entry->create;
  crank_status status = CRANK_INTERNAL;
  const std::string who = "plugin " + id() + " (" + library_.path.string() + ")";
  if (!guarded("create()", [&] { status = raw(&host_, &plugin_); }))
    return Failure{who + " threw an exception in create()", 3};
  if (status != CRANK_OK) {
    plugin_ = nullptr;
    return Failure{who + " could not be created (status " + std::to_string(status) + "); its log lines above say why",
                   3};
  }
  if (!plugin_) return Failure{who + " is broken: create() succeeded without giving a plugin", 3};
  const crank_plugin& plugin = *plugin_;
  if (plugin.size < offsetof(crank_plugin, extension) || !plugin.start || !plugin.stop || !plugin.destroy) {
    const bool short_table = plugin.size < offsetof(crank_plugin, extension);
    plugin_ = nullptr;
    return Failure{who + (short_table ? " is broken: its crank_plugin table is too short"
                                      : " is broken: start, stop and destroy must not be NULL"),
                   3};
  }
  check_sessions();
  return std::nullopt;
}

// A manifest that promises sessions needs the table that serves them.
void Instance::check_sessions() {
  if (!CRANK_HAS(crank_plugin, plugin_, extension)) return;
  const void* found = nullptr;
  guarded("extension()", [&] { found = plugin_->extension(plugin_, to_abi(CRANK_EXT_SESSION)); });
  const auto* table = static_cast<const crank_plugin_session*>(found);
  if (table && CRANK_HAS(crank_plugin_session, table, opened) && CRANK_HAS(crank_plugin_session, table, closed))
    session_table_ = table;
  else if (table)
    log(LogLevel::error, LogContext{id(), {}, {}},
        "plugin " + id() + " offers crank.session/1 without opened() or closed(); its sessions are refused");
}

std::optional<Failure> Instance::start(const std::string& config_json) {
  using RawStart = crank_status (*)(crank_plugin*, crank_str);
  const RawStart raw = plugin_->start;
  crank_status status = CRANK_INTERNAL;
  const bool fine = guarded("start()", [&] { status = raw(plugin_, to_abi(config_json)); });
  if (!fine || status != CRANK_OK) {
    return Failure{"plugin " + id() + " did not start" +
                       (fine ? " (status " + std::to_string(status) + "); its log lines above say why"
                             : ": it threw an exception"),
                   3};
  }
  started_ = true;
  timers_->open();
  return std::nullopt;
}

void Instance::report_health(HealthState state, std::string_view reason) {
  const std::lock_guard lock(health_mutex_);
  if (!health_.report(state, reason)) return;
  health_gauge_.Set(static_cast<double>(state));
  const std::string_view word = state == HealthState::unready    ? "is not ready"
                                : state == HealthState::degraded ? "is degraded"
                                                                 : "is healthy";
  log(state == HealthState::healthy ? LogLevel::info : LogLevel::warn, LogContext{id(), {}, {}},
      "plugin " + id() + " says that it " + std::string(word) + (reason.empty() ? "" : ": ") + std::string(reason));
}

void Instance::stop() {
  timers_->close();
  started_ = false;
  guarded("stop()", [this] { plugin_->stop(plugin_); });
}

void Instance::call(const std::shared_ptr<Invocation>& invocation) {
  auto call = std::make_unique<PluginCall>(invocation, engine_, *programs_);
  if (!CRANK_HAS(crank_plugin, plugin_, call)) {
    static_cast<void>(call->returned(CRANK_UNSUPPORTED));
    return;
  }
  const RawCall raw = plugin_->call;
  // Released for the time of the call: the plugin may finish it from another thread before this one is back.
  PluginCall* const running = call.release();
  try {
    const crank_status status = raw(plugin_, running->table());
    if (running->returned(status)) delete running;
  } catch (const std::exception& e) {
    running->threw(e.what());
    delete running;
  } catch (...) {
    running->threw("not a std::exception");
    delete running;
  }
}

// ---- sessions ----

std::optional<Problem> Instance::opened(Session& session) {
  if (!session_table_) return Problem::of(CRANK_UNSUPPORTED, "plugin " + id() + " does not serve sessions");
  PluginSession& bridge = PluginSession::attach(session);
  const RawOpened raw = session_table_->opened;
  crank_status status = CRANK_INTERNAL;
  guarded("opened()", [&] { status = raw(plugin_, bridge.table()); });
  bridge.opening_over();
  if (status == CRANK_OK) return std::nullopt;
  return bridge.refusal(status);
}

void Instance::message(Session& session, const Message& message) {
  if (!CRANK_HAS(crank_plugin_session, session_table_, message)) return;
  const crank_message abi = message_to_abi(message);
  void (*const raw)(crank_plugin*, crank_session*, const crank_message*) = session_table_->message;
  guarded("message()", [&] { raw(plugin_, PluginSession::attach(session).table(), &abi); });
}

void Instance::writable(Session& session) {
  if (!CRANK_HAS(crank_plugin_session, session_table_, writable)) return;
  void (*const raw)(crank_plugin*, crank_session*) = session_table_->writable;
  guarded("writable()", [&] { raw(plugin_, PluginSession::attach(session).table()); });
}

void Instance::wake(Session& session) {
  if (!CRANK_HAS(crank_plugin_session, session_table_, wake)) return;
  void (*const raw)(crank_plugin*, crank_session*) = session_table_->wake;
  guarded("wake()", [&] { raw(plugin_, PluginSession::attach(session).table()); });
}

void Instance::closed(Session& session, int code, std::string_view reason) {
  void (*const raw)(crank_plugin*, crank_session*, std::int32_t, crank_str) = session_table_->closed;
  guarded("closed()", [&] { raw(plugin_, PluginSession::attach(session).table(), code, to_abi(reason)); });
}

} // namespace crank
