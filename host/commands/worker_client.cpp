#include "commands/worker_client.hpp"

#include "config/sources.hpp"
#include "net/listener.hpp"
#include "plugin/library.hpp"
#include "tls/certificates.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>
#include <httplib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace crank {
namespace {

// What localhost is here (RFC 6761 6.3), also without a hosts file, or without IPv4.
std::string loopback() {
  const auto hosts = listen_hosts("localhost");
  return hosts ? hosts->front() : "127.0.0.1";
}

// A worker that listens on every address, or on a loopback one, is asked by the name that its certificate has.
WorkerAddress address_at(const std::string& scheme, std::string host, std::uint16_t port) {
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  WorkerAddress found{{}, loopback()};
  std::string name = host;
  if (host == "localhost" || (!ec && (address.is_unspecified() || address.is_loopback()))) {
    name = "localhost";
    if (!ec && address.is_v6()) found.localhost = "::1";
    if (!ec && address.is_v4() && address.is_loopback()) found.localhost = host;
  } else if (!ec && address.is_v6()) {
    name = "[" + host + "]";
  }
  found.url = scheme + "://" + name + ":" + std::to_string(port);
  return found;
}

std::size_t path_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  return scheme == std::string::npos ? std::string::npos : url.find('/', scheme + 3);
}

// The token alone; nothing of it is ever in a message.
Result<std::string, Failure> token_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return Failure{"cannot read the token in " + path, 2};
  std::string token = text.str();
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  const auto graphic = [](char c) { return c > ' ' && c < 0x7f; };
  if (token.empty() || !std::all_of(token.begin(), token.end(), graphic))
    return Failure{path + " must hold one token, as crank-host tokens add prints it, and nothing else", 2};
  return token;
}

httplib::Headers headers_of(const WorkerClient::Fields& first, const WorkerClient::Fields& second) {
  httplib::Headers headers;
  for (const auto* fields : {&first, &second}) headers.insert(fields->begin(), fields->end());
  return headers;
}

Result<WorkerAnswer, Failure> answer_of(const httplib::Result& result, const std::string& url) {
  if (!result) return Failure{"no answer from " + url + ": " + httplib::to_string(result.error()), 2};
  return WorkerAnswer{result->status, result->get_header_value("Content-Type"), result->body,
                      result->get_header_value("Link")};
}

} // namespace

Result<WorkerAddress, Failure> worker_address(const CommandLine& command, const Environment& environment,
                                              WorkerPort port) {
  const Settings& settings = command.settings;
  if (!command.url.empty()) return WorkerAddress{command.url, loopback()};
  if (port == WorkerPort::management && settings.management_port && *settings.management_port != 0)
    return address_at("http", settings.management_host, *settings.management_port);
  std::uint16_t number = settings.port.value_or(0);
  if (number == 0 && !settings.plugins.empty()) { // the port may be the manifest's
    auto path = find_plugin(settings.plugins.front(), plugin_search_path(settings.plugin_path));
    if (!path) return std::move(path).error();
    auto library = load_plugin(*path);
    if (!library) return std::move(library).error();
    auto found = listen_port(settings, library->manifest, environment);
    if (!found) return std::move(found).error();
    number = found->port;
  }
  if (number == 0) return Failure{"cannot tell which worker to ask; give --url, --port or --plugin", 2};
  return address_at(settings.tls ? "https" : "http", settings.host, number);
}

WorkerClient::WorkerClient(WorkerAddress address, std::string prefix, Fields fields,
                           std::unique_ptr<httplib::Client> client)
    : address_(std::move(address)), prefix_(std::move(prefix)), fields_(std::move(fields)), client_(std::move(client)) {
}
WorkerClient::WorkerClient(WorkerClient&&) noexcept = default;
WorkerClient::~WorkerClient() = default;

Result<WorkerClient, Failure> WorkerClient::make(const CommandLine& command, WorkerAddress address,
                                                 std::chrono::milliseconds timeout) {
  const std::size_t path = path_of(address.url);
  const std::string origin = address.url.substr(0, path);
  std::string prefix = path == std::string::npos ? std::string() : address.url.substr(path);
  while (prefix.ends_with('/')) prefix.pop_back();
  Fields fields;
  if (!command.token_file.empty()) {
    auto token = token_in(command.token_file);
    if (!token) return std::move(token).error();
    fields.emplace_back("Authorization", "Bearer " + *token);
  }
  std::unique_ptr<httplib::Client> client;
  if (origin.starts_with("https://")) {
    const std::filesystem::path directory = command.settings.cert_dir;
    const auto file = [&](const char* name) {
      std::error_code ec;
      return std::filesystem::exists(directory / name, ec) ? (directory / name).string() : std::string();
    };
    const std::string key = file("client.key");
    client = std::make_unique<httplib::Client>(origin, key.empty() ? key : file("client.crt"), key);
    client->set_ca_cert_path(file("ca.crt"));
    client->enable_server_certificate_verification(true);
  } else {
    client = std::make_unique<httplib::Client>(origin);
  }
  if (!client->is_valid())
    return Failure{"cannot use " + address.url + " with the certificates in " + command.settings.cert_dir, 2};
  client->set_connection_timeout(timeout);
  client->set_read_timeout(timeout);
  client->set_write_timeout(timeout);
  client->set_hostname_addr_map({{"localhost", address.localhost}});
  client->set_keep_alive(true);
  return WorkerClient(std::move(address), std::move(prefix), std::move(fields), std::move(client));
}

Result<WorkerAnswer, Failure> WorkerClient::get(const std::string& path, const Fields& fields) {
  return answer_of(client_->Get(prefix_ + path, headers_of(fields_, fields)), address_.url);
}

Result<WorkerAnswer, Failure> WorkerClient::remove(const std::string& path) {
  return answer_of(client_->Delete(prefix_ + path, headers_of(fields_, {})), address_.url);
}

Result<WorkerAnswer, Failure> WorkerClient::post(const std::string& path, const std::string& body,
                                                 const Fields& fields) {
  return answer_of(client_->Post(prefix_ + path, headers_of(fields_, fields), body, "application/json"), address_.url);
}

Result<WorkerAnswer, Failure> WorkerClient::stream(const std::string& path, const Fields& fields, const Take& take) {
  WorkerAnswer answer;
  const auto result = client_->Get(
      prefix_ + path, headers_of(fields_, fields),
      [&](const httplib::Response& head) {
        answer.status = head.status;
        answer.content_type = head.get_header_value("Content-Type");
        return true;
      },
      [&](const char* data, std::size_t size) {
        if (answer.status == 200)
          take({data, size});
        else
          answer.body.append(data, size);
        return true;
      });
  if (!result && answer.status == 0) return answer_of(result, address_.url);
  return answer;
}

Failure refusal_of(const WorkerAnswer& answer) {
  const auto problem = parse_json(answer.body);
  const auto text = [&](const char* name) -> std::string {
    const auto* object = problem ? problem->if_object() : nullptr;
    const auto* value = object ? object->if_contains(name) : nullptr;
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  if (std::string detail = text("detail"); !detail.empty()) {
    const std::string code = text("code");
    return Failure{code.empty() ? detail : detail + " (" + code + ")", 1};
  }
  return Failure{"the worker answered " + std::to_string(answer.status) + ": " + answer.body.substr(0, 300), 1};
}

} // namespace crank
