// One instance of a plugin on its way through its states, with a recording host: the part that conformance checks
// share. Works on the C ABI directly; knows nothing of the engine.
#pragma once

#include "conformance/check_report.hpp"
#include "conformance/recording_host.hpp"
#include "plugin/library.hpp"

#include <crank/crank.h>
#include <crank/ext/session.h>

#include <memory>
#include <optional>
#include <string>

namespace crank {

// The configuration that an operator gives who gives none; absent when the plugin insists on some.
[[nodiscard]] std::optional<std::string> default_config(const Manifest& manifest);

class InstanceLife {
public:
  InstanceLife(const PluginLibrary& library, CheckReport& report,
               RecordingHost::Options options = RecordingHost::Options());
  // The tables stay until the process ends: a thread that a faulty plugin left behind may still use them.
  ~InstanceLife();
  InstanceLife(const InstanceLife&) = delete;
  InstanceLife& operator=(const InstanceLife&) = delete;

  RecordingHost& host() { return *host_; }
  crank_plugin* plugin() { return plugin_; }

  // Each is false when the plugin did not get there, and the report says why. start() takes the configuration of an
  // operator who gives none, and passes over a plugin that insists on some.
  bool create();
  bool start();
  bool create_and_start(); // destroys an instance that does not start

  void stop_and_destroy();
  void destroy();

  // The plugin's side of sessions, or nullptr.
  const crank_plugin_session* sessions();

private:
  bool failed(const std::string& text);
  bool said_no(const char* function, crank_status status);
  bool has_complete_table();

  const PluginLibrary& library_;
  CheckReport& report_;
  std::unique_ptr<RecordingHost> host_;
  crank_plugin* plugin_ = nullptr;
  bool started_ = false;
};

} // namespace crank
