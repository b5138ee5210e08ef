#include "commands/healthcheck.hpp"

#include "certs/certificates.hpp"
#include "config/sources.hpp"
#include "plugin/library.hpp"

#include <httplib.h>

#include <iostream>
#include <memory>

namespace crank {
namespace {

// The address of the worker that was started with the same settings: the management port where there is one.
Result<std::string, Failure> default_url(const Settings& settings, const Environment& environment) {
  if (settings.management_port && *settings.management_port != 0)
    return "http://localhost:" + std::to_string(*settings.management_port);
  std::uint16_t port = settings.port.value_or(0);
  if (port == 0 && !settings.plugins.empty()) { // the port may be the manifest's
    auto path = find_plugin(settings.plugins.front(), plugin_search_path(settings.plugin_path));
    if (!path) return std::move(path).error();
    auto library = load_plugin(*path);
    if (!library) return std::move(library).error();
    auto found = listen_port(settings, library->manifest, environment);
    if (!found) return std::move(found).error();
    port = found->port;
  }
  if (port == 0) return Failure{"cannot tell which worker to ask; give --url, --port or --plugin", 2};
  return (settings.tls ? "https://localhost:" : "http://localhost:") + std::to_string(port);
}

// Empty when the worker is healthy, else what is wrong.
std::string ask(const std::string& url, const Settings& settings, std::uint64_t timeout_ms) {
  const std::size_t scheme = url.find("://");
  const std::size_t path = scheme == std::string::npos ? std::string::npos : url.find('/', scheme + 3);
  const std::string origin = url.substr(0, path);
  std::unique_ptr<httplib::Client> client;
  if (origin.rfind("https://", 0) == 0) {
    const std::string directory = settings.cert_dir + "/";
    client = std::make_unique<httplib::Client>(origin, directory + "client.crt", directory + "client.key");
    client->set_ca_cert_path((directory + "ca.crt").c_str());
    client->enable_server_certificate_verification(true);
  } else {
    client = std::make_unique<httplib::Client>(origin);
  }
  const auto seconds = static_cast<time_t>(timeout_ms / 1000);
  const auto micros = static_cast<time_t>(timeout_ms % 1000 * 1000);
  client->set_connection_timeout(seconds, micros);
  client->set_read_timeout(seconds, micros);
  client->set_write_timeout(seconds, micros);
  client->set_hostname_addr_map({{"localhost", "127.0.0.1"}}); // RFC 6761 6.3, also without a hosts file
  if (!client->is_valid()) return "cannot use " + url + " with the certificates in " + settings.cert_dir;
  const auto answer = client->Get((path == std::string::npos ? std::string("/health") : url.substr(path)).c_str());
  if (!answer) return "no answer from " + url + ": " + httplib::to_string(answer.error());
  if (answer->status != 200)
    return url + " answered " + std::to_string(answer->status) + ": " + answer->body.substr(0, 300);
  return {};
}

} // namespace

Result<int, Failure> run_healthcheck(const CommandLine& command, const Environment& environment) {
  std::string url = command.url;
  if (url.empty()) {
    auto found = default_url(command.settings, environment);
    if (!found) return std::move(found).error();
    url = *std::move(found);
  }
  const std::string complaint = ask(url, command.settings, command.timeout_ms.value_or(2000));
  if (complaint.empty()) return 0;
  std::cerr << "crank-host: unhealthy: " << complaint << '\n';
  return 1;
}

} // namespace crank
