#include "commands/healthcheck.hpp"

#include "config/sources.hpp"
#include "net/listener.hpp"
#include "plugin/library.hpp"
#include "tls/certificates.hpp"

#include <httplib.h>

#include <iostream>
#include <memory>

namespace crank {
namespace {

// What localhost is here (RFC 6761 6.3), also without a hosts file, or without IPv4.
std::string loopback() {
  const auto hosts = listen_hosts("localhost");
  return hosts ? hosts->front() : "127.0.0.1";
}

// Whom to ask, and where: its certificate names `url`'s host, its socket may be elsewhere.
struct Target {
  std::string url;
  std::string localhost = loopback();
};

// A worker that listens on every address, or on a loopback one, is asked by the name that its certificate has.
Target target_at(const std::string& scheme, std::string host, std::uint16_t port) {
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  Target target;
  std::string name = host;
  if (host == "localhost" || (!ec && (address.is_unspecified() || address.is_loopback()))) {
    name = "localhost";
    if (!ec && address.is_v6()) target.localhost = "::1";
    if (!ec && address.is_v4() && address.is_loopback()) target.localhost = host;
  } else if (!ec && address.is_v6()) {
    name = "[" + host + "]";
  }
  target.url = scheme + "://" + name + ":" + std::to_string(port);
  return target;
}

// The address of the worker that was started with the same settings: the management port where there is one.
Result<Target, Failure> default_target(const Settings& settings, const Environment& environment) {
  if (settings.management_port && *settings.management_port != 0)
    return target_at("http", settings.management_host, *settings.management_port);
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
  return target_at(settings.tls ? "https" : "http", settings.host, port);
}

// Empty when the worker is healthy, else what is wrong.
std::string ask(const Target& target, const Settings& settings, std::uint64_t timeout_ms) {
  const std::string& url = target.url;
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
  client->set_hostname_addr_map({{"localhost", target.localhost}});
  if (!client->is_valid()) return "cannot use " + url + " with the certificates in " + settings.cert_dir;
  const auto answer = client->Get((path == std::string::npos ? std::string("/health") : url.substr(path)).c_str());
  if (!answer) return "no answer from " + url + ": " + httplib::to_string(answer.error());
  if (answer->status != 200)
    return url + " answered " + std::to_string(answer->status) + ": " + answer->body.substr(0, 300);
  return {};
}

} // namespace

Result<int, Failure> run_healthcheck(const CommandLine& command, const Environment& environment) {
  Target target{command.url};
  if (target.url.empty()) {
    auto found = default_target(command.settings, environment);
    if (!found) return std::move(found).error();
    target = *std::move(found);
  }
  const std::string complaint = ask(target, command.settings, command.timeout_ms.value_or(2000));
  if (complaint.empty()) return 0;
  std::cerr << "crank-host: unhealthy: " << complaint << '\n';
  return 1;
}

} // namespace crank
