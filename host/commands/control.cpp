#include "commands/control.hpp"

#include "commands/table.hpp"
#include "supervisor/control_socket.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>

namespace crank {
namespace {

namespace json = boost::json;

// What a supervisor of another version left out is shown as nothing.
std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (!value) return "";
  if (value->is_string()) return std::string(value->get_string());
  if (value->is_int64()) return std::to_string(value->get_int64());
  if (value->is_uint64()) return std::to_string(value->get_uint64());
  if (value->is_bool()) return value->get_bool() ? "yes" : "no";
  return "";
}

std::int64_t number_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  return value && value->is_int64() ? value->get_int64() : 0;
}

std::string age_text(std::int64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + "s";
  if (seconds < 120 * 60) return std::to_string(seconds / 60) + "m";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

std::string memory_text(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(bytes) / (1024 * 1024));
  return bytes == 0 ? "" : text;
}

std::string plugins_text(const json::object& generation) {
  std::string text;
  const json::value* plugins = generation.if_contains("plugins");
  if (!plugins || !plugins->is_array()) return text;
  for (const json::value& value : plugins->get_array()) {
    if (!value.is_object()) continue;
    const json::object& plugin = value.get_object();
    text += (text.empty() ? "" : ", ") + text_of(plugin, "id") + " " + text_of(plugin, "version") + " (" +
            text_of(plugin, "sha256").substr(0, 12) + ")";
  }
  return text;
}

void print_status(const json::object& status) {
  std::cout << "crank-host " << text_of(status, "version") << ", pid " << text_of(status, "pid") << ", "
            << text_of(status, "state") << " for " << age_text(number_of(status, "uptime_seconds"));
  if (const std::string url = text_of(status, "url"); !url.empty()) std::cout << ", " << url;
  if (const std::string url = text_of(status, "management_url"); !url.empty()) std::cout << ", management " << url;
  std::cout << "\nswaps " << text_of(status, "swaps") << ", failed " << text_of(status, "failed_swaps") << ", crashes "
            << text_of(status, "crashes") << ", recycled " << text_of(status, "recycled") << ", supervisor memory "
            << memory_text(number_of(status, "supervisor_rss_bytes")) << "\n";
  if (const std::string leader = text_of(status, "leader"); !leader.empty())
    std::cout << "generation " << leader << " leads, term " << text_of(status, "term") << "\n";
  if (const std::string failure = text_of(status, "last_failure"); !failure.empty())
    std::cout << "last failure: " << failure << "\n";
  std::vector<std::vector<std::string>> rows{{"GEN", "STATE", "PID", "AGE", "REQUESTS", "FAILED", "IN FLIGHT",
                                              "CONNECTIONS", "SESSIONS", "MEMORY", "PLUGINS"}};
  if (const json::value* generations = status.if_contains("generations"); generations && generations->is_array()) {
    for (const json::value& value : generations->get_array()) {
      if (!value.is_object()) continue;
      const json::object& one = value.get_object();
      rows.push_back({text_of(one, "generation"), text_of(one, "state"), text_of(one, "pid"),
                      age_text(number_of(one, "age_seconds")), text_of(one, "requests"), text_of(one, "failed"),
                      text_of(one, "in_flight"), text_of(one, "connections"), text_of(one, "sessions"),
                      memory_text(number_of(one, "rss_bytes")), plugins_text(one)});
    }
  }
  print_table(rows);
}

} // namespace

Result<int, Failure> run_status(const CommandLine& command) {
  const auto path = find_control_socket(command.settings.control);
  if (!path) return path.error();
  auto status = ask_supervisor(*path, {{"command", "status"}});
  if (!status) return std::move(status).error();
  if (command.json)
    std::cout << pretty_json(*status) << '\n';
  else
    print_status(*status);
  return 0;
}

namespace {

Result<int, Failure> ask_for_generation(const CommandLine& command, const json::object& request) {
  const auto path = find_control_socket(command.settings.control);
  if (!path) return path.error();
  auto answer = ask_supervisor(*path, request);
  if (!answer) return std::move(answer).error();
  if (text_of(*answer, "ok") != "yes") return Failure{text_of(*answer, "error")};
  std::cout << "generation " << text_of(*answer, "generation") << " serves";
  if (const std::string binary = text_of(*answer, "binary"); !binary.empty())
    std::cout << ", of crank-host " << text_of(*answer, "host_version") << ", " << binary;
  std::cout << '\n';
  return 0;
}

} // namespace

Result<int, Failure> run_reload(const CommandLine& command) {
  json::object request{{"command", "reload"}};
  if (command.canary_per_mille > 0) {
    request["canary_per_mille"] = command.canary_per_mille;
    request["canary_ms"] = command.canary_ms;
  }
  return ask_for_generation(command, request);
}

Result<int, Failure> run_upgrade(const CommandLine& command) {
  json::object request{{"command", "upgrade"}};
  if (!command.binary.empty()) request["binary"] = std::filesystem::absolute(command.binary).string();
  return ask_for_generation(command, request);
}

} // namespace crank
