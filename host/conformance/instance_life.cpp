#include "conformance/instance_life.hpp"

#include "conformance/recording_call.hpp"
#include "schema/schema.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

#include <cstddef>
#include <optional>

namespace crank {

std::optional<std::string> default_config(const Manifest& manifest) {
  boost::json::object config;
  const boost::json::value* properties =
      manifest.config_schema.is_object() ? manifest.config_schema.get_object().if_contains("properties") : nullptr;
  if (properties) {
    for (const auto& property : properties->get_object()) {
      const boost::json::object* members = property.value().if_object();
      if (members && members->contains("default")) config.emplace(property.key(), members->at("default"));
    }
  }
  const auto schema = Schema::compile(manifest.config_schema);
  if (!schema || !schema->accepts(config)) return std::nullopt;
  return json_text(config);
}

InstanceLife::InstanceLife(const PluginLibrary& library, CheckReport& report, RecordingHost::Options options)
    : library_(library), report_(report), host_(std::make_unique<RecordingHost>(report, options)) {}

InstanceLife::~InstanceLife() { static_cast<void>(host_.release()); }

bool InstanceLife::create() {
  report_.step("create()");
  const crank_status status = library_.entry->create(host_->table(), &plugin_);
  if (status != CRANK_OK) return said_no("create()", status);
  if (!plugin_) return failed("create() answered OK and made no instance");
  return has_complete_table();
}

bool InstanceLife::start() {
  const auto config = default_config(library_.manifest);
  if (!config) {
    report_.info("not started: the plugin needs configuration that has no default");
    return false;
  }
  report_.step("start()");
  const crank_status status = plugin_->start(plugin_, {config->data(), config->size()});
  if (status != CRANK_OK) return said_no("start()", status);
  started_ = true;
  host_->started();
  return true;
}

bool InstanceLife::create_and_start() {
  if (!create()) return false;
  if (start()) return true;
  destroy();
  return false;
}

void InstanceLife::stop_and_destroy() {
  if (started_) {
    report_.step("stop()");
    plugin_->stop(plugin_);
    host_->stopped();
    started_ = false;
  }
  destroy();
}

void InstanceLife::destroy() {
  report_.step("destroy()");
  plugin_->destroy(plugin_);
  report_.step("after destroy()");
}

const crank_plugin_session* InstanceLife::sessions() {
  if (!CRANK_HAS(crank_plugin, plugin_, extension)) return nullptr;
  report_.step("extension(\"" CRANK_EXT_SESSION "\")");
  return static_cast<const crank_plugin_session*>(plugin_->extension(plugin_, CRANK_STR(CRANK_EXT_SESSION)));
}

bool InstanceLife::failed(const std::string& text) {
  report_.fail(text);
  return false;
}

bool InstanceLife::said_no(const char* function, crank_status status) {
  const std::string log = host_->last_log();
  if (status > 0 || !is_known_status(status)) return failed(std::string(function) + " answered " + status_name(status));
  return failed(std::string(function) + " answered " + status_name(status) +
                (log.empty() ? " and logged nothing" : ", its log says: " + log));
}

bool InstanceLife::has_complete_table() {
  if (plugin_->size < offsetof(crank_plugin, extension)) {
    return failed("the instance's table claims " + std::to_string(plugin_->size) + " bytes, too few for destroy()");
  }
  if (!plugin_->start) return failed("crank_plugin.start is NULL");
  if (!plugin_->stop) return failed("crank_plugin.stop is NULL");
  if (!plugin_->destroy) return failed("crank_plugin.destroy is NULL");
  return true;
}

} // namespace crank
