#include "abi/instance.hpp"

#include "abi/call.hpp"
#include "abi/session_bridge.hpp"
#include "abi/timers.hpp"
#include "log/log.hpp"
#include "version.hpp"

#include <cstring>
#include <exception>

namespace crank {
namespace {

Instance& instance_of(const crank_host* host) { return *static_cast<Instance*>(host->host_data); }

void log_line(const crank_host* host, std::int32_t level, const char* text, std::size_t len) noexcept {
  if (host && text) log(log_level_of(level), LogContext{instance_of(host).id(), {}, {}}, {text, len});
}

} // namespace

// The tables that need the registry of sessions.
class SessionTable {
public:
  static const crank_sessions* get() {
    static const crank_sessions table{sizeof(crank_sessions), &publish, &count};
    return &table;
  }

private:
  static crank_status publish(const crank_host* host, const char* topic, std::size_t len,
                              const crank_message* message) noexcept;
  static std::uint64_t count(const crank_host* host, const char* operation, std::size_t len) noexcept;
};

namespace {

const void* extension(const crank_host* host, const char* id) noexcept {
  if (!host || !id) return nullptr;
  if (std::strcmp(id, CRANK_EXT_TIMER) == 0) return PluginTimers::table();
  if (std::strcmp(id, CRANK_EXT_SESSION) == 0) return SessionTable::get();
  return nullptr;
}

} // namespace

Instance::Instance(const PluginLibrary& library, Engine& engine)
    : library_(library), engine_(engine),
      timers_(std::make_unique<PluginTimers>(engine.timers(), engine.pool(), library.manifest.id)) {
  host_.size = sizeof host_;
  host_.host_data = this;
  host_.name = "crank-host";
  host_.version = host_version;
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
  guarded("extension()", [&] { found = plugin_->extension(plugin_, CRANK_EXT_SESSION); });
  const auto* table = static_cast<const crank_plugin_session*>(found);
  if (table && CRANK_HAS(crank_plugin_session, table, opened) && CRANK_HAS(crank_plugin_session, table, closed))
    session_table_ = table;
  else if (table)
    log(LogLevel::error, LogContext{id(), {}, {}},
        "plugin " + id() + " offers crank.session/1 without opened() or closed(); its sessions are refused");
}

std::optional<Failure> Instance::start(const std::string& config_json) {
  using RawStart = crank_status (*)(crank_plugin*, const char*, std::size_t);
  const RawStart raw = plugin_->start;
  crank_status status = CRANK_INTERNAL;
  const bool fine = guarded("start()", [&] { status = raw(plugin_, config_json.data(), config_json.size()); });
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

void Instance::stop() {
  timers_->close();
  started_ = false;
  guarded("stop()", [this] { plugin_->stop(plugin_); });
}

void Instance::call(const std::shared_ptr<Invocation>& invocation) {
  auto call = std::make_unique<PluginCall>(invocation, engine_);
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

void Instance::closed(Session& session, int code) {
  void (*const raw)(crank_plugin*, crank_session*, std::int32_t) = session_table_->closed;
  guarded("closed()", [&] { raw(plugin_, PluginSession::attach(session).table(), code); });
}

crank_status SessionTable::publish(const crank_host* host, const char* topic, std::size_t len,
                                   const crank_message* message) noexcept try {
  if (!host || !topic) return CRANK_INVALID;
  auto copied = message_from_abi(message);
  if (!copied) return CRANK_INVALID;
  Instance& instance = instance_of(host);
  SessionRegistry* registry = instance.sessions_registry();
  if (!registry) return CRANK_UNAVAILABLE;
  registry->publish(instance, std::string(topic, len), std::move(*copied));
  return CRANK_OK;
} catch (...) {
  return CRANK_EXHAUSTED;
}

std::uint64_t SessionTable::count(const crank_host* host, const char* operation, std::size_t len) noexcept try {
  if (!host) return 0;
  Instance& instance = instance_of(host);
  SessionRegistry* registry = instance.sessions_registry();
  return registry ? registry->count(instance, operation ? std::string_view(operation, len) : std::string_view()) : 0;
} catch (...) {
  return 0;
}

} // namespace crank
