// A running plugin: the one place where the host and the C ABI meet. Gives the plugin its tables, turns invocations
// into crank_call and sessions into crank_session, and keeps whatever the plugin does wrong on its side. Knows the
// engine; knows nothing of doors.
#pragma once

#include "base/leadership.hpp"
#include "engine/engine.hpp"
#include "engine/plugin_health.hpp"
#include "metrics/metrics.hpp"
#include "plugin/library.hpp"
#include "sessions/session.hpp"

#include <crank/crank.h>
#include <crank/ext/session.h>
#include <crank/ext/timer.h>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace crank {

class PluginCall;
class PluginPrograms;
class PluginTimers;

// What instances need of the worker. All of it must outlive them.
struct InstanceServices {
  Engine& engine;
  Leadership& leadership;
  Metrics& metrics;
};

class Instance : public PluginInstance, public SessionCallbacks {
public:
  // `library` must outlive the instance.
  Instance(const PluginLibrary& library, const InstanceServices& services);
  ~Instance() override;
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  static Instance& of(const crank_host* host) { return *static_cast<Instance*>(host->host_data); }
  PluginTimers& timers() { return *timers_; }
  PluginSeries& series() { return *series_; }
  const PluginHealth& health() const { return health_; }
  void report_health(HealthState state, std::string_view reason);

  // Sessions need the I/O threads, which come after the plugin is created.
  void set_sessions(SessionRegistry* registry) { registry_ = registry; }
  SessionRegistry* sessions_registry() const { return registry_; }

  // [control] in this order: create, start, stop; destroy is the destructor's. A failure (exit code 3) is one line.
  std::optional<Failure> create();
  std::optional<Failure> start(const std::string& config_json);
  void stop();
  bool started() const { return started_; }

  const std::string& id() const override { return library_.manifest.id; }
  void call(const std::shared_ptr<Invocation>& invocation) override;
  SessionCallbacks& sessions() override { return *this; }

  std::optional<Problem> opened(Session& session) override;
  void message(Session& session, const Message& message) override;
  void writable(Session& session) override;
  void wake(Session& session) override;
  void closed(Session& session, int code, std::string_view reason) override;

private:
  friend class PluginCall;
  friend class PluginSession;

  // Function pointers without noexcept: what a plugin throws in spite of it must be caught here, not end the process.
  using RawCall = crank_status (*)(crank_plugin*, crank_call*);
  using RawOpened = crank_status (*)(crank_plugin*, crank_session*);

  void check_sessions();
  void blame(std::string_view what) const;
  template <class Function>
  bool guarded(std::string_view what, Function&& function) const;

  const PluginLibrary& library_;
  Engine& engine_;
  SessionRegistry* registry_ = nullptr;
  std::unique_ptr<PluginTimers> timers_;
  std::unique_ptr<PluginSeries> series_;
  std::mutex health_mutex_; // what is said, counted and logged is one
  PluginHealth health_;
  prometheus::Gauge& health_gauge_;
  std::unique_ptr<PluginPrograms> programs_;
  crank_host host_{};
  crank_plugin* plugin_ = nullptr;
  const crank_plugin_session* session_table_ = nullptr;
  bool started_ = false;
};

} // namespace crank
