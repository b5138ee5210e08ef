#include "http/site_policy.hpp"

#include "base/text.hpp"
#include "net/asio.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace crank {
namespace {

// Of "name:port" or "[address]:port"; without the dot that may end a name.
std::string_view name_of(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[') return authority.substr(0, authority.find(']') + 1);
  std::string_view name = authority.substr(0, authority.find(':'));
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return name;
}

std::string_view without_port(std::string_view authority, std::string_view port) {
  if (authority.ends_with(port)) authority.remove_suffix(port.size());
  return authority;
}

std::optional<asio::ip::address> address_of(std::string_view name) {
  if (name.size() > 2 && name.front() == '[') name = name.substr(1, name.size() - 2);
  error_code ec;
  const auto address = asio::ip::make_address(std::string(name), ec);
  return ec ? std::nullopt : std::optional(address);
}

bool is_localhost(std::string_view name) {
  constexpr std::string_view localhost = "localhost", below = ".localhost";
  return equal_ignoring_case(name, localhost) ||
         (name.size() > below.size() && equal_ignoring_case(name.substr(name.size() - below.size()), below));
}

bool holds(const std::vector<std::string>& list, std::string_view word) {
  return std::any_of(list.begin(), list.end(),
                     [word](const std::string& one) { return one == "*" || equal_ignoring_case(one, word); });
}

} // namespace

std::optional<Problem> SitePolicy::check(const RequestHead& head) const {
  const std::string_view host = head.field("host");
  if (auto problem = check_host(host)) return problem;
  const std::string_view origin = head.field("origin");
  if (origin.empty() && head.field("sec-fetch-site") == "cross-site" && head.field("sec-fetch-mode") != "navigate" &&
      !holds(allowed_origins, "*")) {
    return Problem::http(
        403, "FORBIDDEN",
        "a page of another site may not use this worker like that; with fetch() its origin is told, and its operator "
        "can add it to allowed_origins");
  }
  return check_origin(origin, host);
}

// An address is a name that nobody can make resolve to something else.
std::optional<Problem> SitePolicy::check_host(std::string_view host) const {
  const std::string_view name = name_of(host);
  if (!loopback || tls || name.empty() || is_localhost(name) || address_of(name) || holds(allowed_hosts, name))
    return std::nullopt;
  return Problem::http(421, "MISDIRECTED_REQUEST",
                       std::string(shortened(name, 100)) +
                           " is not a name of this worker; its operator can add it to allowed_hosts");
}

// The scheme is not compared: a proxy in front may have taken the TLS off.
std::optional<Problem> SitePolicy::check_origin(std::string_view origin, std::string_view host) const {
  if (origin.empty() || holds(allowed_origins, origin)) return std::nullopt;
  constexpr std::string_view mark = "://";
  const std::size_t at = origin.find(mark);
  // One origin and nothing but a name and a port: several fields make a list, whose first member must not speak for the
  // others.
  if (at != std::string_view::npos && origin.find_first_of(" ,/@?#", at + mark.size()) == std::string_view::npos) {
    const std::string_view port = equal_ignoring_case(origin.substr(0, at), "https") ? ":443" : ":80";
    const std::string_view authority = origin.substr(at + mark.size()), name = name_of(authority);
    if (equal_ignoring_case(without_port(authority, port), without_port(host, port))) return std::nullopt;
    const auto address = address_of(name);
    if (loopback && (is_localhost(name) || (address && address->is_loopback()))) return std::nullopt;
  }
  return Problem::http(403, "FORBIDDEN",
                       "pages of " + std::string(shortened(origin, 100)) +
                           " may not call this worker; its operator can add them to allowed_origins");
}

} // namespace crank
